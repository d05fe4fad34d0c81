/**
 * The device: joins session, payloads, inbox, screen and sensors. A host tells it what happened (`handle…`) and then
 * drains `pollTransmit`, `pollEvent`, `pollScreen` until there is nothing more, and sets its timer to `pollTimeout`.
 */
import { FormatError } from "../errors.ts";
import { BROKER_RETURN_POSTPONE_MS, EVENTS_MAX, UNSHOWN_MAX } from "../limits.ts";
import type { BackoffLimits } from "../mqtt/backoff.ts";
import type { Publish } from "../mqtt/packet.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionEvent } from "../mqtt/session-types.ts";
import { Inbox, type InboxMessage } from "../pager/inbox.ts";
import { messageName } from "../pager/message-name.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import { drawScreen, type ScreenModel } from "../pager/screen/screen.ts";
import { Viewer } from "../pager/viewer.ts";
import { encodeReceipt } from "../payload/content.ts";
import { encodeMessage, IM_TYPE } from "../payload/message.ts";
import { encodePresence, PRESENCE_STATUS } from "../payload/presence.ts";
import { encodeTelemetry } from "../payload/telemetry.ts";
import type { MeasureText, Random, Sensor, Store, WallClock } from "../seams.ts";
import { Sampler } from "../sensor/sampler.ts";
import { BrokerList } from "./broker-list.ts";
import { BrokerRecord } from "./broker-record.ts";
import type { Button } from "./buttons.ts";
import { type Counters, faultsInWords, newCounters } from "./counters.ts";
import type { GatewayEvent } from "./events.ts";
import { readMessage, readPlainPage } from "./incoming.ts";
import { NetworkRecord } from "./network-record.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import type { BrokerSettings, Settings } from "./settings.ts";
import { timeOfDay } from "./time-of-day.ts";
import { Topics } from "./topics.ts";

export interface GatewayOptions {
  readonly settings: Settings;
  readonly store: Store;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly measureText: MeasureText;
  /** Of the screen, in pixels; 0 by 0 for a board without one, on which nothing counts as shown. */
  readonly size: Size;
  readonly sensors: readonly Sensor[];
  /** Names the network, for example by its SSID: what is learned of one does not hold for another. Default: the only one. */
  readonly network?: string | undefined;
  readonly backoff?: BackoffLimits | undefined;
}

