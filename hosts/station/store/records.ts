import { LRUCache } from "lru-cache";
import { RECORDS_CACHED_BYTES_MAX } from "../shared/limits.ts";
import type { KeyRange, StationStore } from "./station-store.ts";

/** A change of one record. Without a value it removes the record. */
export interface RecordChange {
  readonly key: string;
  readonly value?: unknown;
}

/** What a record takes in memory beside its text, about. */
const RECORD_BYTES = 200;

/** A value as it is on the disk. undefined: there is none. */
interface Kept {
  readonly value: unknown;
}

/**
 * JSON values in the store. A written value can be read at once, and is on disk when `write` resolves. Memory holds the values that are being
 * written, and the last ones that were read or written: a push is looked at several times until its receipts are there. Nobody changes a
 * value that was read.
 */
export class Records {
  readonly #store: StationStore;
  /** Changes that are being written, by key. */
  readonly #pending = new Map<string, RecordChange>();
  readonly #cache = new LRUCache<string, Kept>({ maxSize: RECORDS_CACHED_BYTES_MAX });

  constructor(store: StationStore) {
    this.#store = store;
  }

  get<Value>(key: string): Value | undefined {
    const pending = this.#pending.get(key);
    if (pending) return pending.value as Value | undefined;
    const cached = this.#cache.get(key);
    if (cached) return cached.value as Value | undefined;
    const bytes = this.#store.get(key);
    const value = bytes && (JSON.parse(Buffer.from(bytes).toString()) as Value);
    this.#keep(key, value, bytes);
    return value;
  }

  /** Makes all changes or none. Rejects as `StationStore.write`; then the former values stay. @param isOwed likewise */
  async write(changes: readonly RecordChange[], isOwed = false): Promise<void> {
    const written = new Map<string, Uint8Array | undefined>();
    for (const change of changes) {
      const { key, value } = change;
      this.#pending.set(key, change);
      written.set(key, value === undefined ? undefined : Buffer.from(JSON.stringify(value)));
    }
    try {
      await this.#store.write(written, isOwed);
      for (const { key, value } of changes) this.#keep(key, value, written.get(key));
    } finally {
      for (const change of changes) if (this.#pending.get(change.key) === change) this.#pending.delete(change.key);
    }
  }

  #keep(key: string, value: unknown, bytes: Uint8Array | undefined): void {
    this.#cache.set(key, { value }, { size: key.length + (bytes?.length ?? 0) + RECORD_BYTES });
  }

  /** The keys on disk, in order. Values that are still being written may be missing. */
  keys(range: KeyRange): Iterable<string> {
    return this.#store.keys(range);
  }
}
