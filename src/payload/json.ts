/**
 * JSON as senders of every kind write it. The engine's own reader goes first. Our reader reads again what that one refuses.
 * Ours tolerates what senders are known to write: a byte order mark, white space or NUL around the object, control characters
 * and wrong escapes inside text, a comma after the last value. Values that no key asks for may be nested to any depth. Our
 * reader skips them by counting brackets. It makes no call for each level, since a board's stack is small.
 */
import { FormatError } from "../errors.ts";
import { JSON_BRACKETS_MAX } from "../limits.ts";
import { readableUtf8 } from "../utf8.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Characters of a value that an error repeats. */
const SHOWN_MAX = 32;

/** A value as JSON, cut short, for the text of an error. */
export function shownJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX - 1)}…` : text;
}

/** Reads the JSON object in `bytes[start, end)`. Throws a `FormatError` with `field` and the offset in `bytes`. */
export function decodeJsonObject(bytes: Uint8Array, field: string, start = 0, end = bytes.length): JsonObject {
  const inner = trimBlanks(bytes, start, end);
  return parseJsonObject(readableUtf8(bytes, inner.start, inner.end), bytes, field, inner.start, inner.end);
}

/**
 * Reads a JSON object that has no blanks around it. Throws the same.
 * @param text what `readableUtf8` makes of `bytes[start, end)`
 */
export function parseJsonObject(
  text: string,
  bytes: Uint8Array,
  field: string,
  start: number,
  end: number,
): JsonObject {
  if (bytes[start] !== OPEN_OBJECT || start >= end) throw new FormatError(field, start, "expected a JSON object");
  if (!hasManyBrackets(bytes.subarray(start, end))) {
    try {
      return JSON.parse(text) as JsonObject;
    } catch {
      // Our own reader tolerates more.
    }
  }
  return new JsonReader(bytes, field, start, end).read();
}

/** Leaves out byte order marks and blanks before the text, and blanks after it. A blank is white space or NUL. */
export function trimBlanks(bytes: Uint8Array, start: number, end: number): { start: number; end: number } {
  let from = start;
  let to = end;
  for (;;) {
    if (from < to && isBlank(bytes[from])) from += 1;
    else if (to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf) from += 3;
    else break;
  }
  while (to > from && isBlank(bytes[to - 1])) to -= 1;
  return { start: from, end: to };
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The reader reads the values of the object, and the values inside its lists and objects. A deeper list or object reads as an
 * empty object.
 */
const DEPTH_READ = 1;

/** The engine's reader calls itself for each level. So it must not get a text that may have too many levels. */
function hasManyBrackets(bytes: Uint8Array): boolean {
  let count = 0;
  for (const bracket of [OPEN_OBJECT, OPEN_ARRAY])
    for (let at = bytes.indexOf(bracket); at >= 0; at = bytes.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > JSON_BRACKETS_MAX) return true;
    }
  return false;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0;
}

class JsonReader {
  private readonly bytes: Uint8Array;
  private readonly field: string;
  private readonly end: number;
  private at: number;

  constructor(bytes: Uint8Array, field: string, start: number, end: number) {
    this.bytes = bytes;
    this.field = field;
    this.at = start;
    this.end = end;
  }

  read(): JsonObject {
    const object = this.object(0);
    if (this.peek() >= 0) throw this.error();
    return object;
  }

  private value(depth: number): unknown {
    const first = this.peek();
    if (first === QUOTE) return this.text();
    if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return this.word();
    if (depth <= DEPTH_READ) return first === OPEN_OBJECT ? this.object(depth) : this.array(depth);
    this.skipNested();
    return {};
  }

  private object(depth: number): JsonObject {
    const object: Record<string, unknown> = Object.create(null);
    this.at += 1;
    while (!this.takes(CLOSE_OBJECT)) {
      if (this.peek() !== QUOTE) throw this.error();
      const key = this.text();
      if (!this.takes(COLON)) throw this.error();
      object[key] = this.value(depth + 1);
      if (!this.takes(COMMA) && this.peek() !== CLOSE_OBJECT) throw this.error();
    }
    return object;
  }

  private array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.at += 1;
    while (!this.takes(CLOSE_ARRAY)) {
      array.push(this.value(depth + 1));
      if (!this.takes(COMMA) && this.peek() !== CLOSE_ARRAY) throw this.error();
    }
    return array;
  }

  private skipNested(): void {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === QUOTE) this.skipText();
      else if (byte < 0) throw this.error();
      else {
        if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth += 1;
        else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
        this.at += 1;
      }
    } while (depth > 0);
  }

  private text(): string {
    const start = this.at + 1;
    this.skipText();
    const raw = readableUtf8(this.bytes, start, this.at - 1);
    if (!raw.includes("\\")) return raw;
    // A wrong escape stands for itself: a lone backslash stays, and so does a control character.
    const escaped = raw.replace(/\\(?:u[\dA-Fa-f]{4}|["\\/bfnrt])|\\|[^ -\uffff]/g, (found) =>
      found.length > 1 ? found : JSON.stringify(found).slice(1, -1),
    );
    return JSON.parse(`"${escaped}"`) as string;
  }

  /** Goes from a quote to the byte after the closing quote. */
  private skipText(): void {
    const { bytes, end } = this;
    let at = this.at + 1;
    while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    if (at >= end) throw this.error();
    this.at = at + 1;
  }

  /** Reads a number, true, false or null. */
  private word(): unknown {
    const start = this.at;
    let at = start;
    for (let byte = this.bytes[at]; at < this.end && isOfWord(byte); byte = this.bytes[at]) at += 1;
    const word = readableUtf8(this.bytes, start, at);
    const value = word === "true" ? true : word === "false" ? false : word === "null" ? null : Number(word);
    if (word === "" || Number.isNaN(value)) throw this.error();
    this.at = at;
    return value;
  }

  private takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Returns the next byte that is not blank, or -1 at the end. */
  private peek(): number {
    while (this.at < this.end && isBlank(this.bytes[this.at])) this.at += 1;
    return this.at < this.end ? (this.bytes[this.at] as number) : -1;
  }

  private error(): FormatError {
    return new FormatError(this.field, this.at, this.at < this.end ? "not JSON" : "the JSON ends too early");
  }
}

/** Whether the byte is a letter, a digit, `-`, `+` or `.`. */
function isOfWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e
  );
}
