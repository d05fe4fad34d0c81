/**
 * The device. It joins session, payloads, inbox, screen and sensors. A host tells it what happened (`handle…`). Then the host
 * drains `pollTransmit`, `pollEvent` and `pollScreen` until they return nothing, and sets its timer to `pollTimeout`.
 *
 * This file only joins the parts. A message that arrives goes to a `Route`. A message that leaves comes from an
 * `OutgoingSource`. The `Panel` has what the carrier sees and does.
 */
import type { Publish } from "../mqtt/packet.ts";
import { Inbox } from "../pager/inbox.ts";
import { PictureStore } from "../pager/picture-store.ts";
import { type Contact, Roster } from "../pager/roster.ts";
import { RunStore } from "../pager/run-store.ts";
import type { Button } from "../pager/screen/buttons.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import type { Gesture } from "../pager/screen/gesture.ts";
import { NO_PICTURES, type RunPictures } from "../pager/screen/runs.ts";
import type { ScreenKind } from "../pager/screen/theme.ts";
import type { Presence } from "../payload/presence.ts";
import type { MakeQrCode, MeasureText, Random, Sensor, Store, WallClock } from "../seams.ts";
import { Sampler } from "../sensor/sampler.ts";
import { Alarm } from "./alarm.ts";
import type { Battery } from "./battery.ts";
import { Clock } from "./clock.ts";
import { Commands } from "./commands.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { type Counters, newCounters } from "./counters.ts";
import { type Device, keeping } from "./device.ts";
import { Diagnostics } from "./diagnostics.ts";
import { DiscoverySource } from "./discovery-source.ts";
import type { LinkTrouble } from "./display.ts";
import { EventQueue, type GatewayEvent } from "./event-queue.ts";
import { InfoSource } from "./info-source.ts";
import type { Line, LineEvent } from "./line.ts";
import { LogLines } from "./log-lines.ts";
import { LogSource } from "./log-source.ts";
import { MessagePictures } from "./message-pictures.ts";
import { MessageRoute } from "./message-route.ts";
import { MessageSource } from "./message-source.ts";
import { Outbox } from "./outbox.ts";
import { ownFigures } from "./own-figures.ts";
import { Panel } from "./panel.ts";
import { PresenceRoute } from "./presence-route.ts";
import { PresenceSource, UPDATING } from "./presence-source.ts";
import { QuietHours } from "./quiet-hours.ts";
import { ReceiptSource } from "./receipt-source.ts";
import { Routes } from "./routes.ts";
import { ScreenLight } from "./screen-light.ts";
import type { BrokerSettings, Settings } from "./settings.ts";
import type { Sleeper } from "./sleeper.ts";
import type { StoredSettings } from "./stored-settings.ts";
import { TelemetrySource } from "./telemetry-source.ts";
import { TextPictures } from "./text-pictures.ts";
import { TimeOfDay } from "./time-of-day.ts";
import { TimeZone } from "./time-zone.ts";
import { Topics } from "./topics.ts";
import { type UpdateHost, Updates } from "./updates.ts";
import { YieldingStore } from "./yielding-store.ts";

export interface GatewayOptions extends ConnectionOptions {
  readonly settings: Settings;
  /** The settings that commands may change. Without it, commands may change none. */
  readonly storedSettings?: StoredSettings | undefined;
  readonly store: Store;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly measureText: MeasureText;
  /** Without it the screen shows an address in words alone. */
  readonly makeQrCode?: MakeQrCode | undefined;
  /** Size of the screen, in pixels. 0 by 0 for a board without a screen, on which no message counts as shown. */
  readonly size: Size;
  /** Default: `color`. */
  readonly screenKind?: ScreenKind | undefined;
  /** Whether the host can dim and switch off the light of its screen. */
  readonly hasLight?: boolean | undefined;
  /** The list may grow. Then the host calls `handleSensed`. */
  readonly sensors: readonly Sensor[];
  /** The names of other devices that may carry some of these sensors. */
  readonly carriers?: readonly string[] | undefined;
  /** What the host measures of itself: memory, signal. */
  readonly figures?: readonly Sensor[] | undefined;
  /** Why the device started, in a few words. */
  readonly startReason?: string | undefined;
  /** Values of the host's own settings that no log line may tell. The gateway knows its own. */
  readonly secrets?: readonly string[] | undefined;
  /** Without it, the device takes no updates and does not tell its version. */
  readonly updates?: UpdateHost | undefined;
  /** Without it, the device knows of no battery. */
  readonly battery?: Battery | undefined;
  /** Without it, the device never sleeps. */
  readonly sleeper?: Sleeper | undefined;
}

