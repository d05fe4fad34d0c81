/**
 * The JSON inside a message's contents (wire format, table 8) and inside a plain page.
 *
 * Only the part that cannot be read is lost. `faults` names each such part:
 *
 * - A key with a value of the wrong kind, or out of its range, counts as absent. A number may stand as text, and text as a
 *   number.
 * - A content that is not a JSON object is shown as text. So is an object without words.
 * - Bytes that are not UTF-8 become U+FFFD.
 * - A receipt without a readable `id` or `st` is left out.
 */
import { FormatError, UsageError } from "../errors.ts";
import { CHOICE_BYTES_MAX, CHOICES_MAX, MELODY_BYTES_MAX, MESSAGE_ID_BYTES_MAX } from "../limits.ts";
import { STAGES, type Stage } from "../stages.ts";
import { decodeUtf8, encodeUtf8, readableUtf8, utf8Length } from "../utf8.ts";
import { type JsonObject, parseJsonObject, shownJson, trimBlanks } from "./json.ts";
import type { RawContent } from "./message.ts";

export const CONTENT_TYPE = Object.freeze({ text: 0, image: 1, audio: 2, video: 3, file: 4, receipt: 5 } as const);

/** The keys that any message may have. In a message of several contents they stand in the first. */
export interface MessageKeys {
  /** `id`, 1 to 64 bytes. It names the message for receipts and against duplicates. */
  readonly id?: string | undefined;
  /** `pr`, 1 (lowest) to 5. 3 when absent. */
  readonly priority: number;
  /** `ex`, seconds after the Time Stamp, 0 to 4,294,967,295. */
  readonly expirySeconds?: number | undefined;
  /** `cl`. */
  readonly collapseKey?: string | undefined;
  /** `ti`. */
  readonly title?: string | undefined;
  /** `ur`. */
  readonly uri?: string | undefined;
  /** `so`, name of a melody, 1 to 16 bytes. The receiver need not know it. */
  readonly melody?: string | undefined;
  /** `re`, at most 3 texts of at most 128 bytes each. Empty without an `id`, which an answer needs. */
  readonly choices: readonly string[];
  /** The other texts of `re`. */
  readonly unoffered?: readonly string[] | undefined;
}

export const PRIORITY_DEFAULT = 3;

export interface TextContent {
  readonly type: "text";
  readonly keys: MessageKeys;
  readonly text: string;
}

/** A picture, a sound, a film or a file that is stored elsewhere. */
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
  /** `si`, size of a sound, film or file. */
  readonly sizeBytes?: number | undefined;
}

export interface ReceiptContent {
  readonly type: "receipt";
  /** `id` of the message that it answers. */
  readonly id: string;
  readonly state: Stage;
  /** `co`, only with `answered`. */
  readonly answer?: string | undefined;
}

/** A content of a type that this reader does not know. Its length is known, so it is skipped. */
export interface OtherContent {
  readonly type: "other";
  readonly keys: MessageKeys;
  /** 6 to 255. */
  readonly contentType: number;
}

export type Content = TextContent | LinkContent | ReceiptContent | OtherContent;

/**
 * Reads the contents of the message that `decodeMessage` made of `payload`. Adds one phrase to `faults` for each part that
 * could not be read. Throws a `FormatError` when all contents are unreadable receipts.
 */
export function decodeContents(
  contents: readonly RawContent[],
  payload: Uint8Array,
  faults: string[] = [],
): readonly Content[] {
  const decoded: Content[] = [];
  let problem: unknown;
  for (const [index, { contentType, content }] of contents.entries()) {
    const start = content.byteOffset - payload.byteOffset;
    try {
      decoded.push(decodeAt(contentType, payload, start, start + content.length, `Content ${index + 1}`, faults));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      faults.push(error.message);
      problem ??= error;
    }
  }
  if (decoded.length === 0) throw problem;
  return decoded;
}

/** Reads one content by itself. Throws a `FormatError` for an unreadable receipt. */
export function decodeContent({ contentType, content }: RawContent, faults: string[] = []): Content {
  return decodeAt(contentType, content, 0, content.length, "Content", faults);
}

