import type { GroupCommit, KeyRange } from "./group-commit.ts";

/** A change of one record. Without a value it removes the record. */
export interface RecordChange {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * JSON values in a database. A written value can be read at once, and is on disk when `write` resolves. Memory holds only the values
 * that are being written.
 */
export class Records {
  readonly #database: GroupCommit;
  /** Changes that are being written, by key. */
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

  /** Makes all changes or none. Rejects with the error of the disk; then the former values stay. */
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

  /** The keys on disk, in order. Values that are still being written may be missing. */
  keys(range: KeyRange): AsyncIterable<string> {
    return this.#database.keys(range);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}
