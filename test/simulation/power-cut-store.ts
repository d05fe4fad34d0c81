/**
 * A store whose power fails at a chosen write, and which may refuse writes. The next life of the device finds the records that were
 * durable when the power failed.
 */
import type { Random, Store } from "../../src/seams.ts";

/** Thrown by the write at which the power fails. What the device does afterwards has no effect. */
export class PowerCut extends Error {}

export class PowerCutStore implements Store {
  readonly #records: Map<string, Uint8Array>;
  readonly #random: Random;
  #untilCut = Number.POSITIVE_INFINITY;
  #untilRefusal = Number.POSITIVE_INFINITY;
  #dead = false;
  #refusals = 0;
  /** Called with each record that has become durable, also in later lives. */
  onDurable: (key: string, bytes: Uint8Array) => void = () => {};

  /** A new record beyond so many is refused, as by a full flash; also in later lives. */
  recordsMax = Number.POSITIVE_INFINITY;

  /** Is told of each write and removal of a record; also of the lives to come. */
  onWrite: (key: string) => void = () => {};

  private constructor(records: Map<string, Uint8Array>, random: Random) {
    this.#records = records;
    this.#random = random;
  }

  static empty(random: Random): PowerCutStore {
    return new PowerCutStore(new Map(), random);
  }

  /** The power has failed. This store and its device are not used any more. */
  get isDead(): boolean {
    return this.#dead;
  }

  get isRefusing(): boolean {
    return this.#untilRefusal <= 0;
  }

  /** How many writes were refused. */
  get refusals(): number {
    return this.#refusals;
  }

  get bytes(): number {
    let total = 0;
    for (const record of this.#records.values()) total += record.length;
    return total;
  }

  /** The power will fail during the `count`-th write from now. The record then has its old or its new value. */
  cutAtWrite(count: number): void {
    this.#untilCut = count;
  }

  /** Refuses the `count`-th write from now and all after it. The power stays on. */
  refuseFromWrite(count: number): void {
    this.#untilRefusal = count;
  }

  /** The power fails now. */
  cut(): void {
    this.#dead = true;
  }

  /** The store of the next life. */
  reborn(): PowerCutStore {
    this.#dead = true;
    const next = new PowerCutStore(new Map(this.#records), this.#random);
    next.onDurable = this.onDurable;
    next.onWrite = this.onWrite;
    next.recordsMax = this.recordsMax;
    return next;
  }

  read(key: string): Uint8Array | undefined {
    return this.#records.get(key)?.slice();
  }

  write(key: string, bytes: Uint8Array): void {
    if (!/^[a-z0-9-]{1,15}$/.test(key)) throw new Error(`store: key ${key}`);
    const isFull = !this.#records.has(key) && this.#records.size >= this.recordsMax;
    if (isFull && !this.#dead) throw new Error("the medium is full");
    this.#change(key, () => {
      this.#records.set(key, bytes.slice());
      this.onDurable(key, bytes);
    });
  }

  remove(key: string): void {
    this.#change(key, () => this.#records.delete(key));
  }

  keys(): readonly string[] {
    return [...this.#records.keys()];
  }

  #change(key: string, apply: () => void): void {
    if (this.#dead) throw new PowerCut("the power has failed");
    this.onWrite(key);
    this.#untilRefusal -= 1;
    if (this.#untilRefusal <= 0) {
      this.#refusals += 1;
      throw new Error("the medium refuses");
    }
    this.#untilCut -= 1;
    if (this.#untilCut <= 0) {
      this.#dead = true;
      if (this.#random() < 0.5) apply();
      throw new PowerCut("the power failed during this write");
    }
    apply();
  }
}
