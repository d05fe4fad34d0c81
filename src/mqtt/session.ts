/**
 * An MQTT client, versions 3.1.1 and 5, as a state machine: it is given bytes and the time and is asked what to send, when
 * to wake and what to tell. Everything that changes the state of the connection lives here; the exchange of messages on it
 * lives in `exchange.ts`.
 *
 * ```
 * stopped ─start→ opening ─handleConnected→ awaitingConnack ─CONNACK→ connected
 *                   ↑ timer      └──────── any failure ──────┴────────────┘
 *                 waiting ←──────────────────────┘
 * ```
 *
 * After any call the owner drains `pollEvent` until undefined (packets are decoded there, and a message's views live until
 * the next call) and takes one `pollTransmit`, both again until there is neither, then `pollTimeout`.
 */
import { ByteWriter } from "../bytes.ts";
import { FormatError, ProtocolError, StoreError, UsageError } from "../errors.ts";
import {
  PACKET_BYTES_MAX,
  PINGRESP_TIMEOUT_MS,
  REASON_STRING_BYTES_MAX,
  STABLE_MS,
  TRANSMIT_BYTES_MAX,
} from "../limits.ts";
import type { Random } from "../seams.ts";
import { utf8Length } from "../utf8.ts";
import { Backoff } from "./backoff.ts";
import { brokerLimits } from "./broker-limits.ts";
import { writeSessionConnect } from "./connect.ts";
import { Decoder } from "./decoder.ts";
import { writeAuth, writeDisconnect, writePingreq } from "./encoder.ts";
import { Exchange } from "./exchange.ts";
import { KeepAlive } from "./keep-alive.ts";
import type { Connack, HeldSubscription, ProtocolLevel, QoS, ReceivedPacket, Subscription } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { connackReason, DISCONNECT_REASON, describeReason } from "./reason-codes.ts";
import type { DropReason, PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Suspects } from "./suspects.ts";
import {
  ANSWER,
  AUTH,
  CONNACK,
  EXPIRY,
  KEEP_ALIVE,
  missedAt,
  OPEN,
  RECONNECT,
  RESUBSCRIBE,
  STABLE,
  SUBACK,
  TAKE,
  Timers,
} from "./timers.ts";
import { isTopicName } from "./topic.ts";
import { VersionChoice } from "./version.ts";
import { WillChoice } from "./will-choice.ts";

/** States, in the order in which they come. */
const STOPPED = 0;
const WAITING = 1;
const OPENING = 2;
const AWAITING_CONNACK = 3;
const CONNECTED = 4;

const CLOSE: SessionEvent = Object.freeze({ type: "close" });

/** Reason codes of AUTH (3.15.2.1). */
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;

/** One for all: it comes after every message of QoS 0. */
const DRAINED: SessionEvent = Object.freeze({ type: "drained" });

export class Session {
  private readonly options: SessionOptions;
  private readonly backoff: Backoff;
  private version: VersionChoice;
  private will: WillChoice;
  private readonly keepAlive: KeepAlive;
  private readonly decoder = new Decoder(PACKET_BYTES_MAX);
  private readonly transmit = new ByteWriter(TRANSMIT_BYTES_MAX);
  private readonly exchange: Exchange;
  private readonly timers = new Timers();
  private readonly events: SessionEvent[] = [];
  private state = STOPPED;
  private isReading = true;
  private readonly subscriptions: Subscriptions;
  /** Something was accepted since `drained` was told. */
  private isDrainedDue = false;
  private nowMs = 0;
  /** Since when the broker's part of a re-authentication is awaited. */
  private authenticationMs: number | undefined;
  /** An answer of the broker that is overdue. A PINGRESP is awaited, to tell a silent broker from a dead link. */
  private missed: string | undefined;
  /** How the last CONNECT was meant to be taken. */
  private lastTerms: string;

