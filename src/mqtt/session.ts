/**
 * An MQTT client, versions 3.1.1 and 5, as a state machine. It is given bytes and the time. It is asked what to send, when to wake
 * and what to tell. Everything that changes the state of the connection lives here. The exchange of messages on it lives in
 * `exchange.ts`.
 *
 * ```
 * stopped ─start→ opening ─handleConnected→ awaitingConnack ─CONNACK→ connected
 *                   ↑ timer      └──────── any failure ──────┴────────────┘
 *                 waiting ←──────────────────────┘
 * ```
 *
 * After any call the owner drains `pollEvent` until undefined and takes one `pollTransmit`, both again until there is neither, then
 * `pollTimeout`. Packets are decoded in `pollEvent`. A message's views live until the next call.
 */
import { ByteWriter } from "../bytes.ts";
import { Backoff } from "../connection/backoff.ts";
import type { LearnedInterval } from "../connection/interval-learner.ts";
import { FormatError, ProtocolError, StoreError, UsageError } from "../errors.ts";
import { PACKET_BYTES_MAX, REASON_STRING_BYTES_MAX, TRANSMIT_BYTES_MAX } from "../limits.ts";
import type { Random } from "../seams.ts";
import { utf8Length } from "../utf8.ts";
import { brokerLimits } from "./broker-limits.ts";
import { writeSessionConnect } from "./connect.ts";
import { Decoder } from "./decoder.ts";
import { writeDisconnect } from "./encoder.ts";
import { Exchange } from "./exchange.ts";
import type { Connack, HeldSubscription, ProtocolLevel, QoS, ReceivedPacket } from "./packet.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { connackReason, DISCONNECT_REASON, describeReason } from "./reason-codes.ts";
import type { PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Suspects } from "./suspects.ts";
import { Terms } from "./terms.ts";
import { CONNACK, EXPIRY, OPEN, RECONNECT, RESUBSCRIBE, STABLE } from "./timers.ts";
import { Trial } from "./trial.ts";
import { Waits } from "./waits.ts";

/** States, in the order in which they come. */
const STOPPED = 0;
const WAITING = 1;
const OPENING = 2;
const AWAITING_CONNACK = 3;
const CONNECTED = 4;

const CLOSE: SessionEvent = Object.freeze({ type: "close" });

/** One object for all: this event comes after every message of QoS 0. */
const DRAINED: SessionEvent = Object.freeze({ type: "drained" });

export class Session {
  private readonly options: SessionOptions;
  private readonly backoff: Backoff;
  private readonly decoder = new Decoder(PACKET_BYTES_MAX);
  private readonly transmit = new ByteWriter(TRANSMIT_BYTES_MAX);
  private readonly exchange: Exchange;
  private readonly subscriptions: Subscriptions;
  private readonly waits: Waits;
  private readonly events: SessionEvent[] = [];
  private terms: Terms;
  private state = STOPPED;
  private isReading = true;
  /** Something was accepted since `drained` was told. */
  private isDrainedDue = false;
  private nowMs = 0;
  /** The broker ends the present connection, or does not answer on it. */
  private isByBroker = false;

  /** Throws a `UsageError` if a topic is not valid. */
  constructor(options: SessionOptions, random: Random) {
    this.options = options;
    this.backoff = new Backoff(random, options.backoff);
    this.terms = new Terms(options, options.knownLevel);
    const tell = (event: SessionEvent) => {
      this.events.push(event);
    };
    const transmit = this.transmit;
    this.exchange = new Exchange(options, new Trial(new Suspects(options.store)), transmit, tell);
    this.subscriptions = new Subscriptions(options, this.exchange, transmit, tell);
    this.waits = new Waits(options, this.exchange, this.subscriptions, this.decoder, transmit);
    options.authentication?.attach(this.exchange, tell);
    options.subscriptionChanges?.attach(this.subscriptions);
  }

  get isConnected(): boolean {
    return this.state === CONNECTED;
  }

  /** On the way to a connection. */
  get isConnecting(): boolean {
    return this.state === OPENING || this.state === AWAITING_CONNACK;
  }

  /** What the broker may hold for us. Remember it across reboots, and from CONNECT to CONNACK with every `qos` undefined. */
  get held(): readonly HeldSubscription[] {
    return this.subscriptions.held;
  }

  /** Messages in the outbox: accepted and not yet acknowledged by the broker. Those of QoS 0 are not yet sent. */
  get outboxCount(): number {
    return this.exchange.outbound.entries.length;
  }

