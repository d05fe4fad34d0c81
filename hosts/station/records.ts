import type { GroupCommit, KeyRange } from "./group-commit.ts";

/** One record to be written; without a value it is removed. */
export interface RecordChange {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * Values as JSON in a database: what was asked to be written is seen at once, and is on disk when `write` resolves. Only
 * what is on its way to the disk is kept in memory.
 */
export class Records {
  readonly #database: GroupCommit;
  /** By key; a change without a value is a removal. */
  readonly #pending = new Map<string, RecordChange>();

  constructor(database: GroupCommit) {
    this.#database = database;
  }

  get<Value>(key: string): Value | undefined {
    const pending = this.#pending.get(key);
    if (pending) return pending.value as Value | undefined;
    const bytes = this.#database.getNow(key);
    return bytes && (JSON.parse(bytes.toString()) as Value);
  }

  /** All of them or none. Rejects with the error of the disk; what was there before then still stands. */
  async write(changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) this.#pending.set(change.key, change);
    try {
      await this.#database.batch(
        changes.map(({ key, value }) =>
          value === undefined ? { type: "del", key } : { type: "put", key, value: Buffer.from(JSON.stringify(value)) },
        ),
      );
    } finally {
      for (const change of changes) if (this.#pending.get(change.key) === change) this.#pending.delete(change.key);
    }
  }

  /** Keys on disk, in their order. What is still on its way to the disk may be missing. */
  keys(range: KeyRange): AsyncIterable<string> {
    return this.#database.keys(range);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