export class Gateway {
  private readonly device: Device;
  private readonly clock: Clock;
  private readonly logLines: LogLines;
  private readonly logSource: LogSource;
  private readonly diagnostics: Diagnostics;
  private readonly connection: Connection;
  private readonly session: Line;
  private readonly messageRoute: MessageRoute;
  private readonly routes: Routes;
  private readonly outbox: Outbox;
  private readonly sampler: Sampler;
  private readonly sensors: readonly Sensor[];
  /** How many of them are sampled. */
  private sensorCount: number;
  private readonly roster: Roster;
  private readonly presence: PresenceSource;
  private readonly messages: MessageSource;
  private readonly discovery: DiscoverySource;
  private readonly commands: Commands;
  private readonly updates: Updates;
  /** undefined on a host that takes no updates. */
  private readonly info: InfoSource | undefined;
  private readonly alarm: Alarm;
  private readonly timeOfDay: TimeOfDay;
  private readonly light: ScreenLight | undefined;
  private readonly panel: Panel;
  private readonly battery: Battery | undefined;
  private readonly sleeper: Sleeper | undefined;
  /** undefined on a board without a screen. */
  private readonly textPictures: TextPictures | undefined;
  private readonly messagePictures: MessagePictures | undefined;
  /** New messages stay at the broker, because too many senders still wait for receipts. */
  private isHoldingBack = false;
  /** Sequence of the newest message that was told of in the dark. */
  private announced = 0;
  private startedMs = 0;
  private nowMs = 0;
  private isStopped = false;