  /** What they take of `OUTBOX_BYTES_MAX`. */
  get outboxBytes(): number {
    return this.exchange.outbound.bytes;
  }

  /** Whether the outbox is empty and everything written was handed out. Nothing is lost by sleeping then. */
  get isDrained(): boolean {
    return this.outboxCount === 0 && this.transmit.length === 0;
  }

  /**
   * Whether bytes may be handed in. It is false while the former ones are not used up: `pollEvent` has more to tell, or an answer
   * waits until `pollTransmit` has taken what is in front of it. Read nothing from the transport then.
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
   * Ends the connection and stays away until `start`. If a message is on its way in part, the broker publishes the will.
   * @param isWillWanted true: the broker publishes the will in any case
   */
  stop(nowMs: number, isWillWanted = false): void {
    this.nowMs = nowMs;
    if (this.state === STOPPED) return;
    if (this.isConnected) this.flush();
    // Only the end of the connection can follow a message that is on its way in part.
    if (this.isConnected && !this.exchange.sender.isSending) {
      if (!isWillWanted) writeDisconnect(this.transmit);
      // In 3.1.1 the end without DISCONNECT says so.
      else if (this.terms.level === 5) writeDisconnect(this.transmit, DISCONNECT_REASON.withWill);
    }
    if (this.state > WAITING) this.events.push(CLOSE);
    this.leave(STOPPED);
  }

  /** Gives the connection up and comes back after the back-off. The broker then sends again what was not acknowledged. */
  restart(reason: string, nowMs: number): void {
    this.nowMs = nowMs;
    if (this.isOpen) this.fail(reason);
  }

  /** The transport is open. */
  handleConnected(nowMs: number): void {
    if (this.state !== OPENING) return;
    this.nowMs = nowMs;
    this.state = AWAITING_CONNACK;
    this.waits.timers.set(OPEN, undefined);
    this.waits.timers.watch(CONNACK, nowMs);
    this.decoder.reset(this.terms.level);
    this.transmit.clear();
    writeSessionConnect(this.transmit, this.options, this.terms.level, this.terms.will);
  }

