import type { Level } from "level";
import type { Database, Operation } from "./database.ts";
import { StoreFailed, StoreHealth } from "./store-health.ts";

/** Keys from `gte` up to `lt`; backwards with `reverse`; at most `limit` of them. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A level database whose writes are durable when they resolve, and resolve in the order of the calls. Writes that come while the disk
 * is busy are written together: one fsync serves many messages.
 *
 * Level itself does not sync by default and keeps no order: two writes run in two threads.
 */
export class GroupCommit implements Database {
  readonly #level: Level<string, Buffer>;
  readonly #health: StoreHealth;
  #operations: Operation[] = [];
  #waiters: Waiter[] = [];
  #running: Promise<void> | undefined;

  /**
   * The database must be open, with `valueEncoding: "buffer"`. After a failed write all others reject with a `StoreFailed`.
   * @param health shared by stores that end together
   */
  constructor(level: Level<string, Buffer>, health = new StoreHealth()) {
    this.#level = level;
    this.#health = health;
  }

  /** Reads in this thread: two reads asked for in order are answered in order too, and what is hot is in memory. */
  async get(key: string): Promise<Buffer | undefined> {
    return this.getNow(key);
  }

  getNow(key: string): Buffer | undefined {
    return this.#level.getSync(key);
  }

  put(key: string, value: Buffer): Promise<void> {
    return this.#add([{ type: "put", key, value }]);
  }

  del(key: string): Promise<void> {
    return this.#add([{ type: "del", key }]);
  }

  /** Does all operations or none. Without operations it gives a chain with `del` and `write`, as in abstract-level. */
  batch(operations: readonly Operation[]): Promise<void>;
  batch(): { del(key: string): void; write(): Promise<void> };
  batch(operations?: readonly Operation[]): unknown {
    if (operations) return this.#add(operations);
    const chain: Operation[] = [];
    return {
      del: (key: string) => void chain.push({ type: "del", key }),
      write: () => this.#add(chain),
    };
  }

  async clear(range: KeyRange): Promise<void> {
    await this.#running;
    const operations: Operation[] = [];
    for await (const key of this.keys(range)) operations.push({ type: "del", key });
    if (operations.length > 0) await this.#add(operations);
  }

  values(range: KeyRange): AsyncIterable<Buffer> {
    return this.#level.values(range);
  }

  keys(range: KeyRange): AsyncIterable<string> {
    return this.#level.keys(range);
  }

  /** Finishes all writes and closes the database. */
  async close(): Promise<void> {
    while (this.#running) await this.#running;
    await this.#level.close();
  }

  #add(operations: readonly Operation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      // Operations of a push to everyone are too many for the arguments of one call.
      for (const operation of operations) this.#operations.push(operation);
      this.#waiters.push({ resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const operations = this.#operations;
      const waiters = this.#waiters;
      this.#operations = [];
      this.#waiters = [];
      try {
        this.#health.require();
        await this.#level.batch(operations, { sync: true });
        for (const waiter of waiters) waiter.resolve();
      } catch (error) {
        if (this.#level.status === "open") this.#health.fail(error);
        const { failure } = this.#health;
        const told = failure === undefined ? error : new StoreFailed(failure);
        for (const waiter of waiters) waiter.reject(told);
      }
    }
    this.#running = undefined;
  }
}