/** Reads a receipt of a plain page. Throws a `FormatError`. */
export function decodePageReceipt(payload: Uint8Array): ReceiptContent {
  const { object } = read(payload, 0, payload.length, "receipt", []);
  if (!object) throw new FormatError("receipt", 0, "expected a JSON object");
  return decodeReceipt(object, "receipt", 0);
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

/** @param answer only with `answered` */
export function encodeReceipt(id: string, state: Stage, answer?: string): RawContent {
  return { contentType: CONTENT_TYPE.receipt, content: encodeObject({ id }, { st: state, co: answer }) };
}

/**
 * Reads a plain page: UTF-8 text, or a JSON object with words and the keys of a message. Returns undefined for an empty
 * payload, which clears a retained page. Adds to `faults` what could not be read.
 */
export function decodePlainPage(
  payload: Uint8Array,
  faults: string[] = [],
): { readonly keys: MessageKeys; readonly text: string } | undefined {
  if (payload.length === 0) return undefined;
  const { object, text } = read(payload, 0, payload.length, "page", faults);
  if (!object || (textOf(object.co) === undefined && !textOf(object.ti))) return { keys: NO_KEYS, text };
  const keys = decodeKeys(object, "page", faults);
  return { keys, text: wordsOf(object, keys, text, "page", faults) };
}

const NO_KEYS: MessageKeys = Object.freeze({ priority: PRIORITY_DEFAULT, choices: Object.freeze([]) });

/** Returns the text without the blanks around it, and the JSON object that it is, if it is one. */
function read(
  bytes: Uint8Array,
  start: number,
  end: number,
  field: string,
  faults: string[],
): { readonly object: JsonObject | undefined; readonly text: string } {
  const inner = trimBlanks(bytes, start, end);
  const text = readableUtf8(bytes, inner.start, inner.end);
  // U+FFFD stood in the text, or it replaces bytes that are not UTF-8. The strict decoder decides.
  if (text.includes("\ufffd")) attempt(() => decodeUtf8(bytes, inner.start, inner.end, field), faults);
  const isObject = bytes[inner.start] === 0x7b && inner.start < inner.end;
  return {
    object: isObject ? attempt(() => parseJsonObject(text, bytes, field, inner.start, inner.end), []) : undefined,
    text,
  };
}

/** Returns undefined and adds a fault when `decode` throws a `FormatError`. */
function attempt<Value>(decode: () => Value, faults: string[]): Value | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    faults.push(error.message);
    return undefined;
  }
}

function decodeAt(
  contentType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  field: string,
  faults: string[],
): Content {
  if (contentType > CONTENT_TYPE.receipt) return { type: "other", keys: NO_KEYS, contentType };
  const { object, text: raw } = read(bytes, start, end, field, faults);
  if (!object) {
    faults.push(`${field} at byte ${start}: no JSON object`);
    return { type: "text", keys: NO_KEYS, text: raw };
  }
  if (contentType === CONTENT_TYPE.receipt) return decodeReceipt(object, field, start);
  const keys = decodeKeys(object, field, faults);
  const words = wordsOf(object, keys, raw, field, faults);
  if (contentType === CONTENT_TYPE.text || words === "" || words === raw) return { type: "text", keys, text: words };
  const text = (key: string) => optional(object, key, textOf, field, faults);
  const size = () => optional(object, "si", (value) => wholeNumber(value, 0, Number.MAX_SAFE_INTEGER), field, faults);
  switch (contentType) {
    case CONTENT_TYPE.image:
      return { type: "image", keys, link: words, thumbnail: text("th"), original: text("or") };
    case CONTENT_TYPE.file:
      return { type: "file", keys, link: words, fileName: text("fn"), sizeBytes: size() };
    default:
      return {
        type: contentType === CONTENT_TYPE.audio ? "audio" : "video",
        keys,
        link: words,
        sizeBytes: size(),
      };
  }
}

/** The text of `co`. An object without words is shown as it came, so that nothing is lost. A title alone is enough. */
function wordsOf(object: JsonObject, keys: MessageKeys, raw: string, field: string, faults: string[]): string {
  const words = textOf(object.co);
  if (words !== undefined) return words;
  if (keys.title && (object.co ?? null) === null) return "";
  faults.push(`${field} co: ${shownJson(object.co)}`);
  return raw;
}

