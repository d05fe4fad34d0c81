import { FormatError } from "../errors.ts";
import { JSON_DEPTH_MAX } from "../limits.ts";
import { decodeUtf8 } from "../utf8.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object in `bytes`. Text nested deeper than `JSON_DEPTH_MAX` is refused before it is parsed: a parser that
 * recurses on a small stack would not come back. Throws a `FormatError` with `field`.
 */
export function decodeJsonObject(bytes: Uint8Array, field: string): JsonObject {
  const text = decodeUtf8(bytes, 0, bytes.length, field);
  if (depthOf(bytes) > JSON_DEPTH_MAX) throw new FormatError(field, 0, `JSON nested deeper than ${JSON_DEPTH_MAX}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatError(field, 0, "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FormatError(field, 0, "JSON, expected an object");
  return value as JsonObject;
}

/** Deepest nesting of brackets outside strings. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === 0x5c) index += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return deepest;
}
