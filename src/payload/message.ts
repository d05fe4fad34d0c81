/**
 * Instant message (wire format, tables 5 and 6). The contents stay raw here. `content.ts` reads them.
 *
 * | bytes | field |
 * |---|---|
 * | 1-4 | Time Stamp, seconds since 1970; 0: the sender has no clock |
 * | 5 | bits 7-4 IM Type, bits 3-0 IM Count |
 * | 6… | IM Count contents: 1 byte Content Type, 4 bytes Content Length, Content |
 * | … n | Sender Client UID, UTF-8, to the end |
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { FormatError, UsageError } from "../errors.ts";
import { CONTENTS_MAX, UID_BYTES_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";
import { isUid, UID_RULE } from "./uid.ts";

export const IM_TYPE = Object.freeze({ pointToPoint: 1, group: 2, notification: 3, receipt: 4 } as const);

export interface RawContent {
  /** 0 to 255. */
  readonly contentType: number;
  readonly content: Uint8Array;
}

export interface Message {
  /** Seconds since 1970-01-01T00:00:00Z, 0 to 4,294,967,295. 0: unknown. */
  readonly timestampSeconds: number;
  /** 1 to 15, see `IM_TYPE`. 5 to 15 have no meaning yet. */
  readonly imType: number;
  /** 1 to 15 of them. */
  readonly contents: readonly RawContent[];
  /** uid of the sender, 1 to 64 bytes. */
  readonly sender: string;
}

/** Throws a `UsageError` when a field is out of its range. */
export function encodeMessage({ timestampSeconds, imType, contents, sender }: Message): Uint8Array {
  const senderBytes = utf8Length(sender);
  if (!isWholeNumber(timestampSeconds, 0, 0xffff_ffff))
    throw new UsageError(`message: Time Stamp ${timestampSeconds}, expected 0 to 4294967295`);
  if (!isWholeNumber(imType, 1, 15)) throw new UsageError(`message: IM Type ${imType}, expected 1 to 15`);
  if (contents.length < 1 || contents.length > CONTENTS_MAX)
    throw new UsageError(`message: ${contents.length} contents, expected 1 to ${CONTENTS_MAX}`);
  if (senderBytes < 1 || senderBytes > UID_BYTES_MAX)
    throw new UsageError(`message: sender of ${senderBytes} bytes, expected 1 to ${UID_BYTES_MAX}`);
  const length = contents.reduce((sum, { content }) => sum + 5 + content.length, 5 + senderBytes);
  const writer = new ByteWriter(length);
  writer.uint32(timestampSeconds);
  writer.uint8((imType << 4) | contents.length);
  for (const { contentType, content } of contents) {
    if (!isWholeNumber(contentType, 0, 255))
      throw new UsageError(`message: Content Type ${contentType}, expected 0 to 255`);
    writer.uint8(contentType);
    writer.uint32(content.length);
    writer.bytes(content);
  }
  writer.text(sender);
  return writer.view();
}

/** Throws a `FormatError` with the field and its offset. The contents are views of `payload`. */
export function decodeMessage(payload: Uint8Array): Message {
  const reader = new ByteReader(payload);
  const timestampSeconds = reader.uint32("Time Stamp");
  const typeAndCount = reader.uint8("IM Type");
  const imType = typeAndCount >> 4;
  const count = typeAndCount & 0x0f;
  if (imType === 0) throw new FormatError("IM Type", 4, "0, expected 1 to 15");
  if (count === 0) throw new FormatError("IM Count", 4, "0, expected 1 to 15");
  const contents: RawContent[] = [];
  for (let index = 1; index <= count; index += 1) {
    const contentType = reader.uint8(`Content Type ${index}`);
    const length = reader.uint32(`Content Length ${index}`);
    contents.push({ contentType, content: reader.view(length, `Content ${index}`) });
  }
  const { offset, remaining } = reader;
  if (remaining < 1 || remaining > UID_BYTES_MAX)
    throw new FormatError("Sender Client UID", offset, `${remaining} bytes, expected 1 to ${UID_BYTES_MAX}`);
  const sender = reader.text(remaining, "Sender Client UID");
  if (!isUid(sender)) throw new FormatError("Sender Client UID", offset, `expected ${UID_RULE}`);
  return { timestampSeconds, imType, contents, sender };
}

function isWholeNumber(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
