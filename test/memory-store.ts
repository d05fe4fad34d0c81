import type { Store } from "../src/seams.ts";

/** A store in memory that counts its writes and, on demand, refuses them. */
export class MemoryStore implements Store {
  readonly records = new Map<string, Uint8Array>();
  writes = 0;
  isFailing = false;

  read(key: string): Uint8Array | undefined {
    return this.records.get(key)?.slice();
  }

  write(key: string, bytes: Uint8Array): void {
    if (!/^[a-z0-9-]{1,15}$/.test(key)) throw new Error(`key ${key}: expected 1 to 15 characters of a-z 0-9 -`);
    if (this.isFailing) throw new Error("flash is full");
    this.writes += 1;
    this.records.set(key, bytes.slice());
  }

  remove(key: string): void {
    if (this.isFailing) throw new Error("flash is full");
    this.records.delete(key);
  }

  keys(): readonly string[] {
    return [...this.records.keys()];
  }
}
