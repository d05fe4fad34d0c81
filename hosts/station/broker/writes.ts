/**
 * What is to be on the store: the writes of all inputs since the last transaction. There is one transaction after the other. What may
 * be said only when something is on the store has the number of that transaction as its gate.
 */

/** One transaction: all of it is on the store, or nothing. */
export interface Batch {
  /** By key. undefined: the record is removed. */
  readonly writes: ReadonlyMap<string, Uint8Array | undefined>;
}

const KEY_BYTES = 40;

export class Writes {
  #open = new Map<string, Uint8Array | undefined>();
  #openBytes = 0;
  #offered: Map<string, Uint8Array | undefined> | undefined;
  #number = 1;
  #committed = 0;
  #count = 0;
  /** A transaction is wanted, also without a write of ours: the host has something in it. */
  #isWanted = false;

  /** Number of the transaction that collects now. */
  get gate(): number {
    return this.#number;
  }

  /** What has this gate, or a lower one, may be said. */
  get committed(): number {
    return this.#committed;
  }

  /** Grows with each write. */
  get count(): number {
    return this.#count;
  }

  /** What waits for the next transaction. */
  get bytes(): number {
    return this.#openBytes;
  }

  get isIdle(): boolean {
    return this.#open.size === 0 && !this.#isWanted && !this.#offered;
  }

  put(key: string, bytes: Uint8Array | undefined): void {
    this.#open.set(key, bytes);
    this.#openBytes += KEY_BYTES + (bytes?.length ?? 0);
    this.#count += 1;
  }

  /** The host writes something in this transaction. */
  want(): void {
    this.#isWanted = true;
    this.#count += 1;
  }

  remove(key: string): void {
    this.put(key, undefined);
  }

  /** The next transaction. undefined: there is nothing to write, or one is under way. */
  poll(): Batch | undefined {
    if (this.#offered || (this.#open.size === 0 && !this.#isWanted)) return undefined;
    this.#isWanted = false;
    this.#offered = this.#open;
    this.#open = new Map();
    this.#openBytes = 0;
    this.#number += 1;
    return { writes: this.#offered };
  }

  /** The transaction is on the store. */
  handleCommitted(): void {
    if (!this.#offered) return;
    this.#offered = undefined;
    this.#committed = this.#number - 1;
  }

  /** Nothing of the transaction is on the store. It is part of the next one. */
  handleRefused(): void {
    const refused = this.#offered;
    if (!refused) return;
    for (const [key, bytes] of this.#open) refused.set(key, bytes);
    this.#open = refused;
    this.#isWanted = true;
    this.#offered = undefined;
    this.#openBytes = 0;
    for (const bytes of refused.values()) this.#openBytes += KEY_BYTES + (bytes?.length ?? 0);
  }
}
