/**
 * The pushes of the station in its store. Memory holds only what is still to be published, so that it does not grow with the
 * history.
 *
 * | key | holds |
 * |---|---|
 * | `p/<id>` | the push with its progress |
 * | `d/<id>/<device>` | what became of it there |
 * | `o/<id>/<device>` | open: not yet handed to the broker |
 * | `k/<account>/<key>` | the idempotency key: which push, of which request |
 * | `t/<time>/<account>/<key>` | the same in the order of time, to be forgotten |
 * | `c/<account>` | how many pushes of it are kept |
 */

import { IDEMPOTENCY_KEY_MS } from "../shared/limits.ts";
import { type Delivery, isClockSet, type Push } from "../shared/push.ts";
import { type RecordChange, Records } from "../store/records.ts";
import type { StationStore } from "../store/station-store.ts";
import type { StoreHealth } from "../store/store-health.ts";

/** The push of an idempotency key. */
export interface KeptKey {
  readonly id: string;
  /** A digest of the request. It tells another request with the same key. */
  readonly requestHash: string;
}

/** A delivery that is still to be published. */
export interface OpenDelivery {
  readonly id: string;
  readonly device: string;
  /** In milliseconds of `performance.now()`: a clock that is set right expires nothing. */
  readonly expiresMs?: number;
}

/** Sorts after every key that begins with the prefix and a slash. */
const AFTER_SLASH = "0";
/** The share of pushes that is removed at once when there is no room. Finding the oldest ones takes time. */
const LEAVING_SHARE = 100;
/** The share of the history that the pushes of one account may take. */
const ACCOUNT_SHARE = 1 / 4;
const TIME_DIGITS = 15;
/** Ids that are given before others have their turn. */
const IDS_A_TURN = 500;

export class PushStore {
  readonly health: StoreHealth;
  readonly #records: Records;
  readonly #max: number;
  /** By push: how many of its deliveries are open. */
  readonly #openOf = new Map<string, number>();
  /** By account: how many of its deliveries are open. */
  readonly #openOfAccount = new Map<string, number>();
  #open: OpenDelivery[] = [];
  #size = 0;

  constructor(store: StationStore, max: number) {
    this.health = store.health;
    this.#records = new Records(store);
    this.#max = max;
    this.#load();
  }

  /** Pushes that are kept. */
  get size(): number {
    return this.#size;
  }

  /** The deliveries that a former run has not published, oldest first. Gives them once. */
  takeOpen(): readonly OpenDelivery[] {
    const open = this.#open;
    this.#open = [];
    return open;
  }

  get(id: string): Push | undefined {
    return this.#records.get<Push>(`p/${id}`);
  }

  delivery(id: string, device: string): Delivery | undefined {
    return this.#records.get<Delivery>(`d/${id}/${device}`);
  }

  /** By device, at most `max`. */
  deliveries(id: string, max: number): readonly Delivery[] {
    const found: Delivery[] = [];
    for (const key of this.#records.keys({ ...rangeOf(`d/${id}`), limit: max })) {
      const delivery = this.#records.get<Delivery>(key);
      if (delivery) found.push(delivery);
    }
    return found;
  }

  /** Pushes, newest first; with `before` those that are older than that id. */
  list(max: number, before?: string): readonly Push[] {
    const range = rangeOf("p");
    const found: Push[] = [];
    const lt = before === undefined ? range.lt : `p/${before}`;
    for (const key of this.#records.keys({ gte: range.gte, lt, reverse: true, limit: max })) {
      const push = this.#records.get<Push>(key);
      if (push) found.push(push);
    }
    return found;
  }

  /** The ids of all pushes, oldest first. Others have their turn between them. */
  async *ids(): AsyncGenerator<string> {
    let count = 0;
    for (const key of this.#records.keys(rangeOf("p"))) {
      yield key.slice(2);
      count += 1;
      if (count % IDS_A_TURN === 0) await nextTurn();
    }
  }

  /** The push of this key of this account, while the key is remembered. */
  key(account: string, key: string): KeptKey | undefined {
    return this.#records.get<KeptKey>(`k/${account}/${key}`);
  }

