import type { RunStore } from "../pager/run-store.ts";
import type { Store } from "../seams.ts";

/** The store of the device. The pictures of text leave it when there is no room for anything else: they can be had again. */
export class YieldingStore implements Store {
  private readonly store: Store;
  private readonly runs: RunStore;

  /** @param runs writes to the same store, and not through this one */
  constructor(store: Store, runs: RunStore) {
    this.store = store;
    this.runs = runs;
  }

  read(key: string): Uint8Array | undefined {
    return this.store.read(key);
  }

  write(key: string, bytes: Uint8Array): void {
    for (;;) {
      try {
        this.store.write(key, bytes);
        return;
      } catch (error) {
        if (!this.runs.makeRoom()) throw error;
      }
    }
  }

  remove(key: string): void {
    this.store.remove(key);
  }

  keys(): Iterable<string> {
    return this.store.keys();
  }
}
