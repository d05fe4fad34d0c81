import type { KeyRange, StationStore } from "./station-store.ts";

/** A change of one record. Without a value it removes the record. */
export interface RecordChange {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * JSON values in the store. A written value can be read at once, and is on disk when `write` resolves. Memory holds only the values that
 * are being written.
 */
export class Records {
  readonly #store: StationStore;
  /** Changes that are being written, by key. */
  readonly #pending = new Map<string, RecordChange>();

  constructor(store: StationStore) {
    this.#store = store;
  }

  get<Value>(key: string): Value | undefined {
    const pending = this.#pending.get(key);
    if (pending) return pending.value as Value | undefined;
    const bytes = this.#store.get(key);
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as Value);
  }

  /** Makes all changes or none. Rejects as `StationStore.write`; then the former values stay. @param isOwed likewise */
  async write(changes: readonly RecordChange[], isOwed = false): Promise<void> {
    for (const change of changes) this.#pending.set(change.key, change);
    try {
      await this.#store.write(
        new Map(
          changes.map(({ key, value }) => [key, value === undefined ? undefined : Buffer.from(JSON.stringify(value))]),
        ),
        isOwed,
      );
    } finally {
      for (const change of changes) if (this.#pending.get(change.key) === change) this.#pending.delete(change.key);
    }
  }

  /** The keys on disk, in order. Values that are still being written may be missing. */
  keys(range: KeyRange): Iterable<string> {
    return this.#store.keys(range);
  }
}
