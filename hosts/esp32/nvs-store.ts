import KeyValueStorage, { type Storage } from "embedded:storage/key-value";
import type { Store } from "../../src/seams.ts";

/** The SDK's typings leave out that a key that is not there reads as undefined. */
type Stored = ArrayBuffer | undefined;

/**
 * Records in flash (NVS), one blob each. NVS writes the new value, then the entry that names it, then removes the former,
 * so a power cut leaves one or the other. (The SDK's `preference` erases before it writes, so it will not do.) One byte
 * stands before each value, because NVS keeps no empty blob. Values may be as long as the partition allows: see
 * `partitions.csv`.
 */
export class NvsStore implements Store {
  private readonly storage: Storage;

  /** `space` is NVS's namespace, 1 to 15 characters. */
  constructor(space: string) {
    this.storage = KeyValueStorage.open({ path: space, format: "buffer" });
  }

  read(key: string): Uint8Array | undefined {
    const stored = this.storage.read(key) as Stored;
    return stored && new Uint8Array(stored, 1);
  }

  write(key: string, bytes: Uint8Array): void {
    const stored = new Uint8Array(1 + bytes.length);
    stored.set(bytes, 1);
    this.storage.write(key, stored);
  }

  remove(key: string): void {
    this.storage.delete(key);
  }

  keys(): Iterable<string> {
    return this.storage;
  }
}
