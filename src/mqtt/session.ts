/**
 * An MQTT 3.1.1 client as a state machine: it is given bytes and the time and is asked what to send, when to wake and what
 * to tell. Everything that changes the session's state lives here.
 *
 * ```
 * stopped ─start→ waiting ─timer→ opening ─handleConnected→ awaitingConnack ─CONNACK→ connected
 *                    ↑                └──────────── any failure ──────┴───────────────────┘
 * ```
 *
 * After any call the owner drains `pollEvent` until undefined (packets are decoded there, and a message's views live until
 * the next call) and takes one `pollTransmit`, both again until there is neither, then `pollTimeout`.
 */
import { ByteWriter } from "../bytes.ts";
import { FormatError, ProtocolError, UsageError } from "../errors.ts";
import {
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PACKET_BYTES_MAX,
  PINGRESP_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  PUBLISH_BYTES_MAX,
  STABLE_MS,
  SUBACK_TIMEOUT_MS,
  TRANSMIT_BYTES_MAX,
  TRANSMIT_RESERVE_BYTES,
} from "../limits.ts";
import type { Random } from "../seams.ts";
import { Backoff, type BackoffLimits } from "./backoff.ts";
import { Decoder } from "./decoder.ts";
import {
  ACKNOWLEDGEMENT_BYTES,
  type Connect,
  publishBytes,
  subscribeBytes,
  writeAcknowledgement,
  writeConnect,
  writeDisconnect,
  writePingreq,
  writePublish,
  writeSubscribe,
} from "./encoder.ts";
import { InflightTable } from "./inflight.ts";
import { KeepAlive } from "./keep-alive.ts";
import type { Connack, OversizePublish, Publish, QoS, ReceivedPacket, Suback, Subscription, Will } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { connackReason } from "./reason-codes.ts";
import { Timers } from "./timers.ts";
import { isTopicFilter, isTopicName } from "./topic.ts";

export interface SessionOptions {
  readonly clientIdentifier: string;
  readonly keepAliveSeconds: number;
  /** Empty: none. */
  readonly userName: string;
  readonly password: string;
  readonly will: Will | undefined;
  readonly subscriptions: readonly Subscription[];
  /** The broker has granted exactly these subscriptions in a former life of this device (see the event `subscribed`). */
  readonly subscriptionsGranted: boolean;
  /** Default: `BACKOFF_BASE_MS` and `BACKOFF_MAX_MS`. */
  readonly backoff?: BackoffLimits | undefined;
}

export type SessionEvent =
  /** Open a connection, then call `handleConnected` or `handleClosed`. */
  | { readonly type: "open" }
  /** Close the connection after what `pollTransmit` gives has been sent. */
  | { readonly type: "close" }
  | { readonly type: "connected"; readonly sessionPresent: boolean }
  | { readonly type: "disconnected"; readonly reason: string; readonly retryMs: number }
  /** SUBACK has come; `granted` when it refused none of the subscriptions. To be remembered for `subscriptionsGranted`. */
  | { readonly type: "subscribed"; readonly granted: boolean }
  /** A message; with QoS 1 it has to be answered by `acknowledge` once it is safe. */
  | { readonly type: "message"; readonly message: Publish }
  /** A message above `PACKET_BYTES_MAX`, skipped; already acknowledged, so that it does not come again for ever. */
  | { readonly type: "oversize"; readonly message: OversizePublish }
  /** The broker has taken the message that `publish` gave this identifier. */
  | { readonly type: "acknowledged"; readonly packetIdentifier: number };

type State = "stopped" | "waiting" | "opening" | "awaitingConnack" | "connected";
type TimerReason = "reconnect" | "open" | "connack" | "suback" | "puback" | "keepAlive" | "stable";

