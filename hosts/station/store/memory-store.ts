import type { Change, RecordStore } from "./record-store.ts";

/** Keeps records until the process ends. */
export class MemoryRecordStore implements RecordStore {
  readonly #records = new Map<string, Uint8Array>();

  records(): Iterable<readonly [string, Uint8Array]> {
    return this.#records;
  }

  write(change: Change): void {
    for (const [key, bytes] of change)
      if (bytes) this.#records.set(key, bytes);
      else this.#records.delete(key);
  }

  close(): void {}
}
