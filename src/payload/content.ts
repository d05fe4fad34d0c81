/**
 * The JSON inside a message's contents (wire format, table 8) and inside a plain page.
 *
 * What a reader cannot do without is strict: `co`, but for a receipt that is no answer; `id` and `st` of a receipt; the
 * length of an `id`. An optional key of a wrong type or out of its range counts as absent: a page with a wrong priority is
 * still a page. Unknown keys are ignored.
 */
import { FormatError, UsageError } from "../errors.ts";
import { CHOICES_MAX, MESSAGE_ID_BYTES_MAX } from "../limits.ts";
import { decodeUtf8, encodeUtf8, utf8Length } from "../utf8.ts";
import { decodeJsonObject, type JsonObject, shownJson } from "./json.ts";
import type { RawContent } from "./message.ts";

export const CONTENT_TYPE = Object.freeze({ text: 0, image: 1, audio: 2, video: 3, file: 4, receipt: 5 } as const);

/** What can happen to a message on a device, in the word that stands in `st`. */
export type ReceiptState = "stored" | "shown" | "read" | "answered" | "expired" | "dropped";
export const RECEIPT_STATES: readonly ReceiptState[] = Object.freeze([
  "stored",
  "shown",
  "read",
  "answered",
  "expired",
  "dropped",
] as const);

/** The keys that any message may carry; in a message of several contents they stand in the first. */
export interface MessageKeys {
  /** `id`, 1 to 23 bytes: names the message for receipts and against duplicates. */
  readonly id?: string | undefined;
  /** `pr`, 1 (lowest) to 5; 3 when absent. */
  readonly priority: number;
  /** `ex`, seconds after the Time Stamp, 0 to 4,294,967,295. */
  readonly expirySeconds?: number | undefined;
  /** `cl`. */
  readonly collapseKey?: string | undefined;
  /** `ti`. */
  readonly title?: string | undefined;
  /** `ur`. */
  readonly uri?: string | undefined;
  /** `re`, at most 3. */
  readonly choices: readonly string[];
}

export const PRIORITY_DEFAULT = 3;

export interface TextContent {
  readonly type: "text";
  readonly keys: MessageKeys;
  readonly text: string;
}

/** A picture, a sound, a film or a file, which lies elsewhere. */
export interface LinkContent {
  readonly type: "image" | "audio" | "video" | "file";
  readonly keys: MessageKeys;
  /** `co`. */
  readonly link: string;
  /** `th`, link of an image's thumbnail. */
  readonly thumbnail?: string | undefined;
  /** `or`, link of an image's original. */
  readonly original?: string | undefined;
  /** `fn`, name of a file. */
  readonly fileName?: string | undefined;
  /** `si`, length of sound, film or file. */
  readonly sizeBytes?: number | undefined;
}

export interface ReceiptContent {
  readonly type: "receipt";
  /** Of the message that it answers. */
  readonly id: string;
  readonly state: ReceiptState;
  /** `co`, with `answered` and only there. */
  readonly answer?: string | undefined;
}

/** A type that this reader does not know: skipped by its length. */
export interface OtherContent {
  readonly type: "other";
  readonly keys: MessageKeys;
  /** 6 to 255. */
  readonly contentType: number;
}

export type Content = TextContent | LinkContent | ReceiptContent | OtherContent;

/**
 * The contents of the message that `decodeMessage` made of `payload`. Throws a `FormatError` that names content, key and the
 * offset in `payload`; what is wrong with a key stands at the offset of its content.
 */
export function decodeContents(contents: readonly RawContent[], payload: Uint8Array): Content[] {
  return contents.map(({ contentType, content }, index) => {
    const start = content.byteOffset - payload.byteOffset;
    return decodeAt(contentType, payload, start, start + content.length, `Content ${index + 1}`);
  });
}

/** One content by itself. Throws a `FormatError` that names the key. */
export function decodeContent({ contentType, content }: RawContent): Content {
  return decodeAt(contentType, content, 0, content.length, "Content");
}

/** Throws a `UsageError` for an `id` that no reader would take. */
export function encodeText(text: string, keys: Partial<MessageKeys> = {}): RawContent {
  return { contentType: CONTENT_TYPE.text, content: encodeObject(keys, { co: text }) };
}

/** Throws a `UsageError` for an `id` that no reader would take. */
export function encodeLink(content: LinkContent): RawContent {
  const { type, keys, link, thumbnail, original, fileName, sizeBytes } = content;
  const object = { co: link, th: thumbnail, or: original, fn: fileName, si: sizeBytes };
  return { contentType: CONTENT_TYPE[type], content: encodeObject(keys, object) };
}

/** @param answer with `answered` and only there */
export function encodeReceipt(id: string, state: ReceiptState, answer?: string): RawContent {
  return { contentType: CONTENT_TYPE.receipt, content: encodeObject({ id }, { st: state, co: answer }) };
}