export class Session {
  readonly #connect: Connect;
  readonly #subscriptions: readonly Subscription[];
  readonly #backoff: Backoff;
  readonly #keepAlive: KeepAlive;
  readonly #decoder = new Decoder(PACKET_BYTES_MAX);
  readonly #transmit = new ByteWriter(TRANSMIT_BYTES_MAX);
  readonly #inflight = new InflightTable();
  readonly #timers = new Timers<TimerReason>();
  readonly #events: SessionEvent[] = [];
  #state: State = "stopped";
  #subscriptionsGranted: boolean;
  #subscribeIdentifier = 0;
  #nowMs = 0;

  /** Throws a `UsageError` where a topic is not valid. */
  constructor(options: SessionOptions, random: Random) {
    const { clientIdentifier, keepAliveSeconds, will, userName, password, subscriptions } = options;
    if (will && !isTopicName(will.topic)) throw new UsageError(`will topic ${will.topic}: not a topic name`);
    for (const { topicFilter } of subscriptions) {
      if (!isTopicFilter(topicFilter)) throw new UsageError(`subscription ${topicFilter}: not a topic filter`);
    }
    if (subscriptions.length && subscribeBytes(subscriptions) > PUBLISH_BYTES_MAX)
      throw new UsageError(`subscriptions: above ${PUBLISH_BYTES_MAX} bytes`);
    this.#connect = {
      protocolLevel: 4,
      clientIdentifier,
      cleanSession: false,
      keepAliveSeconds,
      will,
      userName,
      password,
      properties: NO_PROPERTIES,
      willProperties: NO_PROPERTIES,
    };
    this.#subscriptions = subscriptions;
    this.#subscriptionsGranted = options.subscriptionsGranted;
    this.#backoff = new Backoff(options.backoff ?? { baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS }, random);
    this.#keepAlive = new KeepAlive(keepAliveSeconds);
  }

  get isConnected(): boolean {
    return this.#state === "connected";
  }

  /** Lost, and waiting for the next attempt. */
  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  /** Messages of QoS 1 that the broker has not acknowledged yet. */
  get inflightCount(): number {
    return this.#inflight.length;
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
      this.#sendUnsent();
      writeDisconnect(this.#transmit);
    }
    if (this.#state !== "waiting") this.#events.push({ type: "close" });
    this.#state = "stopped";
    this.#timers.clearAll();
    this.#decoder.reset(4);
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
    this.#decoder.reset(4);
    this.#transmit.clear();
    writeConnect(this.#transmit, this.#connect);
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
    this.#disconnect(reason);
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

  /** Whether `publish` would take a message of this size now. */
  canPublish(topic: string, payloadBytes: number, qos: QoS): boolean {
    if (this.#state !== "connected" || (qos > 0 && this.#inflight.isFull)) return false;
    return publishBytes(topic, payloadBytes, qos, undefined) + TRANSMIT_RESERVE_BYTES <= this.#transmit.free;
  }

  /**
   * Sends a message. With QoS 1 the payload is kept, not copied, until the broker acknowledges it, and sent again after a
   * reconnect. Returns its packet identifier, 0 with QoS 0. Throws a `UsageError` where `canPublish` is false.
   */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1, retain: boolean, nowMs: number): number {
    this.#nowMs = nowMs;
    if (!isTopicName(topic)) throw new UsageError(`publish to ${topic}: not a topic name`);
    const size = publishBytes(topic, payload.length, qos, undefined);
    if (size > PUBLISH_BYTES_MAX)
      throw new UsageError(`publish to ${topic}: ${size} bytes, expected at most ${PUBLISH_BYTES_MAX}`);
    if (!this.canPublish(topic, payload.length, qos))
      throw new UsageError(`publish to ${topic}: not now, see canPublish`);
    if (qos === 0) {
      writePublish(this.#transmit, {
        topic,
        payload,
        qos,
        retain,
        dup: false,
        packetIdentifier: 0,
        properties: undefined,
      });
      this.#keepAlive.handleSent(nowMs);
      return 0;
    }
    const packetIdentifier = this.#inflight.allocateIdentifier();
    this.#inflight.add({ packetIdentifier, topic, payload, qos, retain, sentMs: undefined, dup: false });
    this.#sendUnsent();
    return packetIdentifier;
  }

  /** The message with this identifier is safe: PUBACK. To be called in the order in which the messages came [MQTT-4.6.0-2]. */
  acknowledge(packetIdentifier: number): void {
    if (this.#state !== "connected") return;
    if (this.#transmit.free < ACKNOWLEDGEMENT_BYTES) {
      this.#fail("the broker takes no acknowledgements");
      return;
    }
    writeAcknowledgement(this.#transmit, "puback", packetIdentifier);
    this.#keepAlive.handleSent(this.#nowMs);
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
    if (this.#state === "connected") this.#sendUnsent();
    if (this.#transmit.length === 0) return undefined;
    const bytes = this.#transmit.view();
    this.#transmit.clear();
    return bytes;
  }

  /** When to call `handleTimeout`, in milliseconds of the same clock, or undefined. */
  pollTimeout(): number | undefined {
    return this.#timers.next();
  }

  /**
   * Decodes one packet, unless there is no room for its acknowledgement: then `pollTransmit` has to make some first.
   * "again": it had nothing to tell, or left something in the queue.
   */
  #decodeOne(): SessionEvent | "again" | undefined {
    if (this.#state !== "awaitingConnack" && this.#state !== "connected") return undefined;
    if (this.#transmit.free < ACKNOWLEDGEMENT_BYTES) return undefined;
    try {
      const packet = this.#decoder.next();
      return packet ? this.#handlePacket(packet) : undefined;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof ProtocolError)) throw error;
      this.#fail(error.message);
      return "again";
    }
  }

  #handlePacket(packet: ReceivedPacket): SessionEvent | "again" {
    if (packet.type === "connack") return this.#handleConnack(packet);
    if (this.#state !== "connected") throw new ProtocolError(`${packet.type}: before CONNACK [MQTT-3.2.0-1]`);
    switch (packet.type) {
      case "publish":
        if (packet.qos === 2) throw new ProtocolError("PUBLISH: QoS 2, granted is at most 1 [MQTT-3.8.4-6]");
        return { type: "message", message: packet };
      case "oversizePublish":
        if (packet.qos === 2) throw new ProtocolError("PUBLISH: QoS 2, granted is at most 1 [MQTT-3.8.4-6]");
        if (packet.qos === 1) this.acknowledge(packet.packetIdentifier);
        return { type: "oversize", message: packet };
      case "puback":
        if (!this.#inflight.acknowledge(packet.packetIdentifier)) return "again";
        if (this.#inflight.length === 0) this.#timers.clear("puback");
        return { type: "acknowledged", packetIdentifier: packet.packetIdentifier };
      case "suback":
        return this.#handleSuback(packet);
      case "pingresp":
        this.#keepAlive.handlePingresp();
        this.#timers.set("keepAlive", this.#keepAlive.deadlineMs);
        return "again";
      default:
        throw new ProtocolError(`${packet.type.toUpperCase()}: nothing was sent that it could answer`);
    }
  }

  #handleConnack(connack: Connack): SessionEvent | "again" {
    if (this.#state !== "awaitingConnack") throw new ProtocolError("CONNACK: a second one");
    if (connack.reasonCode !== 0) {
      if (connack.reasonCode !== 3) this.#backoff.refused();
      this.#fail(connackReason(connack.reasonCode, 4));
      return "again";
    }
    this.#state = "connected";
    this.#timers.clear("connack");
    this.#keepAlive.handleConnected(this.#nowMs);
    this.#timers.set("keepAlive", this.#keepAlive.deadlineMs);
    this.#timers.set("stable", this.#nowMs + STABLE_MS);
    this.#inflight.handleConnected(connack.sessionPresent);
    if (!(connack.sessionPresent && this.#subscriptionsGranted)) this.#subscribe();
    return { type: "connected", sessionPresent: connack.sessionPresent };
  }

  #subscribe(): void {
    this.#subscriptionsGranted = false;
    if (this.#subscriptions.length === 0) return;
    this.#subscribeIdentifier = this.#inflight.allocateIdentifier();
    this.#inflight.reserve(this.#subscribeIdentifier);
    writeSubscribe(this.#transmit, this.#subscribeIdentifier, this.#subscriptions);
    this.#keepAlive.handleSent(this.#nowMs);
    this.#timers.set("suback", this.#nowMs + SUBACK_TIMEOUT_MS);
  }

  #handleSuback(suback: Suback): SessionEvent {
    if (this.#subscribeIdentifier === 0 || suback.packetIdentifier !== this.#subscribeIdentifier)
      throw new ProtocolError(`SUBACK: packet identifier ${suback.packetIdentifier}, no SUBSCRIBE has it`);
    if (suback.reasonCodes.length !== this.#subscriptions.length)
      throw new ProtocolError(
        `SUBACK: ${suback.reasonCodes.length} return codes, expected ${this.#subscriptions.length} [MQTT-3.8.4-5]`,
      );
    this.#subscribeIdentifier = 0;
    this.#inflight.release();
    this.#timers.clear("suback");
    this.#subscriptionsGranted = suback.reasonCodes.every((code) => code !== 0x80);
    return { type: "subscribed", granted: this.#subscriptionsGranted };
  }

  /** Sends, in order, what is in flight and has not been sent on this connection, as far as there is room. */
  #sendUnsent(): void {
    for (let entry = this.#inflight.nextToSend(); entry; entry = this.#inflight.nextToSend()) {
      const { topic, payload, qos, retain, dup, packetIdentifier } = entry;
      if (publishBytes(topic, payload.length, qos, undefined) + TRANSMIT_RESERVE_BYTES > this.#transmit.free) return;
      writePublish(this.#transmit, { topic, payload, qos, retain, dup, packetIdentifier, properties: undefined });
      entry.sentMs = this.#nowMs;
      this.#keepAlive.handleSent(this.#nowMs);
      if (!this.#timers.isSet("puback")) this.#timers.set("puback", this.#nowMs + PUBACK_TIMEOUT_MS);
    }
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
      case "puback":
        this.#handlePubackDue();
        break;
      case "keepAlive":
        this.#handleKeepAliveDue();
        break;
      case "stable":
        this.#backoff.reset();
        break;
    }
  }

  /** The timer was set for a message that may have been acknowledged since: look at the oldest one. */
  #handlePubackDue(): void {
    const sentMs = this.#inflight.oldestSentMs;
    if (sentMs === undefined) return;
    if (sentMs + PUBACK_TIMEOUT_MS <= this.#nowMs) this.#fail(`no PUBACK after ${PUBACK_TIMEOUT_MS / 1000} s`);
    else this.#timers.set("puback", sentMs + PUBACK_TIMEOUT_MS);
  }

  #handleKeepAliveDue(): void {
    const isDue = this.#keepAlive.deadlineMs <= this.#nowMs;
    if (isDue && this.#keepAlive.isAwaitingPingresp) {
      this.#fail(`no PINGRESP after ${PINGRESP_TIMEOUT_MS / 1000} s`);
      return;
    }
    if (isDue) {
      writePingreq(this.#transmit);
      this.#keepAlive.handleSent(this.#nowMs);
      this.#keepAlive.handlePingSent(this.#nowMs);
    }
    this.#timers.set("keepAlive", this.#keepAlive.deadlineMs);
  }

  #open(): void {
    this.#state = "opening";
    this.#timers.clear("reconnect");
    this.#timers.set("open", this.#nowMs + OPEN_TIMEOUT_MS);
    this.#events.push({ type: "open" });
  }

  /** This side ends the connection. */
  #fail(reason: string): void {
    this.#events.push({ type: "close" });
    this.#disconnect(reason);
  }

  #disconnect(reason: string): void {
    this.#state = "waiting";
    this.#timers.clearAll();
    this.#decoder.reset(4);
    this.#transmit.clear();
    this.#subscribeIdentifier = 0;
    this.#inflight.release();
    const retryMs = this.#backoff.nextDelayMs();
    this.#timers.set("reconnect", this.#nowMs + retryMs);
    this.#events.push({ type: "disconnected", reason, retryMs });
  }
}