  /** Keeps a new push with its deliveries and its key. Resolves when it is on disk. */
  async add(push: Push, deliveries: readonly Delivery[], key?: KeptKey & { readonly key: string }): Promise<void> {
    const changes: RecordChange[] = [{ key: `p/${push.id}`, value: push }];
    for (const delivery of deliveries) {
      changes.push(
        { key: `d/${push.id}/${delivery.device}`, value: delivery },
        { key: `o/${push.id}/${delivery.device}`, value: 0 },
      );
    }
    if (key) {
      const { id, requestHash } = key;
      const name = `${push.sender}/${key.key}`;
      changes.push(
        { key: `k/${name}`, value: { id, requestHash } },
        { key: timeKey(push.acceptedAtMs, name), value: 0 },
      );
    }
    changes.push({ key: `c/${push.sender}`, value: this.#countOf(push.sender) + 1 });
    this.#size += 1;
    add(this.#openOf, push.id, deliveries.length);
    add(this.#openOfAccount, push.sender, deliveries.length);
    try {
      await this.#records.write(changes);
    } catch (error) {
      this.#size -= 1;
      this.#openOf.delete(push.id);
      add(this.#openOfAccount, push.sender, -deliveries.length);
      throw error;
    }
  }

  /** Stores a changed delivery. `isClosed`: it need not be published any more. `isOwed`: see `StationStore.write`. */
  async change(push: Push, delivery: Delivery, isClosed: boolean, isOwed = false): Promise<void> {
    const changes: RecordChange[] = [
      { key: `p/${push.id}`, value: push },
      { key: `d/${push.id}/${delivery.device}`, value: delivery },
    ];
    if (isClosed) changes.push({ key: `o/${push.id}/${delivery.device}` });
    await this.#records.write(changes, isOwed);
    if (!isClosed) return;
    // It is counted when it is on disk. A failed write is tried again, and would be counted twice.
    add(this.#openOf, push.id, -1);
    add(this.#openOfAccount, push.sender, -1);
  }

  /** Deliveries of this account's pushes that are open. */
  openOf(account: string): number {
    return this.#openOfAccount.get(account) ?? 0;
  }

  /**
   * Removes the oldest pushes that need not be published any more, if there is no room for one more. `full`: all of them are still to be
   * published. `ownFull`: all of this account are. @param account whose pushes may take only a share of the history
   */
  async makeRoom(account: string | undefined): Promise<"free" | "full" | "ownFull"> {
    const share = Math.max(1, this.#max * ACCOUNT_SHARE);
    if (account !== undefined && this.#countOf(account) >= share) {
      await this.#forgetOldest((id) => this.get(id)?.sender === account);
      if (this.#countOf(account) >= share) return "ownFull";
    }
    if (this.#size >= this.#max) await this.#forgetOldest(() => true);
    return this.#size < this.#max ? "free" : "full";
  }

  async #forgetOldest(isLeaving: (id: string) => boolean): Promise<void> {
    const leaving: string[] = [];
    for await (const id of this.ids()) {
      if (!this.#openOf.has(id) && isLeaving(id)) leaving.push(id);
      if (leaving.length > this.#max / LEAVING_SHARE) break;
    }
    for (const id of leaving) await this.#forget(id);
  }

  #countOf(account: string): number {
    return this.#records.get<number>(`c/${account}`) ?? 0;
  }

  /** Forgets idempotency keys that are older than the promised time. */
  async forgetKeys(nowMs: number): Promise<void> {
    const { gte } = rangeOf("t");
    const changes: RecordChange[] = [];
    for (const key of this.#records.keys({ gte, lt: timeKey(nowMs - IDEMPOTENCY_KEY_MS, "") }))
      changes.push({ key }, { key: `k/${key.slice(2 + TIME_DIGITS + 1)}` });
    if (changes.length > 0) await this.#records.write(changes);
  }

  async #forget(id: string): Promise<void> {
    const changes: RecordChange[] = [{ key: `p/${id}` }];
    for (const key of this.#records.keys(rangeOf(`d/${id}`))) changes.push({ key });
    const push = this.get(id);
    if (!push) return;
    this.#size -= 1;
    changes.push({ key: `c/${push.sender}`, value: Math.max(0, this.#countOf(push.sender) - 1) });
    await this.#records.write(changes);
  }

  #load(): void {
    for (const _key of this.#records.keys(rangeOf("p"))) this.#size += 1;
    for (const key of this.#records.keys(rangeOf("o"))) {
      const [, id = "", device = ""] = key.split("/");
      const push = this.get(id);
      this.#open.push({ id, device, ...(push && expiringAt(push, Date.now())) });
      add(this.#openOf, id, 1);
    }
    for (const [id, count] of this.#openOf) add(this.#openOfAccount, this.get(id)?.sender ?? "", count);
  }
}

/** Adds to a count. One of 0 is not kept. */
function add(counts: Map<string, number>, key: string, count: number): void {
  const sum = (counts.get(key) ?? 0) + count;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}

/** Resolves when what else waits has had its turn of the loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * When a push expires: whole seconds after its time stamp, as devices count. One that was accepted before the clock was set has its whole
 * life before it.
 */
export function expiringAt({ acceptedAtMs, expirySeconds }: Push, nowMs: number): Pick<OpenDelivery, "expiresMs"> {
  if (expirySeconds === undefined) return {};
  const ageMs = isClockSet(acceptedAtMs) ? nowMs - Math.floor(acceptedAtMs / 1_000) * 1_000 : 0;
  return { expiresMs: performance.now() + expirySeconds * 1_000 - ageMs };
}

function rangeOf(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: `${prefix}/`, lt: `${prefix}${AFTER_SLASH}` };
}

function timeKey(atMs: number, name: string): string {
  return `t/${String(Math.max(0, atMs)).padStart(TIME_DIGITS, "0")}/${name}`;
}