/** A plain page: UTF-8 text, or a JSON object with `co` and the keys of a message. Throws a `FormatError`. */
export function decodePlainPage(payload: Uint8Array): { readonly keys: MessageKeys; readonly text: string } {
  if (payload[0] === 0x7b) {
    let object: JsonObject | undefined;
    try {
      object = decodeJsonObject(payload, "page");
    } catch {
      // Text that only begins like an object is text.
    }
    if (object && typeof object.co === "string") return { keys: decodeKeys(object, "page", 0), text: object.co };
  }
  const text = decodeUtf8(payload, 0, payload.length, "page");
  if (text === "") throw new FormatError("page", 0, "empty, expected text");
  return { keys: NO_KEYS, text };
}

const NO_KEYS: MessageKeys = Object.freeze({ priority: PRIORITY_DEFAULT, choices: Object.freeze([]) });

function decodeAt(contentType: number, bytes: Uint8Array, start: number, end: number, field: string): Content {
  if (contentType > CONTENT_TYPE.receipt) return { type: "other", keys: NO_KEYS, contentType };
  const object = decodeJsonObject(bytes, field, start, end);
  if (contentType === CONTENT_TYPE.receipt) return decodeReceipt(object, field, start);
  const keys = decodeKeys(object, field, start);
  const co = requiredText(object, "co", field, start);
  switch (contentType) {
    case CONTENT_TYPE.text:
      return { type: "text", keys, text: co };
    case CONTENT_TYPE.image:
      return { type: "image", keys, link: co, thumbnail: optionalText(object.th), original: optionalText(object.or) };
    case CONTENT_TYPE.file:
      return { type: "file", keys, link: co, fileName: optionalText(object.fn), sizeBytes: sizeOf(object) };
    default:
      return {
        type: contentType === CONTENT_TYPE.audio ? "audio" : "video",
        keys,
        link: co,
        sizeBytes: sizeOf(object),
      };
  }
}

function decodeReceipt(object: JsonObject, field: string, offset: number): ReceiptContent {
  const state = requiredText(object, "st", field, offset) as ReceiptState;
  if (!RECEIPT_STATES.includes(state))
    throw new FormatError(`${field} st`, offset, `${shownJson(state)}, expected one of ${RECEIPT_STATES.join(", ")}`);
  const id = requiredText(object, "id", field, offset);
  checkId(id, field, offset);
  return {
    type: "receipt",
    id,
    state,
    answer: state === "answered" ? requiredText(object, "co", field, offset) : undefined,
  };
}

function decodeKeys(object: JsonObject, field: string, offset: number): MessageKeys {
  const id = optionalText(object.id);
  if (id !== undefined) checkId(id, field, offset);
  const choices: readonly unknown[] = Array.isArray(object.re) ? object.re : [];
  return {
    id,
    priority: wholeNumber(object.pr, 1, 5) ?? PRIORITY_DEFAULT,
    expirySeconds: wholeNumber(object.ex, 0, 0xffff_ffff),
    collapseKey: optionalText(object.cl),
    title: optionalText(object.ti),
    uri: optionalText(object.ur),
    choices: choices
      .filter((choice): choice is string => typeof choice === "string" && choice !== "")
      .slice(0, CHOICES_MAX),
  };
}

/** Keys that are undefined are left out by JSON. */
function encodeObject(keys: Partial<MessageKeys>, own: object): Uint8Array {
  const { id, priority, expirySeconds, collapseKey, title, uri, choices } = keys;
  if (id !== undefined && !isId(id))
    throw new UsageError(`content: id of ${utf8Length(id)} bytes, expected 1 to ${MESSAGE_ID_BYTES_MAX}`);
  const re = choices?.length ? choices : undefined;
  const object = { id, pr: priority, ex: expirySeconds, cl: collapseKey, ti: title, ...own, ur: uri, re };
  return encodeUtf8(JSON.stringify(object));
}

function isId(id: string): boolean {
  return id !== "" && utf8Length(id) <= MESSAGE_ID_BYTES_MAX;
}

function checkId(id: string, field: string, offset: number): void {
  if (!isId(id))
    throw new FormatError(`${field} id`, offset, `${utf8Length(id)} bytes, expected 1 to ${MESSAGE_ID_BYTES_MAX}`);
}

function requiredText(object: JsonObject, key: string, field: string, offset: number): string {
  const value = object[key];
  if (typeof value !== "string") throw new FormatError(`${field} ${key}`, offset, `${shownJson(value)}, expected text`);
  return value;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function sizeOf(object: JsonObject): number | undefined {
  return wholeNumber(object.si, 0, Number.MAX_SAFE_INTEGER);
}

function wholeNumber(value: unknown, min: number, max: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}