function decodeReceipt(object: JsonObject, field: string, offset: number): ReceiptContent {
  const required = (key: string) => {
    const value = textOf(object[key]);
    if (value === undefined)
      throw new FormatError(`${field} ${key}`, offset, `${shownJson(object[key])}, expected text`);
    return value;
  };
  const state = STAGES.find((state) => state === object.st);
  if (state === undefined)
    throw new FormatError(`${field} st`, offset, `${shownJson(object.st)}, expected one of ${STAGES.join(", ")}`);
  const id = required("id");
  if (!isId(id))
    throw new FormatError(`${field} id`, offset, `${utf8Length(id)} bytes, expected 1 to ${MESSAGE_ID_BYTES_MAX}`);
  return { type: "receipt", id, state, answer: state === "answered" ? required("co") : undefined };
}

function decodeKeys(object: JsonObject, field: string, faults: string[]): MessageKeys {
  const get = <Value>(key: string, decode: (value: unknown) => Value | undefined) =>
    optional(object, key, decode, field, faults);
  const id = get("id", idOf);
  const choices = get("re", (value) => (Array.isArray(value) ? value.map(choiceOf) : undefined)) ?? [];
  const readable = choices.filter((choice) => choice !== undefined);
  const offeredCount = id === undefined ? 0 : CHOICES_MAX;
  const unoffered = readable.slice(offeredCount);
  if (readable.length < choices.length || unoffered.length) faults.push(`${field} re: ${shownJson(object.re)}`);
  return {
    id,
    priority: get("pr", (value) => wholeNumber(value, 1, 5)) ?? PRIORITY_DEFAULT,
    expirySeconds: get("ex", (value) => wholeNumber(value, 0, 0xffff_ffff)),
    collapseKey: get("cl", textOf),
    title: get("ti", textOf),
    uri: get("ur", textOf),
    melody: get("so", melodyOf),
    choices: readable.slice(0, offeredCount),
    unoffered: unoffered.length ? unoffered : undefined,
  };
}

/** The value of a key that may be absent. A value that `decode` does not take is a fault, and counts as absent. */
function optional<Value>(
  object: JsonObject,
  key: string,
  decode: (value: unknown) => Value | undefined,
  field: string,
  faults: string[],
): Value | undefined {
  const value = object[key] ?? undefined;
  const decoded = value === undefined ? undefined : decode(value);
  if (value !== undefined && decoded === undefined) faults.push(`${field} ${key}: ${shownJson(value)}`);
  return decoded;
}

/** JSON leaves out the keys that are undefined. */
function encodeObject(keys: Partial<MessageKeys>, own: object): Uint8Array {
  const { id, priority, expirySeconds, collapseKey, title, uri, melody, choices } = keys;
  if (id !== undefined && !isId(id))
    throw new UsageError(`content: id of ${utf8Length(id)} bytes, expected 1 to ${MESSAGE_ID_BYTES_MAX}`);
  const all = [...(choices ?? []), ...(keys.unoffered ?? [])];
  const re = all.length ? all : undefined;
  const object = { id, pr: priority, ex: expirySeconds, cl: collapseKey, ti: title, ...own, ur: uri, so: melody, re };
  return encodeUtf8(JSON.stringify(object));
}

function isId(id: string): boolean {
  return id !== "" && utf8Length(id) <= MESSAGE_ID_BYTES_MAX;
}

function idOf(value: unknown): string | undefined {
  // A larger number has lost digits.
  if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
  const id = textOf(value);
  return id !== undefined && isId(id) ? id : undefined;
}

function melodyOf(value: unknown): string | undefined {
  const name = textOf(value) ?? "";
  return name !== "" && utf8Length(name) <= MELODY_BYTES_MAX ? name : undefined;
}

/** Returns undefined for a choice without words. */
function choiceOf(value: unknown): string | undefined {
  const choice = textOf(value) ?? "";
  return choice.trim() === "" ? undefined : cutChoice(choice);
}

/** Cuts a choice to what fits into a receipt. A cut choice ends with "…". */
function cutChoice(choice: string): string {
  if (utf8Length(choice) <= CHOICE_BYTES_MAX) return choice;
  let kept = "";
  for (const character of choice) {
    if (utf8Length(`${kept}${character}…`) > CHOICE_BYTES_MAX) break;
    kept += character;
  }
  return `${kept}…`;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Returns a whole number from `min` to `max`, also when it came as text. undefined for any other value. */
export function wholeNumber(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}
