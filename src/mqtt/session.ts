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
  AUTH_TIMEOUT_MS,
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PACKET_BYTES_MAX,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  PUBLISH_BYTES_MAX,
  RECEIVE_MAX,
  SESSION_EXPIRY_SECONDS,
  SKIPPED_BYTES_MAX,
  STABLE_MS,
  SUBACK_TIMEOUT_MS,
  TAKE_TIMEOUT_MS,
  TOPIC_ALIAS_MAX,
  TRANSMIT_BYTES_MAX,
} from "../limits.ts";
import type { Random } from "../seams.ts";
import { Authentication } from "./authentication.ts";
import { Backoff } from "./backoff.ts";
import { brokerLimits } from "./broker-limits.ts";
import { Decoder } from "./decoder.ts";
import { subscribeBytes, writeConnect, writeDisconnect, writePingreq, writeSubscribe } from "./encoder.ts";
import { Exchange } from "./exchange.ts";
import { IntervalLearner } from "./interval-learner.ts";
import { KeepAlive } from "./keep-alive.ts";
import type { Auth, Connack, Disconnect, ProtocolLevel, QoS, ReceivedPacket, Suback } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { connackReason, DISCONNECT_REASON, reasonInWords } from "./reason-codes.ts";
import type { PublishOptions, SessionEvent, SessionOptions } from "./session-types.ts";
import { Timers } from "./timers.ts";
import { isTopicFilter, isTopicName } from "./topic.ts";
import { VersionChoice } from "./version.ts";

type State = "stopped" | "waiting" | "opening" | "awaitingConnack" | "connected";
type TimerReason = "reconnect" | "open" | "connack" | "suback" | "auth" | "answer" | "take" | "keepAlive" | "stable";

export class Session {
  readonly #options: SessionOptions;
  readonly #backoff: Backoff;
  #version: VersionChoice;
  readonly #learner: IntervalLearner;
  readonly #keepAlive: KeepAlive;
  readonly #decoder = new Decoder(PACKET_BYTES_MAX);
  readonly #transmit = new ByteWriter(TRANSMIT_BYTES_MAX);
  readonly #exchange: Exchange;
  readonly #authentication: Authentication;
  readonly #timers = new Timers<TimerReason>();
  readonly #events: SessionEvent[] = [];
  #state: State = "stopped";
  #subscriptionsGranted: boolean;
  #subscribeIdentifier = 0;
  #nowMs = 0;

  /** Throws a `UsageError` where a topic is not valid. */
  constructor(options: SessionOptions, random: Random) {
    const { will, subscriptions } = options;
    if (will && !isTopicName(will.topic)) throw new UsageError(`will topic ${will.topic}: not a topic name`);
    for (const { topicFilter } of subscriptions) {
      if (!isTopicFilter(topicFilter)) throw new UsageError(`subscription ${topicFilter}: not a topic filter`);
    }
    if (subscriptions.length && subscribeBytes(subscriptions, NO_PROPERTIES) > PUBLISH_BYTES_MAX)
      throw new UsageError(`subscriptions: above ${PUBLISH_BYTES_MAX} bytes`);
    this.#options = options;
    this.#subscriptionsGranted = options.subscriptionsGranted;
    this.#backoff = new Backoff(options.backoff ?? { baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS }, random);
    this.#version = new VersionChoice(options.protocol, options.knownLevel);
    const { keepAliveSeconds, keepAliveMinSeconds = keepAliveSeconds, learnedInterval } = options;
    this.#learner = new IntervalLearner(keepAliveMinSeconds * 1000, keepAliveSeconds * 1000, learnedInterval);
    this.#keepAlive = new KeepAlive(this.#learner);
    this.#exchange = new Exchange(options.store, this.#transmit, (event) => this.#events.push(event));
    this.#authentication = new Authentication(options.authenticator, this.#transmit);
  }

  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** On the way to a connection. */
  get isConnecting(): boolean {
    return this.#state === "opening" || this.#state === "awaitingConnack";
  }

  /** Messages of QoS 1 and 2 that the broker has not acknowledged yet. */
  get inflightCount(): number {
    return this.#exchange.outboundCount;
  }