  constructor(given: GatewayOptions) {
    const hasScreen = given.size.width > 0;
    const runs = hasScreen ? new RunStore(given.store) : undefined;
    const pieces = hasScreen ? new PictureStore(given.store) : undefined;
    const options = runs && pieces ? { ...given, store: new YieldingStore(given.store, runs, pieces) } : given;
    const { settings, store, measureText, size, storedSettings } = options;
    const clock = new Clock(options.wallClock);
    this.logLines = new LogLines([...secretsOf(settings.broker), ...(options.secrets ?? [])]);
    const device = newDevice(options, () => clock.seconds, this.logLines);
    this.clock = clock;
    this.device = device;
    const { inbox } = device;
    this.battery = options.battery;
    this.sleeper = options.sleeper;
    this.sensors = options.sensors;
    this.sensorCount = options.sensors.length;
    const unread: Sensor = { name: "unread", unit: "count", deadband: 1, sample: () => inbox.unreadCount };
    const sensors = [...options.sensors, ...(options.battery?.sensors ?? []), unread];
    const figures = [
      ...(options.figures ?? []),
      ...ownFigures(
        () => this.nowMs - this.startedMs,
        () => this.counters,
      ),
    ];
    this.diagnostics = new Diagnostics(device, figures, options.startReason ?? "start");
    this.logSource = new LogSource(device, this.logLines);
    const quietHours = new QuietHours(device);
    this.roster = new Roster(settings.contacts, store);
    this.presence = new PresenceSource(device, quietHours);
    this.messages = new MessageSource(device);
    this.alarm = new Alarm(device, quietHours);
    this.timeOfDay = new TimeOfDay(device, quietHours, this.alarm);
    this.sampler = newSampler(device, sensors);
    const { roster, presence, messages, diagnostics, sampler, logSource: log } = this;
    const { screenKind = "color" } = options;
    this.light = options.hasLight ? new ScreenLight(device) : undefined;
    this.messagePictures = pieces && new MessagePictures(device, pieces, size, screenKind);
    this.textPictures = runs && this.messagePictures && new TextPictures(device, runs, size, this.messagePictures);
    const { light, pictures, messagePictures } = this;
    this.panel = new Panel(device, {
      roster,
      presence,
      messages,
      diagnostics,
      sampler,
      quietHours,
      size,
      screenKind,
      light,
      measureText,
      makeQrCode: options.makeQrCode,
      pictures,
      messagePictures,
    });
    this.updates = new Updates(device, options.updates);
    const { updates } = this;
    this.info = updates.installed && new InfoSource(device, updates.installed);
    this.commands = new Commands(device, { quietHours, presence, diagnostics, log, updates, storedSettings });
    this.messageRoute = new MessageRoute(device, messages, (sequence, nowMs) => {
      // Without a screen a page sounds as soon as it is kept. So it does in the dark: that lights the screen.
      if (this.panel.exists && !this.panel.isDark) return;
      this.alarm.handleNew(sequence, nowMs);
      this.announced = sequence;
    });
    const optional = this.textPictures ? [this.textPictures] : [];
    this.routes = new Routes(device, [
      this.messageRoute,
      new PresenceRoute(device, roster),
      this.commands,
      ...optional,
    ]);
    this.discovery = new DiscoverySource(device, [...sensors, ...this.diagnostics.discovered], options.carriers ?? []);
    // Empty where the station subscribes, and where nobody does.
    const isXmpp = settings.broker.protocol === "xmpp";
    const subscriptions = settings.broker.subscribes && !isXmpp ? this.routes.subscriptions : [];
    this.connection = new Connection(device, subscriptions, options);
    this.session = this.connection.session;
    const talk = [presence, messages, new ReceiptSource(device)];
    // Nothing else crosses a line of XMPP.
    const telling = [
      this.discovery,
      ...(this.info ? [this.info] : []),
      this.commands,
      log,
      ...optional,
      ...(messagePictures ? [messagePictures] : []),
      new TelemetrySource(device, this.sampler),
      diagnostics,
    ];
    this.outbox = new Outbox(this.session, isXmpp ? talk : [...talk, ...telling], device.counters);
  }

  /** Counts of what has happened to the messages. */
  get counters(): Readonly<Counters> {
    const { droppedCount, replacedCount, expiredCount, unreceiptedCount, damagedCount } = this.device.inbox;
    // Those of before a sleep.
    const earlier = this.device.counters;
    return {
      ...earlier,
      strangers: this.roster.turnedAwayCount,
      dropped: earlier.dropped + droppedCount,
      replaced: earlier.replaced + replacedCount,
      expired: earlier.expired + expiredCount,
      unreceipted: earlier.unreceipted + unreceiptedCount,
      damaged: damagedCount,
    };
  }

  get isConnected(): boolean {
    return this.session.isConnected;
  }

  /** The pictures of text that the host's faces lack. The host draws with them what `pollScreen` returns. */
  get pictures(): RunPictures {
    return this.textPictures ?? NO_PICTURES;
  }

  get unreadCount(): number {
    return this.device.inbox.unreadCount;
  }

  /** The contacts, those who are online first. */
  get contacts(): readonly Contact[] {
    return this.roster.contacts;
  }

  /** Sets the presence by hand. undefined: presence follows the device again. */
  choosePresence(presence: Presence | undefined, nowMs: number): void {
    this.after(nowMs, () => keeping(this.device, () => this.presence.choose(presence)));
  }

  /**
   * Writes to a contact or a group. The message is stored until the broker has it, also across reboots. Returns its id. Throws
   * a `UsageError` when it cannot be sent or too many wait. Throws what the store throws.
   */
  sendMessage(to: string, text: string, nowMs: number): string {
    let id = "";
    this.after(nowMs, () => {
      id = this.messages.send(to, text);
    });
    return id;
  }

