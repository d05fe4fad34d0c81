/**
 * Presence (wire format, table 4).
 *
 * | byte | bits 7-6 | bits 5-4 | bits 3-0 |
 * |---|---|---|---|
 * | 1 | Type: 1 basic, 2 detailed | Flag: 1 standard status, 2 custom status | Status |
 * | 2… | Context, UTF-8 to the end of the payload, written with Type 2 only | | |
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { FormatError, UsageError } from "../errors.ts";
import { PRESENCE_CONTEXT_BYTES_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";

export const PRESENCE_STATUS = Object.freeze({
  online: 1,
  offline: 2,
  busy: 3,
  away: 4,
  asleep: 5,
  custom: 15,
} as const);

export interface Presence {
  /** 1 to 15. 6 to 14 have no meaning yet and are kept as they came. */
  readonly status: number;
  /** Empty with Type 1. */
  readonly context: string;
}

/**
 * The presence of a device that sleeps. Its Context is the time at which the device wakes, in decimal digits. A sender without a clock
 * leaves it out.
 * @param untilSeconds since 1970-01-01T00:00:00Z
 */
export function asleepUntil(untilSeconds: number | undefined): Presence {
  const context = untilSeconds === undefined ? "" : String(Math.round(untilSeconds));
  return { status: PRESENCE_STATUS.asleep, context };
}

/** When a sleeping device wakes, in seconds since 1970. undefined: it does not sleep, or its presence does not say when. */
export function wakeSecondsOf({ status, context }: Presence): number | undefined {
  return status === PRESENCE_STATUS.asleep && /^\d{1,10}$/.test(context) ? Number(context) : undefined;
}

/**
 * Writes one byte without a Context, and Type 2 with a Context. Throws a `UsageError` for a status or a Context out of range.
 */
export function encodePresence({ status, context }: Presence): Uint8Array {
  if (!Number.isInteger(status) || status < 1 || status > 15)
    throw new UsageError(`presence: status ${status}, expected 1 to 15`);
  const contextBytes = utf8Length(context);
  if (contextBytes > PRESENCE_CONTEXT_BYTES_MAX)
    throw new UsageError(`presence: Context of ${contextBytes} bytes, expected at most ${PRESENCE_CONTEXT_BYTES_MAX}`);
  const writer = new ByteWriter(1 + contextBytes);
  const type = context === "" ? 1 : 2;
  const flag = status === PRESENCE_STATUS.custom ? 2 : 1;
  writer.uint8((type << 6) | (flag << 4) | status);
  writer.text(context);
  return writer.view();
}

/** Throws a `FormatError` with the field and its offset. A Context after Type 1 is ignored. */
export function decodePresence(payload: Uint8Array): Presence {
  const reader = new ByteReader(payload);
  const byte = reader.uint8("presence");
  const type = byte >> 6;
  const flag = (byte >> 4) & 3;
  const status = byte & 0x0f;
  if (type !== 1 && type !== 2) throw new FormatError("presence Type", 0, `${type}, expected 1 or 2`);
  if (flag !== 1 && flag !== 2) throw new FormatError("presence Flag", 0, `${flag}, expected 1 or 2`);
  if (status === 0) throw new FormatError("presence Status", 0, "0, expected 1 to 15");
  if ((status === PRESENCE_STATUS.custom) !== (flag === 2))
    throw new FormatError("presence Flag", 0, `${flag} with Status ${status}, expected ${flag === 2 ? 1 : 2}`);
  if (type === 1) return { status, context: "" };
  if (reader.remaining > PRESENCE_CONTEXT_BYTES_MAX)
    throw new FormatError(
      "presence Context",
      1,
      `${reader.remaining} bytes, expected at most ${PRESENCE_CONTEXT_BYTES_MAX}`,
    );
  return { status, context: reader.text(reader.remaining, "presence Context") };
}