  /** Throws a `UsageError` where a topic is not valid. */
  constructor(options: SessionOptions, random: Random) {
    const will = options.will;
    if (will && !isTopicName(will.topic)) throw new UsageError(`will topic ${will.topic}: not a topic name`);
    this.options = options;
    this.backoff = new Backoff(random, options.backoff);
    // A method of authentication needs MQTT 5: what is closed on is not tried without it.
    this.version = new VersionChoice(options.authentication ? "5" : options.protocol, options.knownLevel);
    this.will = new WillChoice(will);
    this.lastTerms = this.terms;
    this.keepAlive = new KeepAlive(options);
    const tell = (event: SessionEvent) => {
      this.events.push(event);
    };
    const suspects = new Suspects(options.store);
    this.exchange = new Exchange(options, suspects, this.transmit, tell);
    this.subscriptions = new Subscriptions(options, this.exchange, suspects, this.transmit, tell);
  }

  get isConnected(): boolean {
    return this.state === CONNECTED;
  }

  /** On the way to a connection. */
  get isConnecting(): boolean {
    return this.state === OPENING || this.state === AWAITING_CONNACK;
  }

  /** What the broker may hold for us. To be remembered across reboots, with every `qos` undefined from CONNECT to CONNACK. */
  get held(): readonly HeldSubscription[] {
    return this.subscriptions.held;
  }

  /** Messages in the outbox: accepted, and not yet acknowledged by the broker, or, with QoS 0, not yet sent. */
  get outboxCount(): number {
    return this.exchange.outbound.length;
  }

  /** What they take of `OUTBOX_BYTES_MAX`. */
  get outboxBytes(): number {
    return this.exchange.outbound.bytes;
  }

  /** Messages of this life that were dropped or not accepted, by reason. */
  get dropped(): Readonly<Record<DropReason, number>> {
    return this.exchange.dropped;
  }

  /** Whether the outbox is empty and everything written was handed out: nothing is lost by sleeping now. */
  get isDrained(): boolean {
    return this.outboxCount === 0 && this.transmit.length === 0;
  }

  /**
   * Whether bytes may be handed in. False while the former ones are not used up: `pollEvent` was not asked for all of it, or an
   * answer waits until `pollTransmit` has been asked for what is in front of it. Read nothing from the transport then.
   */
  get canReceive(): boolean {
    return this.decoder.isEmpty && this.exchange.canReceive;
  }

  /** Connects at once. */
  start(nowMs: number): void {
    if (this.state !== STOPPED) throw new UsageError("session: started already");
    this.nowMs = nowMs;
    this.open();
    this.watch();
  }

  /**
   * Ends the connection and stays away until `start`. @param isWillWanted true: so that the broker publishes the will; false:
   * so that it does not. It does, too, where a message is on its way in part.
   */
  stop(nowMs: number, isWillWanted = false): void {
    this.nowMs = nowMs;
    if (this.state === STOPPED) return;
    if (this.isConnected) this.flush();
    // A message that is on its way in part cannot be followed by anything but the end of the connection.
    if (this.isConnected && !this.exchange.isSending) {
      if (!isWillWanted) writeDisconnect(this.transmit);
      // In 3.1.1 it is the end without DISCONNECT that does it.
      else if (this.version.level === 5) writeDisconnect(this.transmit, DISCONNECT_REASON.withWill);
    }
    if (this.state > WAITING) this.events.push(CLOSE);
    this.leave(STOPPED);
  }

  /** Gives the connection up and comes back after the back-off; the broker then sends again what was not acknowledged. */
  restart(reason: string, nowMs: number): void {
    this.nowMs = nowMs;
    if (this.isOpen) this.fail(reason);
  }

  /** The transport is open. */
  handleConnected(nowMs: number): void {
    if (this.state !== OPENING) return;
    this.nowMs = nowMs;
    this.state = AWAITING_CONNACK;
    this.timers.clear(OPEN);
    this.timers.watch(CONNACK, this.nowMs);
    this.decoder.reset(this.version.level);
    this.transmit.clear();
    writeSessionConnect(this.transmit, this.options, this.version.level, this.will.current);
  }