  /** Starts to connect and to sample. */
  start(nowMs: number): void {
    this.isStopped = false;
    const battery = this.battery;
    const before = this.sleeper?.start(
      {
        device: this.device,
        session: this.session,
        outbox: this.outbox,
        sampler: this.sampler,
        panel: this.panel,
        presence: this.presence,
        commands: this.commands,
        logSource: this.logSource,
        updates: this.updates,
        battery,
      },
      nowMs,
    );
    this.startedMs = nowMs - (before?.uptimeMs ?? 0);
    this.presence.handleTouched(nowMs);
    this.light?.handleUsed(nowMs);
    this.alarm.start(nowMs - (before?.sleptMs ?? 0));
    this.sampler.start(nowMs);
    this.diagnostics.start(nowMs);
    this.updates.start(nowMs);
    battery?.start({ events: this.device.events, sampler: this.sampler }, nowMs, before?.battery);
    this.after(nowMs, () => {
      if (!this.sleeper?.sleepsOn(nowMs)) this.session.start(nowMs);
    });
  }

  /**
   * Goes offline cleanly: sends presence offline, then DISCONNECT. When no more can be sent, the will says that the device is
   * offline.
   */
  stop(nowMs: number): void {
    const { presence } = this.device.topics;
    const payload = this.updates.isWanted ? UPDATING : this.presence.lastWords;
    const canSayIt = this.session.canPublish(presence, payload.length, 1);
    this.isStopped = true;
    if (canSayIt) this.session.publish({ topic: presence, payload, qos: 1, retain: true }, nowMs);
    this.after(nowMs, () => this.session.stop(nowMs, !canSayIt));
    keeping(this.device, () => this.sleeper?.remember(this.counters, nowMs));
  }

  handleConnected(nowMs: number): void {
    this.connection.handleConnecting();
    this.after(nowMs, () => this.session.handleConnected(nowMs));
  }

  /**
   * Whether bytes of the broker may be handed in. False while the former ones are not used up, as where the inbox has no room for
   * a message: read nothing from the transport then. It may be true again after any call.
   */
  get canReceive(): boolean {
    return this.session.canReceive;
  }

  /** The bytes stay as they are until `canReceive` is true again. */
  handleBytes(bytes: Uint8Array, nowMs: number): void {
    this.after(nowMs, () => this.session.handleBytes(bytes, nowMs));
  }

