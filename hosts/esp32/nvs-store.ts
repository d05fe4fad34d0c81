import KeyValueStorage, { type Storage } from "embedded:storage/key-value";
import type { Store } from "../../src/seams.ts";

/** A missing key reads as undefined. The SDK's typings leave this out. */
type Stored = ArrayBuffer | undefined;

/**
 * Records in flash (NVS), one blob each. NVS writes the new value, then the entry that names it, and then removes the
 * former value. So a power cut leaves one or the other. The SDK's `preference` is not used, because it erases before it
 * writes. One byte is put before each value, because NVS stores no empty blob. The partition limits the length of
 * values: see `partitions.csv`.
 */
export class NvsStore implements Store {
  private readonly storage: Storage;

  /** @param space NVS's namespace, 1 to 15 characters */
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
