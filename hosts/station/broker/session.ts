/** What the broker keeps for one client: subscriptions, messages that wait, identifiers of QoS 2, the will (4.1). */
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import { Alarm } from "./deadlines.ts";
import type { Message, QoS } from "./message.ts";
import { type Entry, Queue } from "./queue.ts";
import {
  encodeEntry,
  encodeInbound,
  encodeSession,
  encodeSubscription,
  encodeWill,
  entryKey,
  inboundKey,
  sessionKey,
  subscriptionKey,
  willKey,
} from "./records.ts";
import type { Subscription } from "./subscription.ts";
import type { Will } from "./will.ts";

const FOR_EVER_SECONDS = 0xffffffff;

export class Session {
  readonly clientIdentifier: string;
  /** In the keys of its records. */
  readonly number: number;
  level: 4 | 5 = 4;
  /** Seconds that it stays when its client is away. */
  expirySeconds = 0;
  connection: Connection | undefined;
  will: Will | undefined;
  /** When the will is published, if the client does not return. Infinity: not at all. */
  willDueMs = Number.POSITIVE_INFINITY;
  /** When it ends, if the client does not return. */
  endsMs = Number.POSITIVE_INFINITY;
  readonly queue = new Queue();
  /** Messages of QoS 2 that came and were not released. */
  readonly inbound = new Set<number>();
  readonly subscriptions = new Map<string, Subscription>();
  /** Topics whose retained message is still to be sent, by filter. */
  readonly retainedOwed = new Map<string, string[]>();
  /** The transaction of its last write. */
  gate = 0;
  /** It has records on the store. */
  isStored = false;
  readonly willAlarm: Alarm;
  readonly endAlarm: Alarm;
  readonly #core: Core;

  constructor(core: Core, clientIdentifier: string, number: number) {
    this.#core = core;
    const { deadlines, sessions } = core;
    this.willAlarm = new Alarm(
      deadlines,
      () => this.willDueMs,
      () => sessions.handleWillDue(this),
    );
    this.endAlarm = new Alarm(
      deadlines,
      () => this.endsMs,
      () => sessions.end(this),
    );
    this.clientIdentifier = clientIdentifier;
    this.number = number;
  }

  /** Writes the session itself. From here on all of it is on the store, if it outlasts its connection. */
  store(): void {
    if (this.expirySeconds > 0) this.isStored = true;
    const { number, level, expirySeconds, queue } = this;
    const record = { number, level, expirySeconds, isConnected: this.connection !== undefined, sent: queue.dupCount };
    this.#put(sessionKey(this.clientIdentifier), encodeSession(record, this.#core.wallSeconds));
  }

  setSubscription(subscription: Subscription): void {
    this.subscriptions.set(subscription.filter, subscription);
    this.#put(subscriptionKey(this.number, subscription.filter), encodeSubscription(subscription));
  }

  deleteSubscription(filter: string): void {
    this.subscriptions.delete(filter);
    this.retainedOwed.delete(filter);
    this.#put(subscriptionKey(this.number, filter), undefined);
  }

  addInbound(packetIdentifier: number): void {
    this.inbound.add(packetIdentifier);
    this.#put(inboundKey(this.number, packetIdentifier), encodeInbound());
  }

  deleteInbound(packetIdentifier: number): boolean {
    if (!this.inbound.delete(packetIdentifier)) return false;
    this.#put(inboundKey(this.number, packetIdentifier), undefined);
    return true;
  }

  setWill(will: Will | undefined): void {
    const hadWill = this.will !== undefined;
    this.will = will;
    this.willDueMs = Number.POSITIVE_INFINITY;
    // A will is on the store even if its session is not: somebody has to be told that the client is gone.
    if (will || hadWill) this.#write(willKey(this.clientIdentifier), will && encodeWill(will));
  }

  /** Whether one more message of this size has room. */
  hasRoom(bytes: number): boolean {
    const { queueMessagesMax, queueBytesMax } = this.#core.limits;
    return this.queue.length < queueMessagesMax && this.queue.bytes + bytes <= queueBytesMax;
  }

  /** Queues a message of QoS 1 or 2. There is room for it. */
  enqueue(message: Message, qos: QoS, retain: boolean, subscriptionIdentifiers: readonly number[]): void {
    const gate = this.isStored ? this.#core.writes.gate : 0;
    const entry = this.queue.add({ message, qos, retain, subscriptionIdentifiers, gate }, this.#core.nowMs);
    if (!this.isStored) return;
    message.refer(this.#core);
    this.#writeEntry(entry);
  }

  /** PUBREC has come: only the identifier is kept. */
  releaseEntry(entry: Entry): void {
    const message = entry.message;
    this.queue.release(entry);
    if (!this.isStored) return;
    message?.release(this.#core);
    this.#writeEntry(entry);
    entry.gate = this.gate;
  }

  removeEntry(entry: Entry): void {
    const message = entry.message;
    this.queue.remove(entry);
    if (!this.isStored) return;
    message?.release(this.#core);
    this.#put(entryKey(this.number, entry.sequence), undefined);
  }

  /** Drops messages that were never sent and are worthless or too old. */
  dropExpired(): void {
    const { nowMs, limits } = this.#core;
    for (const entry of this.queue.entries) {
      const isOld = !entry.message?.isPromised && entry.queuedMs + limits.queueAgeMs <= nowMs;
      if (!entry.isDup && !this.queue.isSent(entry) && (isOld || entry.message?.isExpired(nowMs)))
        this.removeEntry(entry);
    }
  }

  /** Makes room by dropping the oldest that was never sent. Returns whether there is room. */
  makeRoom(bytes: number): boolean {
    for (const entry of this.queue.entries) {
      if (this.hasRoom(bytes)) return true;
      if (entry.message && !entry.message.isPromised && !entry.isDup && !this.queue.isSent(entry))
        this.removeEntry(entry);
    }
    return this.hasRoom(bytes);
  }

  /** When it ends if its client goes away now. */
  endsAt(nowMs: number): number {
    return this.expirySeconds === FOR_EVER_SECONDS ? Number.POSITIVE_INFINITY : nowMs + this.expirySeconds * 1_000;
  }

  /** Removes all its records. */
  erase(): void {
    for (const entry of [...this.queue.entries]) this.removeEntry(entry);
    for (const packetIdentifier of [...this.inbound]) this.deleteInbound(packetIdentifier);
    for (const filter of [...this.subscriptions.keys()]) this.deleteSubscription(filter);
    this.#put(sessionKey(this.clientIdentifier), undefined);
  }

  #writeEntry(entry: Entry): void {
    this.#put(entryKey(this.number, entry.sequence), encodeEntry(entry, this.#core.wallSeconds));
  }

  #put(key: string, bytes: Uint8Array | undefined): void {
    if (this.isStored) this.#write(key, bytes);
  }

  #write(key: string, bytes: Uint8Array | undefined): void {
    this.#core.writes.put(key, bytes);
    this.gate = this.#core.writes.gate;
  }
}
