/**
 * The device: joins session, payloads, inbox, screen and sensors. A host tells it what happened (`handle…`) and then
 * drains `pollTransmit`, `pollEvent`, `pollScreen` until there is nothing more, and sets its timer to `pollTimeout`.
 *
 * Nothing but the joining is here: what comes goes to a `Route`, what leaves comes from an `OutgoingSource`, what the carrier sees and
 * does is the `Carrier`'s, and what happened is written in the `Journal`.
 */
import type { BackoffLimits } from "../mqtt/backoff.ts";
import type { Publish, Subscription } from "../mqtt/packet.ts";
import { Session } from "../mqtt/session.ts";
import type { SessionEvent } from "../mqtt/session-types.ts";
import { Inbox } from "../pager/inbox.ts";
import type { Contact } from "../pager/roster.ts";
import type { Button } from "../pager/screen/buttons.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import type { ReceiptContent } from "../payload/content.ts";
import type { Presence } from "../payload/presence.ts";
import type { MeasureText, Random, Sensor, Store, WallClock } from "../seams.ts";
import { Sampler } from "../sensor/sampler.ts";
import { BrokerChoice } from "./broker-choice.ts";
import { Carrier } from "./carrier.ts";
import { commandTarget } from "./command-target.ts";
import { Commands } from "./commands.ts";
import type { Counters } from "./counters.ts";
import { DiscoverySource } from "./discovery-source.ts";
import type { Link } from "./display.ts";
import type { GatewayEvent } from "./events.ts";
import { Journal } from "./journal.ts";
import { MessageRoute } from "./message-route.ts";
import { NetworkRecord } from "./network-record.ts";
import { Outbox } from "./outbox.ts";
import { ownSensors } from "./own-sensors.ts";
import { PresenceRoute } from "./presence-route.ts";
import { OFFLINE } from "./presence-source.ts";
import { ReceiptSource } from "./receipt-source.ts";
import { Routes } from "./routes.ts";
import type { Settings } from "./settings.ts";
import type { StoredSettings } from "./stored-settings.ts";
import { TelemetrySource } from "./telemetry-source.ts";
import { Topics } from "./topics.ts";

export interface GatewayOptions {
  readonly settings: Settings;
  /** Where commands may change them; left out: they may not. */
  readonly storedSettings?: StoredSettings | undefined;
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

export class Gateway {
  private readonly options: GatewayOptions;
  private readonly topics: Topics;
  private readonly journal = new Journal();
  private readonly inbox: Inbox;
  private readonly carrier: Carrier;
  private readonly sampler: Sampler;
  private readonly discovery: DiscoverySource;
  private readonly commands: Commands;
  private readonly routes: Routes;
  private readonly brokers: BrokerChoice;
  private readonly networkRecord: NetworkRecord;
  private readonly session: Session;
  private readonly outbox: Outbox;
  private startedMs = 0;
  private nowMs = 0;

  constructor(options: GatewayOptions) {
    this.options = options;
    const { settings, store, random, wallClock, sensors } = options;
    const { telemetry, groups, contacts } = settings;
    this.topics = new Topics(settings.env, settings.uid);
    this.inbox = new Inbox(store);
    this.carrier = new Carrier(options, this.topics, this.inbox, this.journal);
    const { presence, messages, roster, quietHours } = this.carrier;
    const allSensors = [
      ...sensors,
      ...ownSensors({
        inbox: this.inbox,
        counters: this.journal.counters,
        sampler: () => this.sampler,
        uptimeMs: () => this.nowMs - this.startedMs,
      }),
    ];
    this.sampler = new Sampler(allSensors, {
      intervalMs: telemetry.intervalSeconds * 1000,
      ageMaxMs: telemetry.maxAgeSeconds * 1000,
      deadbands: telemetry.deadbands,
      log: (line) => this.journal.log(line),
    });
    const target = commandTarget({
      ...options,
      uid: settings.uid,
      inbox: this.inbox,
      quietHours,
      presence,
      storedSettings: options.storedSettings,
      journal: this.journal,
    });
    this.commands = new Commands({ topics: this.topics, store, journal: this.journal, wallClock, target });
    const onReceipt = (receipt: ReceiptContent) => messages.handleReceipt(receipt);
    const common = {
      onReceipt,
      groups,
      topics: this.topics,
      inbox: this.inbox,
      journal: this.journal,
      wallClock,
      random,
    };
    this.routes = new Routes(
      [new MessageRoute(common), new PresenceRoute(this.topics, roster, contacts), this.commands],
      this.journal,
    );
    this.brokers = new BrokerChoice([settings.broker, ...settings.fallbackBrokers], store, this.subscriptions);
    this.networkRecord = new NetworkRecord(store, options.network ?? "");
    this.session = this.newSession(options);
    this.discovery = new DiscoverySource({
      topics: this.topics,
      settings: settings.homeAssistant,
      store,
      journal: this.journal,
      sensors: allSensors,
    });
    this.outbox = new Outbox(this.session, [
      presence,
      messages,
      this.discovery,
      this.commands,
      new ReceiptSource(this.inbox, this.topics, wallClock),
      new TelemetrySource(this.sampler, this.topics, telemetry, wallClock),
    ]);
  }