  /** Connects at once. */
  start(nowMs: number): void {
    if (this.#state !== "stopped") throw new UsageError("session: started already");
    this.#nowMs = nowMs;
    this.#open();
  }

  /** Ends the connection with DISCONNECT, so that no will is published, and stays away until `start`. */
  stop(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === "stopped") return;
    if (this.#state === "connected") {
      this.#flush();
      writeDisconnect(this.#transmit);
    }
    if (this.#state !== "waiting") this.#events.push({ type: "close" });
    this.#leave("stopped");
    this.#exchange.end();
  }

  /** Gives the connection up and comes back after the back-off; the broker then sends again what was not acknowledged. */
  restart(reason: string, nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === "connected" || this.#state === "awaitingConnack") this.#fail(reason);
  }

  /** The transport is open. */
  handleConnected(nowMs: number): void {
    if (this.#state !== "opening") return;
    this.#nowMs = nowMs;
    this.#state = "awaitingConnack";
    this.#timers.clear("open");
    this.#timers.set("connack", nowMs + CONNACK_TIMEOUT_MS);
    this.#decoder.reset(this.#version.level);
    this.#transmit.clear();
    const { will, willDelaySeconds } = this.#options;
    const authentication = this.#version.level === 5 ? this.#authentication.begin() : NO_PROPERTIES;
    writeConnect(this.#transmit, {
      ...this.#options,
      protocolLevel: this.#version.level,
      cleanSession: false,
      properties: {
        sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
        receiveMaximum: RECEIVE_MAX,
        maximumPacketSize: SKIPPED_BYTES_MAX,
        topicAliasMaximum: TOPIC_ALIAS_MAX,
        ...authentication,
      },
      willProperties: will && willDelaySeconds ? { willDelayInterval: willDelaySeconds } : NO_PROPERTIES,
    });
  }

  /** Bytes of the broker; they are looked at by `pollEvent`, until it returns undefined. */
  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (this.#state !== "awaitingConnack" && this.#state !== "connected") return;
    this.#nowMs = nowMs;
    this.#keepAlive.handleReceived(nowMs);
    this.#decoder.push(bytes);
  }

  /** The transport has ended, or could not be opened. */
  handleClosed(reason: string, nowMs: number): void {
    if (this.#state === "stopped" || this.#state === "waiting") return;
    this.#nowMs = nowMs;
    const isOtherVersionNext = this.#state === "awaitingConnack" && this.#version.handleDropped();
    this.#disconnect(reason, { isImmediate: isOtherVersionNext });
  }

  handleTimeout(nowMs: number): void {
    this.#nowMs = nowMs;
    for (let due = this.#timers.takeDue(nowMs); due !== undefined; due = this.#timers.takeDue(nowMs))
      this.#handleDue(due);
  }

  /** There is a network again: an attempt that waits is made at once. */
  handleNetworkChanged(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#state === "waiting") this.#open();
  }

  /**
   * The next attempt goes to another broker: what was known of the former one does not hold. What is in flight goes with us;
   * a broker without our session gets it as new.
   */
  handleBrokerChanged(subscriptionsGranted: boolean, knownLevel: ProtocolLevel | undefined): void {
    this.#subscriptionsGranted = subscriptionsGranted;
    this.#version = new VersionChoice(this.#options.protocol, knownLevel);
  }

  /** Authenticates anew on a connection that stands (MQTT 5, 4.12.1). Ends with `reauthenticated` or with the connection. */
  reauthenticate(nowMs: number): void {
    if (this.#state !== "connected" || this.#version.level !== 5 || !this.#authentication.isPossible)
      throw new UsageError("reauthenticate: expected an authenticator and a connection of MQTT 5");
    this.#nowMs = nowMs;
    this.#authentication.beginAgain();
    this.#timers.set("auth", nowMs + AUTH_TIMEOUT_MS);
  }

  /** Whether `publish` would take a message of this size now. */
  canPublish(topic: string, payloadBytes: number, qos: QoS, properties = NO_PROPERTIES): boolean {
    return this.#state === "connected" && this.#exchange.canPublish(topic, payloadBytes, qos, properties);
  }

  /**
   * Sends a message and returns the token that `acknowledged` or `rejected` will name, 0 with QoS 0. With QoS 1 and 2 it is
   * sent again after a reconnect until the broker has acknowledged it. Throws a `UsageError` where `canPublish` is false, and
   * what the store throws for a message that is to be durable; nothing is sent then.
   */
  publish(options: PublishOptions, nowMs: number): number {
    this.#nowMs = nowMs;
    const { topic, payload, qos, retain, properties = NO_PROPERTIES } = options;
    const size = this.#exchange.bytesOf(topic, payload.length, qos, properties);
    if (size > PUBLISH_BYTES_MAX)
      throw new UsageError(`publish to ${topic}: ${size} bytes, expected at most ${PUBLISH_BYTES_MAX}`);
    if (!this.canPublish(topic, payload.length, qos, properties))
      throw new UsageError(`publish to ${topic}: not now, see canPublish`);
    if (qos === 0) {
      this.#exchange.publishOnce(topic, payload, retain, properties);
      return 0;
    }
    const token = this.#exchange.accept({ topic, payload, qos, retain, properties }, options.isDurable ?? false);
    this.#flush();
    return token;
  }

  /**
   * The message with this token is safe, or, with a reason code of 0x80 and above (MQTT 5), refused. The answers leave in
   * the order in which the messages came; a token of a former connection means nothing any more.
   */
  acknowledge(token: number, reasonCode = 0): void {
    if (this.#state !== "connected") return;
    this.#guarded(() => this.#exchange.take(token, reasonCode));
    this.#flush();
  }

  /** What to tell next, or undefined. */
  pollEvent(): SessionEvent | undefined {
    for (;;) {
      const event = this.#events.shift() ?? this.#decodeOne();
      if (event !== "again") return event;
    }
  }

  /** Bytes to send, or undefined. The view lives until the next call. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#state === "connected") this.#flush();
    if (this.#transmit.length === 0) return undefined;
    this.#keepAlive.handleSent(this.#nowMs);
    const bytes = this.#transmit.view();
    this.#transmit.clear();
    return bytes;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock, or undefined. */
  pollTimeout(): number | undefined {
    return this.#timers.next();
  }

  /**
   * Decodes one packet, unless there is no room for its answer: then `pollTransmit` has to make some first.
   * "again": it had nothing to tell, or left something in the queue.
   */
  #decodeOne(): SessionEvent | "again" | undefined {
    if (this.#state !== "awaitingConnack" && this.#state !== "connected") return undefined;
    if (!this.#exchange.canReceive) return undefined;
    return this.#guarded(() => {
      const packet = this.#decoder.next();
      return packet && this.#handlePacket(packet);
    });
  }

  /** Runs what a packet or the store may make fail: the connection ends with the reason. */
  #guarded<Result>(act: () => Result): Result | "again" {
    try {
      return act();
    } catch (error) {
      if (error instanceof FormatError) this.#fail(error.message, DISCONNECT_REASON.malformedPacket);
      else if (error instanceof ProtocolError) this.#fail(error.message, error.reasonCode);
      else if (error instanceof StoreError) this.#fail(`store: ${error.message}`);
      else throw error;
      return "again";
    }
  }

  #handlePacket(packet: ReceivedPacket): SessionEvent | "again" {
    if (packet.type === "connack") return this.#handleConnack(packet);
    if (packet.type === "auth") return this.#handleAuth(packet);
    if (this.#state !== "connected") throw new ProtocolError(`${packet.type}: before CONNACK [MQTT-3.2.0-1]`);
    switch (packet.type) {
      case "suback":
        return this.#handleSuback(packet);
      case "pingresp":
        if (this.#keepAlive.handlePingresp(this.#nowMs)) this.#tellLearned();
        this.#timers.setOrClear("keepAlive", this.#keepAlive.deadlineMs);
        return "again";
      case "disconnect":
        return this.#handleDisconnect(packet);
      case "unsuback":
        throw new ProtocolError(`${packet.type.toUpperCase()}: nothing was sent that it could answer`);
      default: {
        const event = this.#exchange.handle(packet, this.#nowMs);
        this.#watch();
        return event;
      }
    }
  }

  #handleConnack(connack: Connack): SessionEvent | "again" {
    if (this.#state !== "awaitingConnack") throw new ProtocolError("CONNACK: a second one");
    const { level } = this.#version;
    if (connack.reasonCode !== 0) {
      this.#handleRefusal(connack);
      return "again";
    }
    this.#authentication.finish(connack.properties);
    const { sessionPresent } = connack;
    const limits = brokerLimits(connack, this.#options.keepAliveSeconds);
    this.#version.handleAccepted();
    this.#state = "connected";
    this.#timers.clear("connack");
    this.#keepAlive.handleConnected(limits.keepAliveSeconds, this.#nowMs);
    this.#timers.setOrClear("keepAlive", this.#keepAlive.deadlineMs);
    this.#timers.set("stable", this.#nowMs + STABLE_MS);
    // Forgotten before anything that can fail: the next CONNACK will say that this new session is present.
    this.#subscriptionsGranted = this.#subscriptionsGranted && sessionPresent;
    this.#exchange.begin(level, limits, sessionPresent);
    if (!this.#subscriptionsGranted) this.#subscribe();
    return { type: "connected", sessionPresent, protocolLevel: level };
  }

  /** The broker asks for more, or, where we have asked for it anew, is content. */
  #handleAuth(auth: Auth): SessionEvent | "again" {
    if (!this.#authentication.handleAuth(auth)) return "again";
    if (this.#state !== "connected") throw new ProtocolError("AUTH: success is told by CONNACK [4.12]");
    this.#timers.clear("auth");
    return { type: "reauthenticated" };
  }

  #handleRefusal({ reasonCode, properties }: Connack): void {
    const { level } = this.#version;
    const reason = [connackReason(reasonCode, level), properties.reasonString].filter((words) => words).join(": ");
    const isUnsupported = reasonCode === 0x84 || (level === 4 && reasonCode === 1);
    const isImmediate = isUnsupported && this.#version.handleUnsupported();
    const isBusy = reasonCode === 3 || reasonCode === 0x88 || reasonCode === 0x89;
    if (!isBusy && !isImmediate) this.#backoff.refused();
    this.#events.push({ type: "close" });
    this.#disconnect(reason, { isImmediate, serverReference: properties.serverReference });
  }

  /** The broker says goodbye and why (MQTT 5). Where another client took the session, coming back soon would take it back. */
  #handleDisconnect({ reasonCode, properties }: Disconnect): "again" {
    if (reasonCode === 0x8e) this.#backoff.refused();
    const reason = [reasonInWords(reasonCode), properties.reasonString].filter((words) => words).join(": ");
    this.#events.push({ type: "close" });
    this.#disconnect(`by the broker: ${reason}`, { serverReference: properties.serverReference });
    return "again";
  }

  #subscribe(): void {
    const { subscriptions } = this.#options;
    if (subscriptions.length === 0) return;
    this.#subscribeIdentifier = this.#exchange.allocateIdentifier();
    const properties = this.#version.level === 5 ? NO_PROPERTIES : undefined;
    writeSubscribe(this.#transmit, this.#subscribeIdentifier, subscriptions, properties);
    this.#timers.set("suback", this.#nowMs + SUBACK_TIMEOUT_MS);
  }

  #handleSuback({ packetIdentifier, reasonCodes, properties }: Suback): SessionEvent {
    const { length } = this.#options.subscriptions;
    if (this.#subscribeIdentifier === 0 || packetIdentifier !== this.#subscribeIdentifier)
      throw new ProtocolError(`SUBACK: packet identifier ${packetIdentifier}, no SUBSCRIBE has it`);
    if (reasonCodes.length !== length)
      throw new ProtocolError(`SUBACK: ${reasonCodes.length} return codes, expected ${length} [MQTT-3.8.4-5]`);
    this.#subscribeIdentifier = 0;
    this.#exchange.reserve(0);
    this.#timers.clear("suback");
    const refusal = reasonCodes.find((code) => code >= 0x80);
    this.#subscriptionsGranted = refusal === undefined;
    const reason = refusal === undefined ? "" : (properties.reasonString ?? reasonInWords(refusal));
    return { type: "subscribed", granted: this.#subscriptionsGranted, reason };
  }

  #flush(): void {
    this.#guarded(() => this.#exchange.flush(this.#nowMs));
    if (this.#state === "connected") this.#watch();
  }

  /** Sets the timers of what is owed: answers of the broker, and messages that the application has not taken. */
  #watch(): void {
    const { oldestSentMs, oldestUntakenMs } = this.#exchange;
    this.#timers.setOrClear("answer", oldestSentMs === undefined ? undefined : oldestSentMs + PUBACK_TIMEOUT_MS);
    this.#timers.setOrClear("take", oldestUntakenMs === undefined ? undefined : oldestUntakenMs + TAKE_TIMEOUT_MS);
  }

  #handleDue(due: TimerReason): void {
    switch (due) {
      case "reconnect":
        this.#open();
        break;
      case "open":
        this.#fail(`not open after ${OPEN_TIMEOUT_MS / 1000} s`);
        break;
      case "connack":
        this.#fail(`no CONNACK after ${CONNACK_TIMEOUT_MS / 1000} s`);
        break;
      case "suback":
        this.#fail(`no SUBACK after ${SUBACK_TIMEOUT_MS / 1000} s`);
        break;
      case "auth":
        this.#fail(`no AUTH after ${AUTH_TIMEOUT_MS / 1000} s`);
        break;
      case "answer":
        this.#fail(`no PUBACK after ${PUBACK_TIMEOUT_MS / 1000} s`);
        break;
      case "take":
        this.#fail(`a message was not taken for ${TAKE_TIMEOUT_MS / 1000} s`);
        break;
      case "keepAlive":
        this.#handleKeepAliveDue();
        break;
      case "stable":
        this.#backoff.reset();
        break;
    }
  }

  #handleKeepAliveDue(): void {
    const { deadlineMs } = this.#keepAlive;
    const isDue = deadlineMs !== undefined && deadlineMs <= this.#nowMs;
    if (isDue && this.#keepAlive.isAwaitingPingresp) {
      this.#fail(`no PINGRESP after ${PINGRESP_TIMEOUT_MS / 1000} s`);
      return;
    }
    if (isDue) {
      writePingreq(this.#transmit);
      this.#keepAlive.handlePingSent(this.#nowMs);
    }
    this.#timers.setOrClear("keepAlive", this.#keepAlive.deadlineMs);
  }

  #tellLearned(): void {
    this.#events.push({ type: "intervalLearned", learned: this.#learner.learned });
  }

  #open(): void {
    this.#state = "opening";
    this.#timers.clear("reconnect");
    this.#timers.set("open", this.#nowMs + OPEN_TIMEOUT_MS);
    this.#events.push({ type: "open" });
  }

  /** This side ends the connection; MQTT 5 is told why. */
  #fail(reason: string, reasonCode: number = DISCONNECT_REASON.unspecified): void {
    const isTold = this.#state === "connected" && this.#version.level === 5;
    this.#events.push({ type: "close" });
    this.#disconnect(reason);
    if (isTold) writeDisconnect(this.#transmit, reasonCode);
  }

  #leave(next: "waiting" | "stopped"): void {
    if (this.#state === "awaitingConnack") {
      // The broker may have made a new session that the next CONNACK calls present.
      this.#subscriptionsGranted = false;
      this.#exchange.doubt();
    }
    this.#state = next;
    this.#timers.clearAll();
  }

  #disconnect(reason: string, how: { isImmediate?: boolean; serverReference?: string | undefined } = {}): void {
    this.#leave("waiting");
    if (this.#keepAlive.handleEnded(this.#nowMs)) this.#tellLearned();
    this.#transmit.clear();
    this.#subscribeIdentifier = 0;
    this.#exchange.end();
    const retryMs = how.isImmediate ? 0 : this.#backoff.nextDelayMs();
    this.#timers.set("reconnect", this.#nowMs + retryMs);
    this.#events.push({ type: "disconnected", reason, retryMs, serverReference: how.serverReference });
  }
}
