/**
 * What waits for one client, and what is in flight to it. A packet identifier follows from the sequence number that an entry gets when
 * it is queued, so that sending a message writes nothing to the store.
 */
import type { Message, QoS } from "./message.ts";

export interface Entry {
  readonly sequence: number;
  readonly packetIdentifier: number;
  /** undefined: PUBREC has come. PUBREL is sent until PUBCOMP comes. */
  message: Message | undefined;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[];
  /** It may be said only when this transaction is on the store. */
  gate: number;
  /** It may have been sent before. */
  isDup: boolean;
  readonly queuedMs: number;
}

export type NewEntry = Pick<Entry, "qos" | "retain" | "subscriptionIdentifiers" | "gate"> & {
  readonly message: Message;
};

const IDENTIFIERS = 0xffff;

export class Queue {
  /** All entries by packet identifier, the oldest first. */
  readonly #entries = new Map<number, Entry>();
  /** Not sent on this connection, in order. Those that were removed are skipped. */
  #unsent: Entry[] = [];
  #unsentAt = 0;
  /** Sent on this connection and not finished. */
  readonly #sent = new Set<Entry>();
  #sequence = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get inflight(): number {
    return this.#sent.size;
  }

  /** So many of the oldest may have been sent. */
  get dupCount(): number {
    let count = 0;
    for (const { isDup } of this.#entries.values()) if (isDup) count += 1;
    return count;
  }

  /** All entries, the oldest first. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  add(entry: NewEntry, queuedMs: number): Entry {
    const sequence = this.#nextSequence();
    const packetIdentifier = identifierOf(sequence);
    const added: Entry = { ...entry, sequence, packetIdentifier, isDup: false, queuedMs };
    this.#append(added);
    return added;
  }

  /** An entry from the store. They come in order. */
  restore(entry: Omit<Entry, "packetIdentifier">): void {
    this.#sequence = entry.sequence + 1;
    this.#append({ ...entry, packetIdentifier: identifierOf(entry.sequence) });
  }

  get(packetIdentifier: number): Entry | undefined {
    return this.#entries.get(packetIdentifier);
  }

  isSent(entry: Entry): boolean {
    return this.#sent.has(entry);
  }

  /** The next that has to be sent. undefined: none. */
  nextUnsent(): Entry | undefined {
    for (;;) {
      const entry = this.#unsent[this.#unsentAt];
      if (!entry || this.#entries.get(entry.packetIdentifier) === entry) return entry;
      this.#skip();
    }
  }

  /** What `nextUnsent` gave is sent. */
  handleSent(entry: Entry): void {
    this.#skip();
    this.#sent.add(entry);
  }

  /** PUBREC has come. */
  release(entry: Entry): void {
    this.#bytes -= entry.message?.bytes ?? 0;
    entry.message = undefined;
  }

  remove(entry: Entry): void {
    this.#bytes -= entry.message?.bytes ?? 0;
    this.#entries.delete(entry.packetIdentifier);
    this.#sent.delete(entry);
  }

  /** The connection has ended: what is not finished is sent again on the next one, first and in order [MQTT-4.4.0-1] [MQTT-4.6.0-1]. */
  handleClosed(): void {
    for (const entry of this.#sent) entry.isDup = true;
    this.#sent.clear();
    this.#unsent = [...this.#entries.values()];
    this.#unsentAt = 0;
  }

  #append(entry: Entry): void {
    this.#entries.set(entry.packetIdentifier, entry);
    this.#unsent.push(entry);
    this.#bytes += entry.message?.bytes ?? 0;
  }

  #skip(): void {
    this.#unsentAt += 1;
    if (this.#unsentAt < 64 || this.#unsentAt * 2 < this.#unsent.length) return;
    this.#unsent.splice(0, this.#unsentAt);
    this.#unsentAt = 0;
  }

  /** The next whose identifier nothing holds. The queue is shorter than there are identifiers. */
  #nextSequence(): number {
    while (this.#entries.has(identifierOf(this.#sequence))) this.#sequence += 1;
    const sequence = this.#sequence;
    this.#sequence += 1;
    return sequence;
  }
}

/** Never 0 [MQTT-2.2.1-3]. */
function identifierOf(sequence: number): number {
  return 1 + (sequence % IDENTIFIERS);
}
