/** A message that the broker has taken. It is kept once, however many queues hold it. */
import type { Core } from "./core.ts";
import { encodeMessage, messageKey } from "./records.ts";

export type QoS = 0 | 1 | 2;

/** Bytes that a message takes beside topic, payload and properties. */
const OVERHEAD_BYTES = 64;

export interface MessageContent {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** As it was published. */
  readonly qos: QoS;
  readonly retain: boolean;
  /** Properties that receivers get, as their publisher sent them. */
  readonly forwarded: Uint8Array;
  /** When it is worthless, in milliseconds of `nowMs`. Infinity: never. */
  readonly expiresMs: number;
  /** The host has promised it: no queue drops it for room or age. A queue without room refuses it. */
  readonly isPromised?: boolean;
}

export class Message implements MessageContent {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly forwarded: Uint8Array;
  readonly expiresMs: number;
  readonly isPromised: boolean;
  /** In its record's key. */
  readonly number: number;
  readonly bytes: number;
  /** The transaction of its record. 0: it has none. */
  gate = 0;
  /** Records that name it. Its own record is there while there are any. */
  #references = 0;

  constructor(number: number, content: MessageContent) {
    this.number = number;
    this.topic = content.topic;
    this.payload = content.payload;
    this.qos = content.qos;
    this.retain = content.retain;
    this.forwarded = content.forwarded;
    this.expiresMs = content.expiresMs;
    this.isPromised = content.isPromised === true;
    this.bytes = OVERHEAD_BYTES + content.topic.length + content.payload.length + content.forwarded.length;
  }

  /** Seconds until it is worthless, at least 1. undefined: never [MQTT-3.3.2-6]. */
  secondsLeft(nowMs: number): number | undefined {
    return this.expiresMs === Number.POSITIVE_INFINITY
      ? undefined
      : Math.max(1, Math.ceil((this.expiresMs - nowMs) / 1_000));
  }

  isExpired(nowMs: number): boolean {
    return this.expiresMs <= nowMs;
  }

  /** One more record names it. */
  refer(core: Core): void {
    this.#references += 1;
    if (this.#references > 1) return;
    core.keptBytes += this.bytes;
    core.writes.put(messageKey(this.number), encodeMessage(this, core.nowMs, core.wallSeconds));
    this.gate = core.writes.gate;
  }

  /** A record names it no more. */
  release(core: Core): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    core.keptBytes -= this.bytes;
    core.writes.remove(messageKey(this.number));
  }

  /** A record that was there at the start names it. */
  handleRestored(core: Core): void {
    this.#references += 1;
    if (this.#references === 1) core.keptBytes += this.bytes;
  }

  get isReferred(): boolean {
    return this.#references > 0;
  }
}
