import type { PictureStore } from "../pager/picture-store.ts";
import type { RunStore } from "../pager/run-store.ts";
import type { Store } from "../seams.ts";

/** The store of the device. Pictures leave it when there is no room for anything else: they can be had again. */
export class YieldingStore implements Store {
  private readonly store: Store;
  private readonly runs: RunStore;
  private readonly pictures: PictureStore;

  /** @param runs writes to the same store, and not through this one @param pictures likewise */
  constructor(store: Store, runs: RunStore, pictures: PictureStore) {
    this.store = store;
    this.runs = runs;
    this.pictures = pictures;
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
        if (!this.pictures.clear() && !this.runs.makeRoom()) throw error;
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
