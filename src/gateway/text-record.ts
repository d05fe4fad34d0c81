/** Records of text. One that is not what was written is none: it must not keep the device from starting. */
import type { Store } from "../seams.ts";
import { decodeUtf8 } from "../utf8.ts";

/** undefined where there is no such record, or it is not UTF-8. Throws what the store throws. */
export function readText(store: Store, key: string): string | undefined {
  const record = store.read(key);
  try {
    return record && decodeUtf8(record, 0, record.length, key);
  } catch {
    return undefined;
  }
}

/** The value of a record of JSON; undefined where there is none. Throws what the store throws. */
export function readJson(store: Store, key: string): unknown {
  const text = readText(store, key);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
