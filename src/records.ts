/**
 * What all kinds of records share. A record begins with the version of its kind, a byte below 0x20. The texts that the first
 * firmware wrote begin with a higher byte. A damaged record, or one of another version, must not keep the device from
 * starting. So whoever opens the store calls these functions, which do not throw.
 */
import type { Store } from "./seams.ts";

/** The version byte of a record is below this. The texts of the first firmware begin with this byte or a higher one. */
export const VERSIONS_END = 0x20;

/** Returns undefined where there is no such record or the store refuses to read it. */
export function readRecord(store: Store, key: string): Uint8Array | undefined {
  try {
    return store.read(key);
  } catch {
    return undefined;
  }
}

/** Returns false where the store refuses. The record is still there then. */
export function removeRecord(store: Store, key: string): boolean {
  try {
    store.remove(key);
    return true;
  } catch {
    return false;
  }
}
