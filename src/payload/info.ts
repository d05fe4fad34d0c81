/**
 * Which firmware runs on a device (topic `/{env}/info/{uid}`, retained), a JSON object.
 *
 * | key | holds |
 * |---|---|
 * | `version` | `major.minor.patch` |
 * | `board` | name of the board |
 * | `takesUpdates` | whether it can be updated |
 */
import { FormatError } from "../errors.ts";
import { encodeUtf8 } from "../utf8.ts";
import { decodeJsonObject } from "./json.ts";

export interface FirmwareInfo {
  readonly version: string;
  readonly board: string;
  readonly takesUpdates: boolean;
}

export function encodeInfo({ version, board, takesUpdates }: FirmwareInfo): Uint8Array {
  return encodeUtf8(JSON.stringify({ version, board, takesUpdates }));
}

/** Throws a `FormatError`. */
export function decodeInfo(payload: Uint8Array): FirmwareInfo {
  const { version, board, takesUpdates } = decodeJsonObject(payload, "info");
  if (typeof version !== "string" || typeof board !== "string" || typeof takesUpdates !== "boolean")
    throw new FormatError("info", 0, "expected version and board as text, takesUpdates as true or false");
  return { version, board, takesUpdates };
}