  /** What happened to the messages so far. */
  get counters(): Readonly<Counters> {
    const { droppedCount, replacedCount, expiredCount, unreceiptedCount, damagedCount } = this.inbox;
    return {
      ...this.journal.counters,
      strangers: this.carrier.roster.turnedAwayCount,
      thinned: this.sampler.thinnedCount,
      dropped: droppedCount,
      replaced: replacedCount,
      expired: expiredCount,
      unreceipted: unreceiptedCount,
      damaged: damagedCount,
    };
  }

  get isConnected(): boolean {
    return this.session.isConnected;
  }

  get unreadCount(): number {
    return this.inbox.unreadCount;
  }

  /** Online first. */
  get contacts(): readonly Contact[] {
    return this.carrier.roster.contacts;
  }

  /** Own presence by hand; undefined: as it comes. */
  choosePresence(presence: Presence | undefined, nowMs: number): void {
    this.after(nowMs, () => this.journal.keeping(() => this.carrier.presence.choose(presence)));
  }

  /**
   * Writes to a contact or a group; kept until the broker has it, also across reboots. Returns its id. Throws a `UsageError`
   * where it cannot be sent or too many wait, and what the store throws.
   */
  sendMessage(to: string, text: string, nowMs: number): string {
    let id = "";
    this.after(nowMs, () => {
      id = this.carrier.messages.send(to, text);
    });
    return id;
  }

  /** Begins to connect and to sample. */
  start(nowMs: number): void {
    this.startedMs = nowMs;
    this.carrier.start(nowMs);
    this.sampler.start(nowMs);
    this.after(nowMs, () => this.session.start(nowMs));
  }

  /** Goes offline cleanly: presence offline, DISCONNECT. */
  stop(nowMs: number): void {
    const { presence } = this.topics;
    if (this.session.canPublish(presence, OFFLINE.length, 1))
      this.session.publish({ topic: presence, payload: OFFLINE, qos: 1, retain: true }, nowMs);
    this.after(nowMs, () => this.session.stop(nowMs));
  }

  handleConnected(nowMs: number): void {
    this.journal.keeping(() => this.brokers.current.record.handleConnecting());
    this.after(nowMs, () => this.session.handleConnected(nowMs));
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    this.after(nowMs, () => this.session.handleBytes(bytes, nowMs));
  }

  /** `isRefusal`: as by a bad certificate, which coming back soon does not heal. */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    this.after(nowMs, () => this.session.handleClosed(reason, nowMs, isRefusal));
  }

  handleNetworkChanged(nowMs: number): void {
    this.after(nowMs, () => this.session.handleNetworkChanged(nowMs));
  }

  handleTimeout(nowMs: number): void {
    this.after(nowMs, () => {
      this.session.handleTimeout(nowMs);
      this.returnToPreferred(nowMs);
      this.sampler.handleTimeout(nowMs);
      this.carrier.handleTimeout(nowMs);
      this.commands.handleTimeout(nowMs);
    });
  }

  handleButton(button: Button, nowMs: number): void {
    this.after(nowMs, () => this.carrier.press(button, nowMs));
  }

  /** What `pollScreen` gave is on the screen now: the message counts as shown. */
  handlePainted(nowMs: number): void {
    const sequence = this.carrier.newOnScreen;
    if (sequence !== undefined) this.after(nowMs, () => this.carrier.handleShown(sequence, nowMs));
  }

  /** Bytes to send, or undefined. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    this.drainSession();
    return this.session.pollTransmit();
  }

  pollEvent(): GatewayEvent | undefined {
    return this.journal.pollEvent();
  }

  /** The screen, where it has changed since it was last asked for; `handlePainted` answers. */
  pollScreen(nowMs: number): DrawList | undefined {
    this.nowMs = nowMs;
    return this.carrier.pollScreen(this.link, this.counters, nowMs);
  }

  /** When to call `handleTimeout`, in milliseconds of the clock that gives `nowMs`. */
  pollTimeout(): number | undefined {
    const wakes = [
      this.session.pollTimeout(),
      this.session.isConnected ? this.brokers.returnMs : undefined,
      this.sampler.timeoutMs,
      this.commands.timeoutMs,
      ...this.carrier.timeoutsMs(this.nowMs),
    ];
    const least = wakes.reduce((least: number, wake) => Math.min(least, wake ?? least), Number.POSITIVE_INFINITY);
    return least === Number.POSITIVE_INFINITY ? undefined : least;
  }

