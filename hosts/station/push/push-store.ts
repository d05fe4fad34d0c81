/**
 * The pushes of the station in its store, each from its acceptance until every recipient has it, and in the history after that. A push to
 * ten thousand devices is written as one to a single device is: what nothing has happened to has no record of its own.
 *
 * | key | holds |
 * |---|---|
 * | `p/<id>` | the push with its progress |
 * | `r/<id>` | its recipients, sorted. Pushes of a former version have none: their deliveries name them |
 * | `d/<id>/<device>` | what became of it there. No record: the device lacks it |
 * | `a/<id>` | requests that belong to its choices, if there are any |
 * | `o/<id>` | open: a device may lack it |
 * | `k/<account>/<key>` | the idempotency key: which push, of which request |
 * | `t/<time>/<account>/<key>` | the same in the order of time, to be forgotten |
 * | `c/<account>` | how many pushes of it are kept |
 */
import { PRIORITY_DEFAULT } from "../../../src/payload/content.ts";
import { DELIVERY_AGE_MS, IDEMPOTENCY_KEY_MS } from "../shared/limits.ts";
import { type Delivery, dueAtMs, isClockSet, type Push } from "../shared/push.ts";
import { type RecordChange, Records } from "../store/records.ts";
import type { StationStore } from "../store/station-store.ts";
import type { StoreHealth } from "../store/store-health.ts";
import { OpenDeliveries, type OpenPush } from "./open-deliveries.ts";
import type { PushCall } from "./push-call.ts";

/** The push of an idempotency key. */
export interface KeptKey {
  readonly id: string;
  /** A digest of the request. It tells another request with the same key. */
  readonly requestHash: string;
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
  /** What devices lack, as it is on disk. */
  readonly open = new OpenDeliveries();
  /** By account: how many of its deliveries are open, those of pushes that are being written among them. */
  readonly #openOfAccount = new Map<string, number>();
  /** Pushes that nobody lacks any more, whose record of that goes with the next write. */
  #closed: string[] = [];
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

  get(id: string): Push | undefined {
    return this.#records.get<Push>(`p/${id}`);
  }

  /** Requests that belong to its choices. */
  callsOf(id: string): readonly PushCall[] {
    return this.#records.get<readonly PushCall[]>(`a/${id}`) ?? [];
  }

  /** What became of it at this device. undefined: it is no recipient. */
  delivery(id: string, device: string): Delivery | undefined {
    return this.#happened(id, device) ?? (this.open.has(id, device) ? nothingYet(device) : undefined);
  }

