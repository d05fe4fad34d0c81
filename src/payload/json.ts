import { FormatError } from "../errors.ts";
import { JSON_DEPTH_MAX } from "../limits.ts";
import { decodeUtf8 } from "../utf8.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Characters of a value that are repeated in the words of a refusal. */
const SHOWN_MAX = 32;

/** What was got, as JSON and cut short, for the words of a refusal. */
export function shownJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}

/**
 * The JSON object in `bytes[start, end)`. Text nested deeper than `JSON_DEPTH_MAX` is refused before it is parsed: a parser
 * that recurses on a small stack would not come back. Throws a `FormatError` with `field` and the offset in `bytes`.
 */
export function decodeJsonObject(bytes: Uint8Array, field: string, start = 0, end = bytes.length): JsonObject {
  const text = decodeUtf8(bytes, start, end, field);
  const deepAt = tooDeepAt(bytes, start, end);
  if (deepAt >= 0) throw new FormatError(field, deepAt, `JSON nested deeper than ${JSON_DEPTH_MAX}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError(field, start, "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FormatError(field, start, `${shownJson(value)}, expected an object`);
  return value as JsonObject;
}

/** Offset of the bracket that nests too deep, brackets in strings not counted; -1 where there is none. */
function tooDeepAt(bytes: Uint8Array, start: number, end: number): number {
  let depth = 0;
  let inString = false;
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > JSON_DEPTH_MAX) return index;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return -1;
}