  /** None where the station subscribes. */
  private get subscriptions(): readonly Subscription[] {
    return this.options.settings.broker.subscribes ? this.routes.subscriptions : [];
  }

  private newSession({ settings, store, random, backoff }: GatewayOptions): Session {
    const { broker } = settings;
    const { record } = this.brokers.current;
    return new Session(
      {
        clientIdentifier: settings.uid,
        keepAliveSeconds: broker.keepAliveSeconds,
        keepAliveMinSeconds: broker.keepAliveMinSeconds,
        learnedInterval: this.networkRecord.learned,
        userName: broker.userName,
        password: broker.password,
        will: { topic: this.topics.presence, payload: OFFLINE, qos: 1, retain: true },
        subscriptions: this.subscriptions,
        subscriptionsGranted: record.isGranted,
        protocol: broker.protocol,
        knownLevel: record.protocolLevel,
        store,
        backoff,
      },
      random,
    );
  }

  /** Does what happened, then what follows from it. */
  private after(nowMs: number, act: () => void): void {
    this.nowMs = nowMs;
    act();
    this.drainSession();
    this.carrier.lookAtClock();
    this.outbox.pump(nowMs);
  }

  private drainSession(): void {
    while (this.carrier.hasRoom(this.nowMs)) {
      const event = this.session.pollEvent();
      if (!event) return;
      this.handleSessionEvent(event);
    }
  }

  private handleSessionEvent(event: SessionEvent): void {
    const { broker, record } = this.brokers.current;
    const journal = this.journal;
    switch (event.type) {
      case "open":
        if (broker.isInsecure)
          journal.log(`warning: broker.insecure: whoever answers at ${this.brokers.address} is taken for the broker`);
        journal.tell({ type: "open", broker });
        break;
      case "close":
        journal.tell({ type: "close" });
        break;
      case "connected":
        this.carrier.presence.handleConnected();
        this.discovery.handleConnected();
        this.brokers.handleConnected(this.nowMs);
        journal.keeping(() => record.handleConnected(event.protocolLevel, event.sessionPresent));
        journal.log(
          `connected to ${this.brokers.address}, MQTT ${event.protocolLevel === 5 ? "5" : "3.1.1"}, session ${event.sessionPresent ? "present" : "new"}`,
        );
        break;
      case "disconnected":
        journal.counters.disconnections += 1;
        journal.log(`disconnected: ${event.reason}; next attempt in ${(event.retryMs / 1000).toFixed(1)} s`);
        if (this.brokers.handleDisconnected()) this.changeBroker();
        break;
      case "subscribed":
        journal.keeping(() => record.setGranted(event.granted));
        if (!event.granted) journal.log(`the broker refused a subscription: ${event.reason}`);
        break;
      case "message":
        this.handleMessage(event.message, event.token);
        break;
      case "oversize":
        journal.counters.received += 1;
        journal.counters.oversize += 1;
        journal.log(`skipped a message of ${event.message.packetBytes} bytes on ${event.message.topic}`);
        break;
      case "acknowledged":
        journal.keeping(() => this.outbox.handleTaken(event.token));
        break;
      case "intervalLearned":
        journal.keeping(() => this.networkRecord.write(event.learned));
        break;
      case "rejected":
        journal.counters.rejected += 1;
        journal.keeping(() => this.outbox.handleTaken(event.token, event.reason));
        journal.log(`the broker refused a message: ${event.reason}`);
        break;
    }
  }

  /** Another broker's turn: what is known of that one holds. */
  private changeBroker(): void {
    const { record } = this.brokers.current;
    this.session.handleBrokerChanged(record.isGranted, record.protocolLevel);
    this.journal.log(`next is ${this.brokers.address}`);
  }

  /** Leaves a lesser broker for the preferred one, without a goodbye, so that the will tells there that we are gone. */
  private returnToPreferred(nowMs: number): void {
    const { isConnected, outboxCount } = this.session;
    if (isConnected && this.brokers.beginReturn(outboxCount, nowMs))
      this.session.restart("back to the preferred broker", nowMs);
  }

  /** Keeps a message and only then acknowledges it; one that cannot be kept now stays with the broker. */
  private handleMessage(publish: Publish, token: number): void {
    if (!this.routes.take(publish, this.nowMs)) this.session.restart("the store failed", this.nowMs);
    else if (token > 0) this.session.acknowledge(token);
  }

  private get link(): Link {
    if (this.session.isConnected) return "online";
    return this.session.isConnecting ? "connecting" : "offline";
  }
}
