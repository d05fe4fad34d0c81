import { MemoryStore } from "./memory-store.ts";

/** Refuses what would make it larger than so many records, as a full flash does. */
export class SmallStore extends MemoryStore {
  recordsMax = Number.POSITIVE_INFINITY;

  override write(key: string, bytes: Uint8Array): void {
    if (!this.records.has(key) && this.records.size >= this.recordsMax) throw new Error("flash is full");
    super.write(key, bytes);
  }
}