  /** @param isRefusal one side refused a certificate, for example: a quick retry would not help */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    this.after(nowMs, () => this.session.handleClosed(reason, nowMs, isRefusal));
  }

  /**
   * The network is back, or it is another one.
   * @param name names the network, for example by its SSID; what is learned of one does not hold for another; undefined: the same one
   */
  handleNetworkChanged(nowMs: number, name?: string): void {
    this.connection.handleNetwork(name);
    this.sleeper?.handleActivity(nowMs);
    this.after(nowMs, () => this.session.handleNetworkChanged(nowMs));
  }

  /** There is no network. The screen says so until `handleNetworkChanged`. The connection may outlive that. */
  handleNetworkLost(trouble: LinkTrouble, nowMs: number): void {
    this.connection.networkTrouble = trouble;
    this.updateClock(nowMs);
  }

  handleTimeout(nowMs: number): void {
    this.after(nowMs, () => {
      this.session.handleTimeout(nowMs);
      this.connection.returnToPreferred(nowMs);
      this.sampler.handleTimeout(nowMs);
      this.diagnostics.handleTimeout(nowMs);
      this.alarm.handleTimeout(nowMs);
      this.light?.handleTimeout(nowMs);
      this.commands.handleTimeout(nowMs);
      this.updates.handleTimeout(nowMs);
    });
  }

  /** A sensor that is told at once may have changed, or the host has a new sensor. */
  handleSensed(nowMs: number): void {
    for (; this.sensorCount < this.sensors.length; this.sensorCount += 1) {
      const sensor = this.sensors[this.sensorCount] as Sensor;
      this.sampler.add(sensor);
      this.discovery.add(sensor);
    }
    this.after(nowMs, () => this.sampler.handleChange(nowMs));
  }

  handleButton(button: Button, nowMs: number): void {
    this.sleeper?.handleTouched(nowMs);
    this.after(nowMs, () => this.panel.press(button, nowMs));
  }

  handleGesture(gesture: Gesture, nowMs: number): void {
    this.sleeper?.handleTouched(nowMs);
    this.after(nowMs, () => this.panel.touch(gesture, nowMs));
  }

  /** The host has painted what `pollScreen` returned. The message counts as shown. */
  handlePainted(nowMs: number): void {
    this.panel.handlePainted();
    const sequence = this.panel.newOnScreen;
    if (sequence === undefined && !this.textPictures?.isReady && !this.messagePictures?.isReady) return;
    this.after(nowMs, () => {
      if (sequence === undefined) return;
      keeping(this.device, () => this.device.inbox.markShown(sequence));
      if (sequence > this.announced) this.alarm.handleNew(sequence, nowMs);
    });
  }

  /** The screen has not taken what `pollScreen` returned. No message counts as shown. The screen is tried again, up to a limit. */
  handlePaintFailed(nowMs: number): void {
    this.panel.handlePaintFailed(nowMs);
    const waiting = this.device.inbox.nextUnshown();
    if (!this.panel.exists && waiting !== undefined) this.alarm.handleNew(waiting, nowMs);
  }

  /** A driver or a callback of the host has thrown. The host goes on, and the exception is counted. */
  handleHostFailure(): void {
    this.device.counters.hostFailures += 1;
  }

  /** The host has written a line of its own to its log. */
  handleHostLine(line: string): void {
    this.logLines.add(line);
  }

  /** Returns bytes to send, or undefined. The view is valid until the next call. */
  pollTransmit(): Uint8Array | undefined {
    this.drainSession();
    const bytes = this.session.pollTransmit();
    if (!bytes && this.session.isConnected) this.messageRoute.takenPages.handleSent();
    return bytes;
  }

  pollEvent(): GatewayEvent | undefined {
    const event = this.device.events.poll();
    if (event?.type === "alert") this.light?.handleUsed(this.nowMs);
    return event;
  }

  /** Returns the screen when it has changed since the last call. The host answers with `handlePainted`. */
  pollScreen(nowMs: number): DrawList | undefined {
    this.updateClock(nowMs);
    // The picture stays as it is while the device sleeps or starts again.
    if (this.isStopped) return undefined;
    return this.panel.poll(this.connection.link, this.counters, nowMs, this.battery);
  }

  /** When to call `handleTimeout`, in milliseconds of the clock that gives `nowMs`. */
  pollTimeout(): number | undefined {
    const wakes = [
      this.session.pollTimeout(),
      this.connection.returnMs,
      this.sampler.timeoutMs,
      this.diagnostics.timeoutMs,
      this.logSource.timeoutMs(this.nowMs),
      this.commands.timeoutMs,
      this.updates.timeoutMs,
      this.battery?.timeoutMs,
      this.sleeper?.timeoutMs,
      this.alarm.timeoutMs,
      this.textPictures?.timeoutMs,
      this.messagePictures?.timeoutMs,
      this.presence.timeoutMs(this.nowMs),
      this.timeOfDay.timeoutMs(this.nowMs),
      ...this.panel.timeoutsMs(this.nowMs),
    ];
    const least = wakes.reduce((least: number, wake) => Math.min(least, wake ?? least), Number.POSITIVE_INFINITY);
    // A wake-up that comes a fraction of a millisecond too early would find nothing to do.
    return least === Number.POSITIVE_INFINITY ? undefined : Math.ceil(least);
  }

  /** Runs `act`, then does what follows from it. */
  private after(nowMs: number, act: () => void): void {
    this.updateClock(nowMs);
    act();
    this.drainSession();
    if (this.timeOfDay.update(nowMs)) this.panel.showUnread(nowMs);
    keeping(this.device, () => this.roster.flush(nowMs));
    this.outbox.pump(nowMs);
    // The broker sends the messages again only on a new connection.
    if (this.isHoldingBack && this.device.inbox.leftCount === 0)
      this.session.restart("the senders have their receipts: the broker may send the messages that it kept", nowMs);
    if (this.isStopped) return;
    this.battery?.update(nowMs);
    this.sleeper?.update(nowMs);
  }

  private updateClock(nowMs: number): void {
    this.nowMs = nowMs;
    this.textPictures?.update(nowMs);
    this.messagePictures?.update(nowMs);
    this.clock.update(nowMs);
    this.logLines.nowMs = nowMs - this.startedMs;
  }

  private drainSession(): void {
    for (;;) {
      this.session.setReading(this.panel.hasRoom(this.nowMs), this.nowMs);
      const event = this.session.pollEvent();
      if (!event) return;
      this.handleSessionEvent(event);
    }
  }

  private handleSessionEvent(event: LineEvent): void {
    const { device } = this;
    const { counters, events } = device;
    const isOtherBroker = this.connection.handleEvent(event, this.nowMs);
    if (PROGRESS.includes(event.type)) this.sleeper?.handleActivity(this.nowMs);
    switch (event.type) {
      case "connected":
        this.messageRoute.takenPages.handleConnected(event.sessionPresent);
        if (!event.sessionPresent) this.roster.forget(this.nowMs);
        this.presence.handleConnected();
        this.discovery.handleConnected();
        this.diagnostics.handleConnected(this.nowMs);
        this.info?.handleConnected();
        this.textPictures?.handleConnected();
        this.messagePictures?.handleConnected();
        this.tellUpdate();
        break;
      case "disconnected":
        this.isHoldingBack = false;
        this.messageRoute.takenPages.handleClosed();
        this.textPictures?.handleClosed();
        this.messagePictures?.handleClosed();
        if (isOtherBroker) this.messageRoute.takenPages.handleBrokerChanged();
        break;
      case "message":
        this.handleMessage(event.message, event.token);
        break;
      case "oversize":
        counters.received += 1;
        counters.oversize += 1;
        events.log(`skipped a message of ${event.message.packetBytes} bytes on ${event.message.topic}`);
        break;
      case "acknowledged":
        keeping(device, () => this.outbox.handleTaken(event.token));
        break;
      case "rejected":
        counters.rejected += 1;
        keeping(device, () => this.outbox.handleTaken(event.token, event.reason));
        events.log(`the broker refused a message: ${event.reason}`);
        break;
    }
  }

  private tellUpdate(): void {
    const result = this.updates.handleConnected();
    if (result) this.commands.tellUpdate(result, () => this.updates.forget());
  }

  /** Stores a message and then acknowledges it. A message that cannot be stored now stays at the broker. */
  private handleMessage(publish: Publish, token: number): void {
    // The device acknowledges messages in order [MQTT-4.6.0-2]. So all messages after one that stays must stay too.
    this.isHoldingBack ||= token > 0 && this.device.inbox.owesTooManyReceipts;
    if (token > 0 && this.isHoldingBack) return;
    if (!this.routes.take(publish, this.nowMs)) this.session.restart("the store failed", this.nowMs);
    else if (token > 0) this.session.acknowledge(token);
  }
}

/** What shows that the device gets further. */
const PROGRESS: readonly LineEvent["type"][] = Object.freeze(["connected", "subscribed", "message", "acknowledged"]);

function newDevice({ settings, store, random }: GatewayOptions, wallClock: WallClock, lines: LogLines): Device {
  const topics = new Topics(settings.env, settings.uid);
  const inbox = new Inbox(store);
  const events = new EventQueue(lines);
  const zone = new TimeZone(settings.screen.timeZone);
  return Object.freeze({ settings, topics, store, random, wallClock, zone, inbox, counters: newCounters(), events });
}

function secretsOf({ password, ca, identity }: BrokerSettings): readonly string[] {
  return [password, ca, ...(identity ? [identity.certificate, identity.key] : [])];
}

function newSampler({ settings, counters, events }: Device, sensors: readonly Sensor[]): Sampler {
  const { intervalSeconds, maxAgeSeconds, deadbands } = settings.telemetry;
  return new Sampler(sensors, {
    intervalMs: intervalSeconds * 1000,
    ageMaxMs: maxAgeSeconds * 1000,
    deadbands,
    counters,
    log: (line) => events.log(line),
  });
}
