/**
 * The settings that a device keeps itself, in two copies. A write goes to the older copy, a read takes the newest whole one. So a
 * power cut during a write leaves the former settings or the new ones, even if the store leaves a half-written record.
 *
 * | offset | bytes | a copy |
 * |---|---|---|
 * | 0 | 1 | version |
 * | 1 | 4 | generation: it counts the writes; big-endian |
 * | 5 | 4 | checksum: FNV-1a of all other bytes; big-endian |
 * | 9 | | values: a JSON object of names and values, in UTF-8 |
 *
 * Each version has the first three. So firmware that does not know a version still knows that the copy is whole, and does not
 * overwrite it.
 */
import { fnv1a } from "../fnv.ts";
import { KEPT_SETTINGS_BYTES_MAX } from "../limits.ts";
import { readRecord, removeRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import type { Values } from "./setting.ts";

const VERSION = 1;
const CHECKSUM_OFFSET = 5;
const VALUES_OFFSET = 9;

const COPIES: readonly string[] = Object.freeze(["settings-a", "settings-b"]);

/** The first firmware had one record: the JSON text alone. */
const FORMER_KEY = "settings";

export type KeptValues =
  | { readonly state: "whole"; readonly values: Values }
  /** There are no settings; or no whole ones; or only those of newer firmware. */
  | { readonly state: "none" | "damaged" | "newer" };

/** A record as it was found. Of the damaged ones nothing is known. */
type Copy =
  | { readonly state: "none" | "damaged" }
  | { readonly state: "newer"; readonly generation: number }
  | { readonly state: "whole"; readonly generation: number; readonly values: Values };

export class KeptSettings {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Returns the settings. It does not throw. The record of the first firmware becomes a copy. */
  read(): KeptValues {
    const copies = COPIES.map((key) => decodeCopy(readRecord(this.store, key)));
    const newest = newestOf(copies);
    const record = readRecord(this.store, FORMER_KEY);
    if (newest) {
      // The power failed after the copy was written.
      if (record) removeRecord(this.store, FORMER_KEY);
      return newest;
    }
    const former = valuesOf(record, 0);
    if (former) {
      this.migrate(former);
      return { state: "whole", values: former };
    }
    const is = (state: Copy["state"]) => copies.some((copy) => copy.state === state);
    return { state: is("newer") ? "newer" : is("damaged") || record ? "damaged" : "none" };
  }

  /**
   * Keeps these settings in place of the former ones. Throws what the store throws, and an error if the settings are too large, or
   * if newer firmware has written both copies.
   */
  write(values: Values): void {
    const copies = COPIES.map((key) => decodeCopy(readRecord(this.store, key)));
    const newest = newestOf(copies);
    // Beside a copy of newer firmware there is only the other one.
    const isFree = copies.map((copy) => copy.state !== "newer");
    const older = copies.findIndex((copy, at) => isFree[at] && copy !== newest);
    const key = COPIES[older < 0 ? isFree.indexOf(true) : older];
    if (key === undefined) throw new Error("newer firmware has written the settings; only a reset removes them");
    const generations = copies.map((copy) => ("generation" in copy ? copy.generation : 0));
    this.store.write(key, encodeCopy(values, Math.max(...generations) + 1));
    removeRecord(this.store, FORMER_KEY);
  }

  /** Throws what the store throws. */
  erase(): void {
    for (const key of [FORMER_KEY, ...COPIES]) this.store.remove(key);
  }

  private migrate(values: Values): void {
    try {
      this.write(values);
    } catch {
      // The store takes nothing now. The former record is still there, and holds.
    }
  }
}

/** Returns a copy's bytes. Throws an error if they are more than `KEPT_SETTINGS_BYTES_MAX`. */
export function encodeCopy(values: Values, generation: number): Uint8Array {
  const text = encodeUtf8(JSON.stringify(values));
  const bytes = new Uint8Array(VALUES_OFFSET + text.length);
  if (bytes.length > KEPT_SETTINGS_BYTES_MAX)
    throw new Error(`settings of ${bytes.length} bytes, expected at most ${KEPT_SETTINGS_BYTES_MAX}`);
  bytes.set(text, VALUES_OFFSET);
  bytes[0] = VERSION;
  const view = new DataView(bytes.buffer);
  view.setUint32(1, generation);
  view.setUint32(CHECKSUM_OFFSET, checksumOf(bytes));
  return bytes;
}

/** Reads a copy. Bytes that are none are "damaged". It does not throw. */
export function decodeCopy(bytes: Uint8Array | undefined): Copy {
  if (!bytes) return { state: "none" };
  if (bytes.length < VALUES_OFFSET) return { state: "damaged" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(CHECKSUM_OFFSET) !== checksumOf(bytes)) return { state: "damaged" };
  const generation = view.getUint32(1);
  if ((bytes[0] as number) > VERSION) return { state: "newer", generation };
  const values = valuesOf(bytes, VALUES_OFFSET);
  return values ? { state: "whole", generation, values } : { state: "damaged" };
}

function checksumOf(bytes: Uint8Array): number {
  return fnv1a(bytes.subarray(VALUES_OFFSET), fnv1a(bytes.subarray(0, CHECKSUM_OFFSET)));
}

function newestOf(copies: readonly Copy[]): (Copy & { readonly state: "whole" }) | undefined {
  let newest: (Copy & { readonly state: "whole" }) | undefined;
  for (const copy of copies) if (copy.state === "whole" && copy.generation >= (newest?.generation ?? 0)) newest = copy;
  return newest;
}

/** Returns undefined if the bytes from `offset` on are no JSON object. */
function valuesOf(bytes: Uint8Array | undefined, offset: number): Values | undefined {
  try {
    const values = bytes && JSON.parse(decodeUtf8(bytes, offset, bytes.length, FORMER_KEY));
    return typeof values === "object" && values !== null && !Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}
