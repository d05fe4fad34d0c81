import type { Store } from "../../src/seams.ts";

/** Records that end with the process: for a pager that is only looked at, and for tests. */
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