  /**
   * Bytes of the broker. `pollEvent` looks at them, so they have to stay as they are until `canReceive` is true again. Handed in
   * while it is false, they end the connection, since the former ones would be lost.
   */
  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (!this.isOpen) return;
    this.nowMs = nowMs;
    this.keepAlive.handleReceived(nowMs);
    if (this.decoder.isEmpty) this.decoder.push(bytes);
    else this.fail("bytes before the former were read");
  }

  /** Whether the application has room for a message. Where it has none, `pollEvent` looks at no packet, and `canReceive` is soon false. */
  setReading(isReading: boolean, nowMs: number): void {
    this.nowMs = nowMs;
    this.isReading = isReading;
  }

  /** The transport has ended, or could not be opened; `isRefusal`: for what one side is, as its certificate tells, and not for long. */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    if (this.state <= WAITING) return;
    this.nowMs = nowMs;
    if (isRefusal) this.backoff.refused();
    else if (this.isConnected) this.handleEndedByBroker();
    this.disconnect(reason, !isRefusal && this.goOnWithLess());
  }

  handleTimeout(nowMs: number): void {
    this.nowMs = nowMs;
    for (let due = this.timers.takeDue(nowMs); due !== undefined; due = this.timers.takeDue(nowMs)) this.handleDue(due);
  }

  /** There is another network, or one again: an attempt that waits is made at once, a connection that stands is tried by a ping. */
  handleNetworkChanged(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.state === WAITING) this.open();
    if (this.isConnected) this.ping();
  }

  /**
   * The next attempt goes to another broker: what was known of the former one does not hold. What is in flight goes with us;
   * a broker without our session gets it as new. @param held what this one may hold for us
   */
  handleBrokerChanged(held: readonly HeldSubscription[], knownLevel: ProtocolLevel | undefined): void {
    this.subscriptions.held = held;
    this.exchange.handleBrokerChanged();
    this.version = new VersionChoice(this.options.protocol, knownLevel);
    this.will = new WillChoice(this.options.will);
    this.lastTerms = this.terms;
  }

  /**
   * Other subscriptions from now on, connected or not; `subscribed` tells what the broker says. Throws a `UsageError` where one
   * is no topic filter, or where they are too long.
   */
  subscribe(subscriptions: readonly Subscription[], nowMs: number): void {
    this.nowMs = nowMs;
    this.subscriptions.change(subscriptions, nowMs);
    if (this.isConnected) this.subscriptions.request(this.version.level, nowMs);
    this.watch();
  }

  /** Authenticates anew on a connection that stands (MQTT 5, 4.12.1). Ends with `reauthenticated` or with the connection. */
  reauthenticate(nowMs: number): void {
    const authentication = this.options.authentication;
    if (!this.isConnected || !authentication)
      throw new UsageError("reauthenticate: needs a connection, authentication");
    this.nowMs = nowMs;
    this.sendAuth(REAUTHENTICATE, authentication.begin());
    this.authenticationMs = nowMs;
    this.watch();
  }

  /** Whether a message of this size would leave at once. */
  canPublish(topic: string, payloadBytes: number, qos: QoS, properties = NO_PROPERTIES): boolean {
    return this.isConnected && this.exchange.canSend(topic, payloadBytes, qos, properties);
  }

  /**
   * Accepts a message, connected or not, and returns the token that `acknowledged`, `rejected` or `dropped` will name; 0 for
   * one of QoS 0 that was sent at once; undefined where the outbox has no room for it, see its policy. With QoS 1 and 2 it is
   * sent again after a reconnect until the broker has acknowledged it. Throws a `UsageError` for what can never be sent, and
   * what the store throws for a message that is to be durable; it is not accepted then.
   */
  publish(options: PublishOptions, nowMs: number): number | undefined {
    this.nowMs = nowMs;
    const token = this.exchange.accept(options, nowMs);
    this.isDrainedDue = true;
    if (token !== 0) this.flush();
    return token;
  }

  /**
   * The message with this token is safe, or, with a reason code of 0x80 and above (MQTT 5), refused. The answers leave in
   * the order in which the messages came; a token of a former connection means nothing any more. @param reasonString tells
   * the broker's owner why, at most `REASON_STRING_BYTES_MAX` bytes (MQTT 5)
   */
  acknowledge(token: number, reasonCode = 0, reasonString = ""): void {
    if (utf8Length(reasonString) > REASON_STRING_BYTES_MAX)
      throw new UsageError(`reason string: above ${REASON_STRING_BYTES_MAX} bytes`);
    if (!this.isConnected) return;
    try {
      this.exchange.take(token, reasonCode, reasonString);
    } catch (error) {
      this.handleError(error);
    }
    this.flush();
  }

  /** What to tell next, or undefined. */
  pollEvent(): SessionEvent | undefined {
    for (;;) {
      const event = this.events.shift();
      if (event || !this.decodeOne()) return event ?? this.nextDrained();
    }
  }

  /** Bytes to send, or undefined. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    if (this.isConnected) this.flush();
    if (this.transmit.length === 0) return undefined;
    this.keepAlive.handleSent(this.nowMs);
    const bytes = this.transmit.view();
    this.transmit.clear();
    return bytes;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock, or undefined. */
  pollTimeout(): number | undefined {
    return this.timers.next();
  }

  private get isOpen(): boolean {
    return this.state >= AWAITING_CONNACK;
  }

  /**
   * Decodes one packet, unless there is no room for its answer: then `pollTransmit` has to make some first. What it tells is in
   * the queue then. Returns whether there was one, or something that is none.
   */
  private decodeOne(): boolean {
    if (!this.isOpen || !this.isReading || !this.exchange.canReceive) return false;
    try {
      // The time of an answer begins anew: it may stand behind bytes that have long waited here.
      if (!this.decoder.isEmpty) this.keepAlive.handleReceived(this.nowMs);
      const packet = this.decoder.next();
      if (packet) this.handlePacket(packet);
      return packet !== undefined;
    } catch (error) {
      this.handleError(error);
      return true;
    }
  }

  private nextDrained(): SessionEvent | undefined {
    if (!this.isDrainedDue || !this.isDrained) return undefined;
    this.isDrainedDue = false;
    return DRAINED;
  }

  /** A packet or the store has failed: the connection ends with the reason. */
  private handleError(error: unknown): void {
    if (error instanceof FormatError) this.fail(error.message, DISCONNECT_REASON.malformedPacket);
    else if (error instanceof ProtocolError) this.fail(error.message, error.reasonCode);
    else if (error instanceof StoreError) this.fail(`store: ${error.message}`);
    else throw error;
  }

  private handlePacket(packet: ReceivedPacket): void {
    const type = packet.type;
    if (type !== "connack" && type !== "auth" && !this.isConnected)
      throw new ProtocolError(`${type}: before CONNACK [MQTT-3.2.0-1]`);
    switch (type) {
      case "connack":
        this.handleConnack(packet);
        break;
      case "auth":
        this.handleAuth(packet.reasonCode, packet.properties);
        break;
      case "suback":
      case "unsuback":
        this.subscriptions.handleSuback(packet, this.version.level, this.nowMs);
        break;
      case "pingresp":
        this.handlePingresp();
        break;
      case "disconnect":
        this.handleGoodbye(packet.reasonCode, packet.properties);
        break;
      default:
        this.exchange.handle(packet, this.nowMs);
    }
    this.missed = undefined;
    this.watch();
  }

  private handlePingresp(): void {
    if (this.keepAlive.handlePingresp(this.nowMs)) this.tellLearned();
    this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
    if (this.missed === undefined) return;
    this.handleEndedByBroker();
    this.fail(this.missed);
  }

  private handleConnack(connack: Connack): void {
    if (this.state !== AWAITING_CONNACK) throw new ProtocolError("a second CONNACK");
    if (connack.reasonCode !== 0) {
      this.handleRefusal(connack);
      return;
    }
    const level = this.version.level;
    const sessionPresent = connack.sessionPresent;
    this.options.authentication?.finish(connack.properties);
    const limits = brokerLimits(connack, this.options.keepAliveSeconds);
    this.version.handleAccepted();
    this.state = CONNECTED;
    this.timers.clear(CONNACK);
    this.keepAlive.handleConnected(limits.keepAliveSeconds, this.nowMs);
    this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
    this.timers.set(STABLE, this.nowMs + STABLE_MS);
    this.subscriptions.handleConnected(sessionPresent, this.nowMs);
    if (this.will.handleAccepted()) {
      this.fail("to try the whole will again", DISCONNECT_REASON.normal, true);
      return;
    }
    this.exchange.begin(level, limits, sessionPresent);
    // What became of messages of a lost session is told behind it.
    this.events.unshift({ type: "connected", sessionPresent, protocolLevel: level });
    this.subscriptions.request(level, this.nowMs);
  }

  /** The broker asks for more, or, where we have asked for it anew, is content. */
  private handleAuth(reasonCode: number, properties: Properties): void {
    const authentication = this.options.authentication;
    if (!authentication) throw new ProtocolError("AUTH: not asked for [MQTT-4.12.0-6]");
    const answer = authentication.handleAuth(reasonCode, properties);
    if (answer) {
      this.sendAuth(CONTINUE, answer);
      return;
    }
    if (!this.isConnected) throw new ProtocolError("AUTH: success before CONNACK [4.12]");
    this.authenticationMs = undefined;
    this.events.push({ type: "reauthenticated" });
  }

  private sendAuth(reasonCode: number, properties: Properties): void {
    this.exchange.write(() => writeAuth(this.transmit, reasonCode, properties));
  }

  private handleRefusal(connack: Connack): void {
    const reasonCode = connack.reasonCode;
    const isImmediate = this.version.handleRefused(reasonCode) || this.will.handleRefused(reasonCode);
    const isBusy = reasonCode === 3 || reasonCode === 0x88 || reasonCode === 0x89;
    if (!isBusy && !isImmediate) this.backoff.refused();
    this.events.push(CLOSE);
    this.disconnect(connackReason(connack, this.version.level), isImmediate, connack.properties.serverReference);
  }

  /** The broker says goodbye and why (MQTT 5). Where another client took the session, coming back soon would take it back. */
  private handleGoodbye(reasonCode: number, properties: Properties): void {
    this.handleEndedByBroker();
    if (reasonCode === 0x8e) this.backoff.refused();
    this.events.push(CLOSE);
    this.disconnect(`by the broker: ${describeReason(reasonCode, properties)}`, false, properties.serverReference);
  }

  private handleEndedByBroker(): void {
    // After its answer to what stood alone the broker takes the rest.
    if (this.exchange.handleEndedByBroker(this.subscriptions.out?.topicFilters ?? [], this.nowMs)) this.backoff.hurry();
  }

  private flush(): void {
    try {
      this.exchange.flush(this.nowMs);
    } catch (error) {
      this.handleError(error);
    }
    this.watch();
  }

  /** Sets the timers of what is owed: answers of the broker, messages that the application has not taken; and of what expires. */
  private watch(): void {
    const exchange = this.exchange;
    // What was handed in and not looked at may hold the answer.
    const readMs = this.decoder.isEmpty ? this.keepAlive.lastReceivedMs : this.nowMs;
    const isMissed = this.missed !== undefined;
    this.timers.watch(SUBACK, isMissed ? undefined : this.subscriptions.out?.sentMs, readMs);
    this.timers.watch(AUTH, this.authenticationMs, readMs);
    this.timers.watch(ANSWER, isMissed ? undefined : exchange.outbound.oldestSentMs, readMs);
    this.timers.watch(TAKE, exchange.oldestUntakenMs);
    this.timers.set(EXPIRY, this.state === STOPPED ? undefined : exchange.outbound.expiryMs);
    this.timers.set(RESUBSCRIBE, this.subscriptions.retryMs);
  }

  private handleDue(due: number): void {
    const missed = missedAt(due);
    if (due >= SUBACK) this.watch();
    if (due >= SUBACK && !this.timers.isDue(due, this.nowMs)) return;
    if (missed !== undefined) this.handleMissed(missed, due);
    else if (due === RECONNECT) this.open();
    else if (due === KEEP_ALIVE) this.handleKeepAliveDue();
    else if (due === STABLE) this.backoff.reset();
    else if (due === RESUBSCRIBE) {
      this.subscriptions.retry(this.version.level, this.nowMs);
      this.watch();
    } else {
      this.exchange.outbound.expire(this.nowMs);
      this.watch();
    }
  }

  /** A deadline that ends the connection. A ping shows whether the broker or the link is to blame. */
  private handleMissed(missed: string, due: number): void {
    const isQuiet = this.nowMs - this.keepAlive.lastReceivedMs >= PINGRESP_TIMEOUT_MS;
    if ((due !== SUBACK && due !== ANSWER) || !isQuiet || this.exchange.isSending) this.fail(missed);
    else {
      this.missed = missed;
      this.watch();
      this.ping();
    }
  }

  private handleKeepAliveDue(): void {
    // What was handed in and not looked at may hold the answer.
    if (!this.decoder.isEmpty) this.keepAlive.handleReceived(this.nowMs);
    if (this.keepAlive.overdueMs <= this.nowMs) this.fail(`no PINGRESP after ${PINGRESP_TIMEOUT_MS / 1000} s`);
    else if (this.keepAlive.pingDueMs <= this.nowMs) this.ping();
    else this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
  }

  /** Nothing may be written into a message that goes out in pieces; that it moves is watched over by its own timer. */
  private ping(): void {
    if (this.exchange.isSending) {
      this.timers.set(KEEP_ALIVE, this.nowMs + PINGRESP_TIMEOUT_MS);
      return;
    }
    this.exchange.write(() => writePingreq(this.transmit));
    this.keepAlive.handlePingSent(this.nowMs);
    this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
  }

  private tellLearned(): void {
    this.events.push({ type: "intervalLearned", learned: this.keepAlive.learned });
  }

  private open(): void {
    this.state = OPENING;
    this.timers.clear(RECONNECT);
    this.timers.watch(OPEN, this.nowMs);
    this.events.push({ type: "open" });
  }

  /** This side ends the connection; MQTT 5 is told why. */
  private fail(reason: string, reasonCode: number = DISCONNECT_REASON.unspecified, isImmediate = false): void {
    const isTold = this.isConnected && this.version.level === 5 && !this.exchange.isSending;
    if (this.isConnected && this.missed === undefined) this.exchange.endings = 0;
    this.events.push(CLOSE);
    this.disconnect(reason, isImmediate || this.goOnWithLess());
    if (isTold) writeDisconnect(this.transmit, reasonCode);
  }

  /** A connection that ends before CONNACK may say that the broker does not take this CONNECT. Returns whether another is tried at once. */
  private goOnWithLess(): boolean {
    if (this.state !== AWAITING_CONNACK) return false;
    this.will.handleDropped();
    return this.version.handleDropped();
  }

  /** What the next CONNECT asks for, in words. */
  private get terms(): string {
    return (this.version.level === 5 ? "MQTT 5" : "MQTT 3.1.1") + this.will.description;
  }

  private leave(next: number): void {
    if (this.state === AWAITING_CONNACK) {
      // The broker may have made a new session that the next CONNACK calls present.
      this.subscriptions.doubt();
      this.exchange.doubt();
    }
    this.subscriptions.handleClosed();
    this.authenticationMs = undefined;
    this.missed = undefined;
    this.decoder.reset(this.version.level);
    this.state = next;
    this.timers.clearAll();
    this.exchange.end();
    this.watch();
  }

  private disconnect(reason: string, isImmediate = false, serverReference?: string): void {
    this.leave(WAITING);
    if (this.keepAlive.handleEnded(this.nowMs)) this.tellLearned();
    this.transmit.clear();
    const retryMs = isImmediate ? 0 : this.backoff.nextDelayMs();
    this.timers.set(RECONNECT, this.nowMs + retryMs);
    const terms = this.terms;
    const told = terms === this.lastTerms ? reason : `${reason}; goes on with ${terms}`;
    this.lastTerms = terms;
    this.events.push({ type: "disconnected", reason: told, retryMs, serverReference });
  }
}