const ONLINE = encodePresence({ status: PRESENCE_STATUS.online, context: "" });
const OFFLINE = encodePresence({ status: PRESENCE_STATUS.offline, context: "" });

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #topics: Topics;
  readonly #session: Session;
  readonly #brokers: BrokerList<{ readonly broker: BrokerSettings; readonly record: BrokerRecord }>;
  readonly #networkRecord: NetworkRecord;
  readonly #inbox: Inbox;
  readonly #viewer: Viewer;
  readonly #sampler: Sampler;
  readonly #outbox: Outbox;
  readonly #events: GatewayEvent[] = [];
  readonly #counters = newCounters();
  #wasConnected = false;
  #isReturning = false;
  #isPresenceDue = false;
  #isPresenceSent = false;
  #startedMs = 0;
  #nowMs = 0;
  #paintedKey = "";
  #clockMs: number | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { settings, store, random, sensors } = options;
    const { broker, telemetry } = settings;
    this.#topics = new Topics(settings.env, settings.uid);
    const subscriptions = [this.#topics.messages, this.#topics.pages].map(
      (topicFilter) => ({ topicFilter, qos: 1 }) as const,
    );
    this.#brokers = new BrokerList(
      [broker, ...settings.fallbackBrokers].map((broker) => ({
        broker,
        record: new BrokerRecord(store, `${broker.host}:${broker.port}`, subscriptions),
      })),
    );
    const { record } = this.#brokers.current;
    this.#networkRecord = new NetworkRecord(store, options.network ?? "");
    this.#session = new Session(
      {
        clientIdentifier: settings.uid,
        keepAliveSeconds: broker.keepAliveSeconds,
        keepAliveMinSeconds: broker.keepAliveMinSeconds,
        learnedInterval: this.#networkRecord.learned,
        userName: broker.userName,
        password: broker.password,
        will: { topic: this.#topics.presence, payload: OFFLINE, qos: 1, retain: true },
        subscriptions,
        subscriptionsGranted: record.isGranted,
        protocol: broker.protocol,
        knownLevel: record.protocolLevel,
        store,
        backoff: options.backoff,
      },
      random,
    );
    this.#inbox = new Inbox(store);
    this.#viewer = new Viewer(this.#inbox, settings.screen.dwellMs);
    this.#sampler = new Sampler([...sensors, ...this.#ownSensors()], {
      intervalMs: telemetry.intervalSeconds * 1000,
      ageMaxMs: telemetry.maxAgeSeconds * 1000,
    });
    this.#outbox = new Outbox(this.#session, [
      () => this.#nextPresence(),
      () => this.#nextReceipt(),
      (nowMs) => this.#nextTelemetry(nowMs),
    ]);
  }

  /** What happened to the messages so far. */
  get counters(): Readonly<Counters> {
    const { droppedCount, unreceiptedCount, damagedCount } = this.#inbox;
    return { ...this.#counters, dropped: droppedCount, unreceipted: unreceiptedCount, damaged: damagedCount };
  }

  get isConnected(): boolean {
    return this.#session.isConnected;
  }

  get unreadCount(): number {
    return this.#inbox.unreadCount;
  }

  /** Begins to connect and to sample. */
  start(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#sampler.start(nowMs);
    this.#after(nowMs, () => this.#session.start(nowMs));
  }

  /** Goes offline cleanly: presence offline, DISCONNECT. */
  stop(nowMs: number): void {
    const { presence } = this.#topics;
    if (this.#session.canPublish(presence, OFFLINE.length, 1))
      this.#session.publish({ topic: presence, payload: OFFLINE, qos: 1, retain: true }, nowMs);
    this.#after(nowMs, () => this.#session.stop(nowMs));
  }

  handleConnected(nowMs: number): void {
    this.#keeping(() => this.#brokers.current.record.handleConnecting());
    this.#after(nowMs, () => this.#session.handleConnected(nowMs));
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    this.#after(nowMs, () => this.#session.handleBytes(bytes, nowMs));
  }

  handleClosed(reason: string, nowMs: number): void {
    this.#after(nowMs, () => this.#session.handleClosed(reason, nowMs));
  }

  handleNetworkChanged(nowMs: number): void {
    this.#after(nowMs, () => this.#session.handleNetworkChanged(nowMs));
  }

  handleTimeout(nowMs: number): void {
    this.#after(nowMs, () => {
      this.#session.handleTimeout(nowMs);
      this.#returnToPreferred(nowMs);
      this.#sampler.handleTimeout(nowMs);
    });
  }

  handleButton(button: Button, nowMs: number): void {
    this.#after(nowMs, () => {
      if (button === "b") this.#keeping(() => this.#viewer.acknowledge(nowMs));
      else this.#viewer.move(button === "a" ? "older" : "newer", nowMs);
    });
  }

  /** What `pollScreen` gave is on the screen now: the message counts as shown. */
  handlePainted(nowMs: number): void {
    const sequence = this.#viewer.current;
    if (sequence === undefined || this.#inbox.isShown(sequence)) return;
    this.#after(nowMs, () => {
      this.#keeping(() => this.#inbox.markShown(sequence));
      const priority = this.#inbox.read(sequence)?.priority ?? 1;
      if (priority > 1) this.#events.push({ type: "alert", priority });
    });
  }

  /** Bytes to send, or undefined. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    this.#drainSession();
    return this.#session.pollTransmit();
  }

  pollEvent(): GatewayEvent | undefined {
    return this.#events.shift();
  }

  /** The screen, where it has changed since it was last asked for; `handlePainted` answers. */
  pollScreen(nowMs: number): DrawList | undefined {
    const { size, measureText } = this.#options;
    if (!this.#hasScreen) return undefined;
    this.#nowMs = nowMs;
    this.#viewer.update(nowMs);
    const key = this.#screenKey();
    if (key === this.#paintedKey) return undefined;
    this.#paintedKey = key;
    return drawScreen(this.#screenModel(), size, measureText);
  }

  /** When to call `handleTimeout`, in milliseconds of the clock that gives `nowMs`. */
  pollTimeout(): number | undefined {
    const returnMs = this.#session.isConnected ? this.#brokers.returnMs : undefined;
    const wakes = [this.#session.pollTimeout(), this.#sampler.timeoutMs, returnMs];
    if (this.#hasScreen) wakes.push(this.#viewer.timeoutMs, this.#nextMinuteMs());
    return wakes.reduce(
      (least, wake) => (wake !== undefined && (least === undefined || wake < least) ? wake : least),
      undefined,
    );
  }

  get #hasScreen(): boolean {
    return this.#options.size.width > 0;
  }

  /** Does what happened, then what follows from it. */
  #after(nowMs: number, act: () => void): void {
    this.#nowMs = nowMs;
    act();
    this.#drainSession();
    this.#outbox.pump(nowMs);
  }

  #drainSession(): void {
    while (!this.#hasScreen || this.#inbox.unshownCount < UNSHOWN_MAX) {
      const event = this.#session.pollEvent();
      if (!event) return;
      this.#handleSessionEvent(event);
    }
  }

  #handleSessionEvent(event: SessionEvent): void {
    const { broker, record } = this.#brokers.current;
    switch (event.type) {
      case "open":
        if (broker.isInsecure)
          this.#log(
            `warning: broker.insecure: whoever answers at ${broker.host}:${broker.port} is taken for the broker`,
          );
        this.#events.push({ type: "open", broker });
        break;
      case "close":
        this.#events.push({ type: "close" });
        break;
      case "connected":
        this.#isPresenceDue = true;
        this.#wasConnected = true;
        this.#brokers.handleConnected(this.#nowMs);
        this.#keeping(() => record.handleConnected(event.protocolLevel, event.sessionPresent));
        this.#log(
          `connected to ${broker.host}:${broker.port}, MQTT ${event.protocolLevel === 5 ? "5" : "3.1.1"}, session ${event.sessionPresent ? "present" : "new"}`,
        );
        break;
      case "disconnected":
        this.#counters.disconnections += 1;
        this.#log(`disconnected: ${event.reason}; next attempt in ${(event.retryMs / 1000).toFixed(1)} s`);
        this.#chooseBroker();
        break;
      case "subscribed":
        this.#keeping(() => record.setGranted(event.granted));
        if (!event.granted) this.#log(`the broker refused a subscription: ${event.reason}`);
        break;
      case "message":
        this.#handleMessage(event.message, event.token);
        break;
      case "oversize":
        this.#counters.received += 1;
        this.#counters.oversize += 1;
        this.#log(`skipped a message of ${event.message.packetBytes} bytes on ${event.message.topic}`);
        break;
      case "acknowledged":
        this.#keeping(() => this.#outbox.handleTaken(event.token));
        break;
      case "intervalLearned":
        this.#keeping(() => this.#networkRecord.write(event.learned));
        break;
      case "rejected":
        this.#counters.rejected += 1;
        this.#keeping(() => this.#outbox.handleTaken(event.token));
        this.#log(`the broker refused a message: ${event.reason}`);
        break;
    }
  }

  /** After an attempt that failed it may be another broker's turn, and what is known of that one holds. */
  #chooseBroker(): void {
    const isChanged = this.#wasConnected ? this.#isReturning : this.#brokers.handleFailedAttempt();
    this.#wasConnected = false;
    this.#isReturning = false;
    if (!isChanged) return;
    const { broker, record } = this.#brokers.current;
    this.#session.handleBrokerChanged(record.isGranted, record.protocolLevel);
    this.#log(`next is ${broker.host}:${broker.port}`);
  }

  /** Leaves a lesser broker for the preferred one, without a goodbye, so that the will tells there that we are gone. */
  #returnToPreferred(nowMs: number): void {
    const { returnMs } = this.#brokers;
    if (returnMs === undefined || nowMs < returnMs || !this.#session.isConnected) return;
    if (this.#session.inflightCount > 0) {
      this.#brokers.postponeReturn(nowMs + BROKER_RETURN_POSTPONE_MS);
      return;
    }
    this.#brokers.beginReturn();
    this.#isReturning = true;
    this.#session.restart("back to the preferred broker", nowMs);
  }

  /** Keeps a message and only then acknowledges it; one that cannot be kept now stays with the broker. */
  #handleMessage(publish: Publish, token: number): void {
    this.#counters.received += 1;
    if (this.#take(publish) && token > 0) this.#session.acknowledge(token);
  }

  /** False where the store failed: the broker has to send the message again. */
  #take(publish: Publish): boolean {
    if (publish.retain) {
      this.#counters.retained += 1;
      this.#log(`ignored an old (retained) message on ${publish.topic}`);
      return true;
    }
    let message: InboxMessage | undefined;
    try {
      message = this.#read(publish);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#counters.refused += 1;
      this.#log(`refused a message on ${publish.topic}: ${error.message}`);
      return true;
    }
    return message ? this.#insert(message) : true;
  }

  #read({ topic, payload, dup }: Publish): InboxMessage | undefined {
    if (topic === this.#topics.messages) return readMessage(payload);
    if (topic !== this.#topics.pages) throw new FormatError("topic", 0, `${topic} is not ours`);
    const page = readPlainPage(payload, Math.floor(this.#options.wallClock() ?? 0));
    // The same words again are a new page, unless the broker says that it sends them a second time.
    if (page.id !== undefined || dup || !this.#inbox.has(page.name)) return page;
    return { ...page, name: messageName(page.name, String(this.#nowMs + this.#options.random()), payload) };
  }

  #insert(message: InboxMessage): boolean {
    const outcome = this.#keeping(() => this.#inbox.insert(message, this.#options.wallClock()));
    switch (outcome) {
      case "stored":
        this.#counters.stored += 1;
        return true;
      case "duplicate":
        this.#counters.duplicates += 1;
        return true;
      case "full":
        this.#counters.full += 1;
        return true;
      case undefined:
        this.#session.restart("the store failed", this.#nowMs);
        return false;
    }
  }

  /** Runs what writes to the store. A failure is counted and told, not thrown; the result is then undefined. */
  #keeping<Result>(write: () => Result): Result | undefined {
    try {
      return write();
    } catch (error) {
      this.#counters.storeFailures += 1;
      this.#log(`store: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  #nextPresence(): Outgoing | undefined {
    // One that is still in flight is sent again by the session and says the same.
    if (!this.#isPresenceDue || this.#isPresenceSent) return undefined;
    const handleSent = () => {
      this.#isPresenceDue = false;
      this.#isPresenceSent = true;
    };
    const handleTaken = () => {
      this.#isPresenceSent = false;
    };
    return { topic: this.#topics.presence, payload: ONLINE, qos: 1, retain: true, handleSent, handleTaken };
  }

  #nextReceipt(): Outgoing | undefined {
    const owed = this.#inbox.nextReceipt();
    if (!owed) return undefined;
    const receipt = encodeReceipt(owed.id, owed.stage);
    const handleSent = () => this.#inbox.handleReceiptSent(owed);
    const handleTaken = () => this.#inbox.handleReceiptTaken(owed);
    const common = { qos: 1, retain: false, handleSent, handleTaken } as const;
    if (owed.sender === "") return { topic: this.#topics.pageReceipts, payload: receipt.content, ...common };
    const payload = encodeMessage({
      timestampSeconds: Math.floor(this.#options.wallClock() ?? 0),
      imType: IM_TYPE.receipt,
      contents: [receipt],
      sender: this.#options.settings.uid,
    });
    return { topic: this.#topics.messagesOf(owed.sender), payload, ...common };
  }

  #nextTelemetry(nowMs: number): Outgoing | undefined {
    const { batch } = this.#sampler;
    if (batch.length === 0) return undefined;
    const { uid, telemetry } = this.#options.settings;
    const readings = batch.map(({ name, unit, value, atMs }) => ({
      name,
      unit,
      value,
      ageSeconds: (nowMs - atMs) / 1000,
    }));
    const payload = encodeTelemetry(telemetry.format, uid, readings, this.#options.wallClock());
    const handleSent = () => this.#sampler.remove(batch.length);
    return { topic: this.#topics.telemetry, payload, qos: 0, retain: false, handleSent };
  }

  /** What the device knows of itself. */
  #ownSensors(): Sensor[] {
    return [
      { name: "uptime", unit: "s", sample: () => Math.floor((this.#nowMs - this.#startedMs) / 1000) },
      { name: "unread", unit: "count", sample: () => this.#inbox.unreadCount },
      { name: "refused", unit: "count", sample: () => this.#counters.refused + this.#counters.oversize },
      { name: "disconnections", unit: "count", sample: () => this.#counters.disconnections },
    ];
  }

  /** Changes whenever the screen does; cheap enough to be asked for after every event. */
  #screenKey(): string {
    const { current } = this.#viewer;
    const isRead = current !== undefined && this.#inbox.isRead(current);
    const place = `${current}/${isRead}/${this.#inbox.length}/${this.#inbox.unreadCount}`;
    return `${this.#time(this.#options.wallClock())} ${this.#link} ${place} ${faultsInWords(this.counters)}`;
  }

  #screenModel(): ScreenModel {
    const sequence = this.#viewer.current;
    const message = sequence === undefined ? undefined : this.#inbox.read(sequence);
    const { sequences, unreadCount } = this.#inbox;
    const position = sequence === undefined ? sequences.length + 1 : sequences.indexOf(sequence) + 1;
    const isRead = sequence !== undefined && this.#inbox.isRead(sequence);
    return {
      time: this.#time(this.#options.wallClock()),
      link: this.#link,
      unreadCount,
      faults: faultsInWords(this.counters),
      message: message && {
        sender: message.sender,
        title: message.title ?? "",
        text: message.text,
        time: this.#time(message.timestampSeconds || undefined),
        priority: message.priority,
        isRead,
        position,
        count: sequences.length,
      },
      labels: [
        position > 1 ? "older" : "",
        message && !isRead ? "read" : message ? "done" : unreadCount > 0 ? "open" : "",
        position < sequences.length ? "newer" : message ? "home" : "",
      ],
    };
  }

  get #link(): ScreenModel["link"] {
    if (this.#session.isConnected) return "online";
    return this.#session.isConnecting ? "connecting" : "offline";
  }

  #time(seconds: number | undefined): string {
    return seconds === undefined ? "" : timeOfDay(seconds, this.#options.settings.screen.utcOffsetMinutes);
  }

  /** When the time of day on the screen changes. */
  #nextMinuteMs(): number | undefined {
    const seconds = this.#options.wallClock();
    if (seconds === undefined) return undefined;
    // One clock moves against the other: a wake that was promised stands until it has come.
    if (this.#clockMs === undefined || this.#clockMs <= this.#nowMs)
      this.#clockMs = this.#nowMs + (60 - (seconds % 60)) * 1000;
    return this.#clockMs;
  }

  #log(line: string): void {
    if (this.#events.length < EVENTS_MAX) this.#events.push({ type: "log", line });
  }
}