  /**
   * Bytes of the broker. `pollEvent` looks at them. They have to stay as they are until `canReceive` is true again. Bytes that are
   * handed in while it is false end the connection: the former ones would be lost.
   */
  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (!this.isOpen) return;
    this.nowMs = nowMs;
    this.waits.keepAlive.handleReceived(nowMs);
    if (this.decoder.isEmpty) this.decoder.push(bytes);
    else this.fail("bytes before the former were read");
  }

  /** Whether the application has room for a message. Without room `pollEvent` looks at no packet, and `canReceive` is soon false. */
  setReading(isReading: boolean, nowMs: number): void {
    this.nowMs = nowMs;
    this.isReading = isReading;
  }

  /** The transport has ended, or could not be opened. @param isRefusal one side has refused the other for its certificate */
  handleClosed(reason: string, nowMs: number, isRefusal = false): void {
    if (this.state <= WAITING) return;
    this.nowMs = nowMs;
    if (isRefusal) this.backoff.refused();
    else this.isByBroker = true;
    this.disconnect(reason, !isRefusal && this.goOnWithLess());
  }

  handleTimeout(nowMs: number): void {
    this.nowMs = nowMs;
    const timers = this.waits.timers;
    for (let due = timers.takeDue(nowMs); due !== undefined; due = timers.takeDue(nowMs)) this.handleDue(due);
  }

  /** What was learned of the former network does not hold. @param learned what is known of this one */
  handleOtherNetwork(learned: LearnedInterval | undefined): void {
    this.waits.keepAlive.handleOtherNetwork(learned);
  }

  /** There is another network, or one again. An attempt that waits is made at once. A ping tries a connection that stands. */
  handleNetworkChanged(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.state === WAITING) this.open();
    if (this.isConnected) this.waits.ping(nowMs);
  }

  /**
   * The next attempt goes to another broker. What was known of the former one is forgotten. What is in flight goes with us. A broker
   * without our session gets it as new. @param held what this one may hold for us
   */
  handleBrokerChanged(held: readonly HeldSubscription[], knownLevel: ProtocolLevel | undefined): void {
    this.subscriptions.held = held;
    this.exchange.trial.suspects.clear();
    this.exchange.inbound.forget();
    this.terms = new Terms(this.options, knownLevel);
  }

  /** Whether a message of this size would leave at once. */
  canPublish(topic: string, payloadBytes: number, qos: QoS, properties = NO_PROPERTIES): boolean {
    return this.isConnected && this.exchange.sender.canSend(topic, payloadBytes, qos, properties);
  }

  /**
   * Accepts a message, connected or not. Returns the token that `acknowledged`, `rejected` or `dropped` will name. 0: one of QoS 0
   * was sent at once. undefined: the outbox has no room for it, see its policy. With QoS 1 and 2 it is sent again after a reconnect
   * until the broker has acknowledged it. Throws a `UsageError` for what can never be sent, and what the store throws for a durable
   * message. It is not accepted then.
   */
  publish(options: PublishOptions, nowMs: number): number | undefined {
    this.nowMs = nowMs;
    const token = this.exchange.accept(options, nowMs);
    this.isDrainedDue = true;
    if (token !== 0) this.flush();
    return token;
  }

  /**
   * The message with this token is safe. A reason code of 0x80 and above (MQTT 5) refuses it. The answers leave in the order in
   * which the messages came. A token of a former connection means nothing.
   * @param reasonString tells the broker's owner why, at most `REASON_STRING_BYTES_MAX` bytes (MQTT 5)
   */
  acknowledge(token: number, reasonCode = 0, reasonString = ""): void {
    if (utf8Length(reasonString) > REASON_STRING_BYTES_MAX)
      throw new UsageError(`reason string: above ${REASON_STRING_BYTES_MAX} bytes`);
    if (!this.isConnected) return;
    try {
      this.exchange.inbound.take(token, reasonCode, reasonString);
    } catch (error) {
      this.handleError(error);
    }
    this.flush();
  }

  /** What to tell next. undefined: nothing. */
  pollEvent(): SessionEvent | undefined {
    for (;;) {
      const event = this.events.shift();
      if (event || !this.decodeOne()) return event ?? this.nextDrained();
    }
  }

  /** Bytes to send. undefined: none. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    if (this.isConnected) this.flush();
    if (this.transmit.length === 0) return undefined;
    this.waits.keepAlive.handleSent(this.nowMs);
    const bytes = this.transmit.view();
    this.transmit.clear();
    return bytes;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock. undefined: never. */
  pollTimeout(): number | undefined {
    return this.waits.timers.next();
  }

  private get isOpen(): boolean {
    return this.state >= AWAITING_CONNACK;
  }

  /**
   * Decodes one packet. What it tells is in the queue then. If there is no room for its answer, `pollTransmit` has to make some first.
   * Returns whether there was a packet, or bytes that are none.
   */
  private decodeOne(): boolean {
    if (!this.isOpen || !this.isReading || !this.exchange.canReceive) return false;
    try {
      // An answer may stand behind bytes that have waited here. Its time limit begins anew.
      if (!this.decoder.isEmpty) this.waits.keepAlive.handleReceived(this.nowMs);
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

  /** A packet or the store has failed. The connection ends with the reason. */
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
    if (type !== "pingresp") this.waits.missed = undefined;
    switch (type) {
      case "connack":
        this.handleConnack(packet);
        break;
      case "auth":
        if (!this.options.authentication) throw new ProtocolError("AUTH: not asked for [MQTT-4.12.0-6]");
        this.options.authentication.handleAuth(packet.reasonCode, packet.properties);
        break;
      case "suback":
      case "unsuback":
        this.subscriptions.handleSuback(packet, this.nowMs);
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
    if (this.subscriptions.isHeldBack) this.subscriptions.request(this.nowMs);
    this.watch();
  }

  private handlePingresp(): void {
    if (this.waits.keepAlive.handleAnswered(this.nowMs)) this.tellLearned();
    const missed = this.waits.handlePingresp(this.nowMs);
    if (missed === undefined) return;
    this.isByBroker = true;
    this.fail(missed);
  }

  private handleConnack(connack: Connack): void {
    if (this.state !== AWAITING_CONNACK) throw new ProtocolError("a second CONNACK");
    if (connack.reasonCode !== 0) {
      this.handleRefusal(connack);
      return;
    }
    const sessionPresent = connack.sessionPresent;
    this.options.authentication?.finish(connack.properties);
    const limits = brokerLimits(connack, this.options.keepAliveSeconds);
    const isTriedAgain = this.terms.handleAccepted();
    this.state = CONNECTED;
    this.waits.timers.set(CONNACK, undefined);
    this.waits.handleConnected(limits.keepAliveSeconds, this.nowMs);
    this.subscriptions.handleConnected(sessionPresent, this.nowMs);
    if (isTriedAgain) {
      this.fail("to try the whole will again", DISCONNECT_REASON.normal, true);
      return;
    }
    this.exchange.begin(this.terms.level, limits, sessionPresent);
    // The application hears of the connection before it hears of messages of a lost session.
    this.events.unshift({ type: "connected", sessionPresent, protocolLevel: this.terms.level });
    this.subscriptions.request(this.nowMs);
  }

  private handleRefusal(connack: Connack): void {
    const reasonCode = connack.reasonCode;
    const reason = connackReason(connack, this.terms.level);
    const isImmediate = this.terms.handleRefused(reasonCode);
    const isBusy = reasonCode === 3 || reasonCode === 0x88 || reasonCode === 0x89;
    if (!isBusy && !isImmediate) this.backoff.refused();
    this.events.push(CLOSE);
    this.disconnect(reason, isImmediate, connack.properties.serverReference);
  }

  /** The broker says goodbye and why (MQTT 5). If another client took the session, an early return would take it back. */
  private handleGoodbye(reasonCode: number, properties: Properties): void {
    this.isByBroker = true;
    if (reasonCode === 0x8e) this.backoff.refused();
    this.events.push(CLOSE);
    this.disconnect(`by the broker: ${describeReason(reasonCode, properties)}`, false, properties.serverReference);
  }

  private flush(): void {
    try {
      this.exchange.flush(this.nowMs);
    } catch (error) {
      this.handleError(error);
    }
    this.watch();
  }

  private watch(): void {
    if (this.state !== STOPPED) this.waits.watch(this.nowMs);
  }

  private handleDue(due: number): void {
    const failure = this.waits.handleDue(due, this.nowMs);
    if (failure !== undefined) this.fail(failure);
    else if (due === RECONNECT) this.open();
    else if (due === STABLE) {
      this.backoff.reset();
      this.subscriptions.handleStable();
    } else if (due === RESUBSCRIBE) this.subscriptions.retry(this.nowMs);
    else if (due === EXPIRY) this.options.outboxPolicies?.expire(this.exchange.outbound, this.nowMs);
    this.watch();
  }

  private tellLearned(): void {
    this.events.push({ type: "intervalLearned", learned: this.waits.keepAlive.learned });
  }

  private open(): void {
    this.state = OPENING;
    this.waits.timers.set(RECONNECT, undefined);
    this.waits.timers.watch(OPEN, this.nowMs);
    this.events.push({ type: "open" });
  }

  /** This side ends the connection. MQTT 5 is told why. */
  private fail(reason: string, reasonCode: number = DISCONNECT_REASON.unspecified, isImmediate = false): void {
    const isTold = this.isConnected && this.terms.level === 5 && !this.exchange.sender.isSending;
    this.events.push(CLOSE);
    this.disconnect(reason, isImmediate || this.goOnWithLess());
    if (isTold) writeDisconnect(this.transmit, reasonCode);
  }

  /** The broker may end a connection because it does not take this CONNECT. Returns whether another one is tried at once. */
  private goOnWithLess(): boolean {
    return this.state === AWAITING_CONNACK && this.terms.handleDropped();
  }

  private leave(next: number): void {
    if (this.state === AWAITING_CONNACK) {
      // The broker may have made a new session. The next CONNACK will call it present.
      this.subscriptions.doubt();
      this.exchange.inbound.doubt();
    }
    const topicFilters = this.subscriptions.out?.topicFilters ?? [];
    // The broker has answered what was on trial. It may take the rest, and there is no reason to wait long.
    if (this.exchange.end(this.isByBroker && this.isOpen, topicFilters, this.nowMs)) this.backoff.hurry();
    this.subscriptions.handleClosed();
    this.options.authentication?.handleClosed();
    this.isByBroker = false;
    this.decoder.reset(this.terms.level);
    this.state = next;
    this.waits.handleClosed();
    this.watch();
  }

  private disconnect(reason: string, isImmediate = false, serverReference?: string): void {
    this.leave(WAITING);
    if (this.waits.keepAlive.handleEnded(this.nowMs)) this.tellLearned();
    this.transmit.clear();
    const retryMs = isImmediate ? 0 : this.backoff.nextDelayMs();
    this.waits.timers.set(RECONNECT, this.nowMs + retryMs);
    this.events.push({ type: "disconnected", reason: this.terms.explain(reason), retryMs, serverReference });
  }
}
