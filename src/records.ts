/**
 * What every kind of record has in common. A record begins with the version of its kind, a byte below 0x20; the texts that the
 * first firmware wrote begin with no such byte. A record of another version, or one that is damaged, must not keep the device
 * from starting. So whoever opens the store goes through these, which do not throw.
 */
import type { Store } from "./seams.ts";

/** The versions of records begin below this byte, the texts of the first firmware at it. */
export const VERSIONS_END = 0x20;

/** undefined where there is no such record, or the store refuses to read it. */
export function readRecord(store: Store, key: string): Uint8Array | undefined {
  try {
    return store.read(key);
  } catch {
    return undefined;
  }
}

/** False where the store refuses: the record is still there. */
export function removeRecord(store: Store, key: string): boolean {
  try {
    store.remove(key);
    return true;
  } catch {
    return false;
  }
}
