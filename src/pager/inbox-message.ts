/**
 * A message as the inbox keeps it, and its record on the store. A record is a version byte and a JSON array. The array
 * saves the flash that field names would take.
 *
 * | record | array |
 * |---|---|
 * | a message | 1, fingerprint, priority, time, expiry, sender, id, title, text, group, collapse key, choices, life, melody, picture (0: absent) |
 * | a message that has left and owes receipts | 2, fingerprint, state, sender, id, answer |
 *
 * Older firmware wrote the array without its last values, and without a version. Still older firmware wrote a message as a JSON
 * object.
 */
import { ByteCounter, type ByteSink, ByteWriter } from "../bytes.ts";
import { CHOICES_MAX } from "../limits.ts";
import { VERSIONS_END } from "../records.ts";
import { decodeUtf8, pieceAt } from "../utf8.ts";

export interface InboxMessage {
  /**
   * `messageFingerprint`, 16 hexadecimal digits. undefined: it has none. The same words again are then another message.
   */
  readonly fingerprint: string | undefined;
  /** uid of the sender. Empty for a plain page. */
  readonly sender: string;
  /** Names the message in receipts. A message without an id gets no receipts. */
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly text: string;
  /** The link of its picture. Only with an id, by which the picture is asked for. */
  readonly picture?: string | undefined;
  /** uid of the group that the message was sent to. */
  readonly group?: string | undefined;
  /** The message replaces an unread message of the same sender with the same key. */
  readonly collapseKey?: string | undefined;
  /** The answers that the carrier can choose from, at most `CHOICES_MAX`. */
  readonly choices?: readonly string[] | undefined;
  /** The sender's choice, one of `MELODIES`. */
  readonly melody?: string | undefined;
  /** 1 to 5. */
  readonly priority: number;
  /** When the message was made, in seconds since 1970. 0: unknown. */
  readonly timestampSeconds: number;
  /** When the message expires, in seconds since 1970. */
  readonly expiresSeconds?: number | undefined;
  /** Only if the time of the message is not known: after how many seconds it expires. */
  readonly lifeSeconds?: number | undefined;
}

/** What stays of a message that has left, until the broker has all its receipts. */
export interface LeftMessage {
  readonly fingerprint: string;
  /** Bits, see `receipt-state.ts`. */
  readonly state: number;
  readonly sender: string;
  readonly id: string;
  readonly answer?: string | undefined;
}

export type InboxRecord = { readonly message: InboxMessage } | { readonly left: LeftMessage };

const VERSION = 2;
const MESSAGE = 1;
const LEFT = 2;
/** First byte of a record that older firmware wrote. */
const ARRAY = 0x5b;
const OBJECT = 0x7b;

export function encodeMessageRecord(message: InboxMessage): Uint8Array {
  const {
    fingerprint,
    priority,
    timestampSeconds,
    expiresSeconds,
    sender,
    id,
    title,
    text,
    group,
    collapseKey,
    choices,
  } = message;
  const fields = [fingerprint ?? 0, priority, timestampSeconds, expiresSeconds ?? 0, sender, id ?? 0, title ?? 0, text];
  const life = message.lifeSeconds ?? 0;
  return encodeJson([
    MESSAGE,
    ...fields,
    group ?? 0,
    collapseKey ?? 0,
    choices?.length ? choices : 0,
    life,
    message.melody ?? 0,
    message.picture ?? 0,
  ]);
}

export function encodeLeftRecord({ fingerprint, state, sender, id, answer }: LeftMessage): Uint8Array {
  return encodeJson([LEFT, fingerprint, state, sender, id, answer ?? 0]);
}

/** Returns undefined for a damaged record, and for a record of a version that is not known here. */
export function decodeRecord(record: Uint8Array): InboxRecord | undefined {
  const [first = 0] = record;
  if (first !== VERSION && first !== ARRAY && first !== OBJECT) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(record, first < VERSIONS_END ? 1 : 0, record.length, "record"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return decodeObject(value);
  return value[0] === LEFT ? decodeLeft(value) : value[0] === MESSAGE ? decodeFields(value) : undefined;
}

function decodeObject(value: unknown): InboxRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, ...rest } = value as { readonly name?: unknown };
  return decodeMessage({ ...rest, fingerprint: name });
}

function decodeFields(fields: readonly unknown[]): InboxRecord | undefined {
  const [
    ,
    fingerprint,
    priority,
    timestampSeconds,
    expires,
    sender,
    id,
    title,
    text,
    group,
    collapse,
    choices,
    life,
    melody,
    picture,
  ] = fields.map((field) => (field === 0 ? undefined : field));
  return decodeMessage({
    fingerprint,
    sender,
    id,
    title,
    text,
    group,
    collapseKey: collapse,
    choices,
    melody,
    priority,
    timestampSeconds: timestampSeconds ?? 0,
    expiresSeconds: expires,
    lifeSeconds: life,
    picture,
  });
}

/** Returns a message if every field has its type and range. Otherwise nothing in the record can be trusted. */
function decodeMessage(read: Partial<Record<keyof InboxMessage, unknown>>): InboxRecord | undefined {
  const { fingerprint, sender, id, title, text, group, collapseKey, choices, priority } = read;
  const { timestampSeconds, expiresSeconds, lifeSeconds, melody, picture } = read;
  const isWhole =
    (fingerprint === undefined || isText(fingerprint)) &&
    isText(sender) &&
    isText(text) &&
    [id, title, group, collapseKey, melody, picture].every((field) => field === undefined || isText(field)) &&
    (choices === undefined || (Array.isArray(choices) && choices.length <= CHOICES_MAX && choices.every(isText))) &&
    isCount(priority, 5) &&
    priority !== 0 &&
    isCount(timestampSeconds, Number.MAX_SAFE_INTEGER) &&
    [expiresSeconds, lifeSeconds].every((field) => field === undefined || isCount(field, Number.MAX_SAFE_INTEGER));
  return isWhole ? { message: read as InboxMessage } : undefined;
}

function decodeLeft([, fingerprint, state, sender, id, answer]: readonly unknown[]): InboxRecord | undefined {
  const isWhole =
    isText(fingerprint) && isCount(state, 0xffff) && isText(sender) && isText(id) && (!answer || isText(answer));
  return isWhole
    ? { left: { fingerprint, state, sender, id, answer: answer ? (answer as string) : undefined } }
    : undefined;
}

function isText(field: unknown): field is string {
  return typeof field === "string";
}

function isCount(field: unknown, max: number): field is number {
  return Number.isSafeInteger(field) && (field as number) >= 0 && (field as number) <= max;
}

function encodeJson(fields: readonly unknown[]): Uint8Array {
  const counter = new ByteCounter();
  writeJson(counter, fields);
  const writer = new ByteWriter(counter.length);
  writeJson(writer, fields);
  return writer.view();
}

/** A text is written a piece at a time. As a whole its JSON would take as much memory again, which a board has not for a long one. */
function writeJson(sink: ByteSink, fields: readonly unknown[]): void {
  sink.uint8(VERSION);
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index];
    sink.text(index === 0 ? "[" : ",");
    if (typeof field !== "string") sink.text(JSON.stringify(field));
    else {
      sink.text('"');
      for (let from = 0; from < field.length; ) {
        const piece = pieceAt(field, from);
        from += piece.length;
        sink.text(JSON.stringify(piece).slice(1, -1));
      }
      sink.text('"');
    }
  }
  sink.text("]");
}
