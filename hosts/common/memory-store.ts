import type { Store } from "../../src/seams.ts";

/** Keeps records in memory until the process ends: for a preview, and for tests. */
export class MemoryStore implements Store {
  readonly #records = new Map<string, Uint8Array>();

  read(key: string): Uint8Array | undefined {
    return this.#records.get(key)?.slice();
  }

  write(key: string, bytes: Uint8Array): void {
    this.#records.set(key, bytes.slice());
  }

  remove(key: string): void {
    this.#records.delete(key);
  }

  keys(): readonly string[] {
    return [...this.#records.keys()];
  }
}
