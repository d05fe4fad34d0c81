/**
 * The JSON inside a message's contents (wire format, table 8) and inside a plain page.
 *
 * What a reader cannot do without is strict: `co` of a text, `id` and `st` of a receipt, the length of an `id`. An optional
 * key of a wrong type or out of its range counts as absent: a page with a wrong priority is still a page.
 */
import { FormatError } from "../errors.ts";
import { CHOICES_MAX, MESSAGE_ID_BYTES_MAX } from "../limits.ts";
import { decodeUtf8, encodeUtf8, utf8Length } from "../utf8.ts";
import { decodeJsonObject, type JsonObject } from "./json.ts";
import type { RawContent } from "./message.ts";

export const CONTENT_TYPE = Object.freeze({ text: 0, image: 1, audio: 2, video: 3, file: 4, receipt: 5 } as const);

/** What can happen to a message on a device, in the word that stands in `st`. */
export type ReceiptState = "stored" | "shown" | "read" | "answered" | "expired" | "dropped";
const RECEIPT_STATES: readonly string[] = Object.freeze(["stored", "shown", "read", "answered", "expired", "dropped"]);

/** The keys that any message may carry; in a message of several contents they stand in the first. */
export interface MessageKeys {
  /** `id`, 1 to 23 bytes: names the message for receipts and against duplicates. */
  readonly id?: string | undefined;
  /** `pr`, 1 (lowest) to 5; 3 when absent. */
  readonly priority: number;
  /** `ex`, seconds after the Time Stamp. */
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

export type Content =
  | { readonly type: "text"; readonly keys: MessageKeys; readonly text: string }
  | {
      readonly type: "receipt";
      readonly id: string;
      readonly state: ReceiptState;
      readonly answer?: string | undefined;
    }
  /** A type that this reader does not show: its number. */
  | { readonly type: "other"; readonly keys: MessageKeys; readonly contentType: number };

/** Throws a `FormatError` that names the key. */
export function decodeContent({ contentType, content }: RawContent): Content {
  if (contentType > CONTENT_TYPE.receipt) return { type: "other", keys: NO_KEYS, contentType };
  const object = decodeJsonObject(content, "Content");
  switch (contentType) {
    case CONTENT_TYPE.text:
      return { type: "text", keys: decodeKeys(object), text: requiredText(object, "co") };
    case CONTENT_TYPE.receipt: {
      const state = requiredText(object, "st");
      if (!RECEIPT_STATES.includes(state))
        throw new FormatError("Content st", 0, `expected one of ${RECEIPT_STATES.join(", ")}`);
      return {
        type: "receipt",
        id: requiredText(object, "id"),
        state: state as ReceiptState,
        answer: optionalText(object, "co"),
      };
    }
    default:
      return { type: "other", keys: decodeKeys(object), contentType };
  }
}

/** The `id` must be of 1 to 23 bytes, the priority 1 to 5; nothing is checked here. */
export function encodeText(text: string, keys: Partial<MessageKeys> = {}): RawContent {
  const { id, priority, expirySeconds, collapseKey, title, uri, choices } = keys;
  const re = choices?.length ? choices : undefined;
  const object = { id, pr: priority, ex: expirySeconds, cl: collapseKey, ti: title, co: text, ur: uri, re };
  return { contentType: CONTENT_TYPE.text, content: encodeUtf8(JSON.stringify(object)) };
}

export function encodeReceipt(id: string, state: ReceiptState, answer?: string): RawContent {
  return { contentType: CONTENT_TYPE.receipt, content: encodeUtf8(JSON.stringify({ id, st: state, co: answer })) };
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
    if (object && typeof object.co === "string") return { keys: decodeKeys(object), text: object.co };
  }
  const text = decodeUtf8(payload, 0, payload.length, "page");
  if (text === "") throw new FormatError("page", 0, "empty, expected text");
  return { keys: NO_KEYS, text };
}

const NO_KEYS: MessageKeys = Object.freeze({ priority: PRIORITY_DEFAULT, choices: Object.freeze([]) });

function decodeKeys(object: JsonObject): MessageKeys {
  const id = optionalText(object, "id");
  if (id !== undefined && (id === "" || utf8Length(id) > MESSAGE_ID_BYTES_MAX))
    throw new FormatError("Content id", 0, `${utf8Length(id)} bytes, expected 1 to ${MESSAGE_ID_BYTES_MAX}`);
  const choices = Array.isArray(object.re) ? object.re : [];
  return {
    id,
    priority: wholeNumber(object, "pr", 1, 5) ?? PRIORITY_DEFAULT,
    expirySeconds: wholeNumber(object, "ex", 0, 0xffff_ffff),
    collapseKey: optionalText(object, "cl"),
    title: optionalText(object, "ti"),
    uri: optionalText(object, "ur"),
    choices: choices
      .filter((choice): choice is string => typeof choice === "string" && choice !== "")
      .slice(0, CHOICES_MAX),
  };
}

function requiredText(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string") throw new FormatError(`Content ${key}`, 0, `${typeof value}, expected text`);
  return value;
}

function optionalText(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

function wholeNumber(object: JsonObject, key: string, min: number, max: number): number | undefined {
  const value = object[key];
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}