  /** By device, at most `max`. */
  deliveries(id: string, max: number): readonly Delivery[] {
    const recipients = this.recipients(id, max);
    return recipients.map((device) => this.#happened(id, device) ?? nothingYet(device));
  }

  /** Sorted, at most `max`. */
  recipients(id: string, max = Number.POSITIVE_INFINITY): readonly string[] {
    const recipients = this.#records.get<readonly string[]>(`r/${id}`);
    if (recipients) return recipients.slice(0, max);
    const prefix = `d/${id}`;
    return [...this.#records.keys({ ...rangeOf(prefix), limit: max })].map((key) => key.slice(prefix.length + 1));
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

  /** Keeps a new push with its recipients and its key. Resolves when it is on disk. */
  async add(
    push: Push,
    devices: readonly string[],
    key?: KeptKey & { readonly key: string },
    calls: readonly PushCall[] = [],
  ): Promise<void> {
    const changes: RecordChange[] = [
      { key: `p/${push.id}`, value: push },
      { key: `r/${push.id}`, value: devices.toSorted() },
      { key: `o/${push.id}`, value: 0 },
    ];
    if (calls.length > 0) changes.push({ key: `a/${push.id}`, value: calls });
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
    add(this.#openOfAccount, push.sender, devices.length);
    try {
      await this.#write(changes);
    } catch (error) {
      this.#size -= 1;
      add(this.#openOfAccount, push.sender, -devices.length);
      throw error;
    }
    this.open.add(openPush(push, push.acceptedAtMs), devices);
  }

  /**
   * Stores what has happened at a device. With that it lacks the push no more. `isOwed`: see `StationStore.write`.
   * @param further goes into the same transaction
   */
  async change(push: Push, delivery: Delivery, isOwed = false, further: readonly RecordChange[] = []): Promise<void> {
    const { id } = push;
    const { device } = delivery;
    const changes: RecordChange[] = [
      { key: `p/${id}`, value: push },
      { key: `d/${id}/${device}`, value: delivery },
      ...further,
    ];
    await this.#write(changes, isOwed);
    if (!this.open.has(id, device)) return;
    this.open.close(id, device);
    add(this.#openOfAccount, push.sender, -1);
    if (!this.open.isOpen(id)) this.#closed.push(id);
  }

  /** What says that a push is closed is no promise: without it the next start finds so. */
  async #write(changes: readonly RecordChange[], isOwed = false): Promise<void> {
    const closed = this.#closed;
    this.#closed = [];
    try {
      await this.#records.write([...changes, ...closed.map((id) => ({ key: `o/${id}` }))], isOwed);
    } catch (error) {
      this.#closed.push(...closed);
      throw error;
    }
  }

  #happened(id: string, device: string): Delivery | undefined {
    return this.#records.get<Delivery>(`d/${id}/${device}`);
  }

  /** Deliveries of this account's pushes that are open. */
  openOf(account: string): number {
    return this.#openOfAccount.get(account) ?? 0;
  }

  /**
   * Removes the oldest pushes that nobody lacks any more, if there is no room for one more. `full`: there is none. `ownFull`: all of this
   * account are open. @param account whose pushes may take only a share of the history
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
      if (!this.open.isOpen(id) && isLeaving(id)) leaving.push(id);
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
    const changes: RecordChange[] = [{ key: `p/${id}` }, { key: `r/${id}` }, { key: `a/${id}` }, { key: `o/${id}` }];
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
      const id = key.slice(2);
      const push = this.get(id);
      const prefix = `d/${id}`;
      const happened = new Set(this.#records.keys(rangeOf(prefix)));
      const devices = push ? this.recipients(id).filter((device) => !happened.has(`${prefix}/${device}`)) : [];
      if (!push || devices.length === 0) {
        this.#closed.push(id);
        continue;
      }
      this.open.add(openPush(push, Date.now()), devices);
      add(this.#openOfAccount, push.sender, devices.length);
    }
  }
}

function nothingYet(device: string): Delivery {
  return { device, state: "accepted", receipts: [] };
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

/** @param nowMs of the wall clock */
function openPush(push: Push, nowMs: number): OpenPush {
  const { id, collapseKey, priority = PRIORITY_DEFAULT } = push;
  const dueMs = dueMsOf(push, nowMs);
  return { id, collapseKey, priority, dueMs, expiresMs: expiringMsOf(push, dueMs) };
}

/**
 * When a push is due, in milliseconds of `performance.now()`: at its time stamp, which has whole seconds. One that was accepted before the
 * clock was set has its whole delay before it.
 */
function dueMsOf(push: Push, nowMs: number): number {
  const atMs = isClockSet(push.acceptedAtMs)
    ? Math.floor(dueAtMs(push) / 1_000) * 1_000
    : nowMs + dueAtMs(push) - push.acceptedAtMs;
  return performance.now() + atMs - nowMs;
}

/** When it expires: whole seconds after its time stamp, as devices count, and at the latest after `DELIVERY_AGE_MS`. */
function expiringMsOf({ expirySeconds = Number.POSITIVE_INFINITY }: Push, dueMs: number): number {
  return dueMs + Math.min(expirySeconds * 1_000, DELIVERY_AGE_MS);
}

function rangeOf(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: `${prefix}/`, lt: `${prefix}${AFTER_SLASH}` };
}

function timeKey(atMs: number, name: string): string {
  return `t/${String(Math.max(0, atMs)).padStart(TIME_DIGITS, "0")}/${name}`;
}
