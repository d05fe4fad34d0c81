/** Records of text: one byte of version, then UTF-8. The first firmware wrote no version. */
import { readRecord, VERSIONS_END } from "../records.ts";
import type { Store } from "../seams.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";

const VERSION = 1;

/** Returns undefined where there is no such record, or it is damaged. */
export function readText(store: Store, key: string): string | undefined {
  const record = readRecord(store, key);
  const version = record?.[0] ?? VERSIONS_END;
  if (!record || (version < VERSIONS_END && version !== VERSION)) return undefined;
  try {
    return decodeUtf8(record, version === VERSION ? 1 : 0, record.length, key);
  } catch {
    return undefined;
  }
}

/** Returns the value of a JSON record. undefined where there is no such record, or it is damaged. */
export function readJson(store: Store, key: string): unknown {
  const text = readText(store, key);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws what the store throws. */
export function writeText(store: Store, key: string, text: string): void {
  store.write(key, encodeUtf8(String.fromCharCode(VERSION) + text));
}
