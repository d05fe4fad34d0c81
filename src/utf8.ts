/**
 * UTF-8 to text and back (RFC 3629). Over-long forms, surrogates and code points above U+10FFFF are not valid UTF-8. The
 * boards' engine has no TextDecoder.
 *
 * The boards' engine counts text in code points: there an emoji is one character with one code. Other engines have a pair of
 * surrogates. This file understands both. The boards' engine keeps text as UTF-8 and measures the whole text for each look at
 * one character. A loop over a text takes time with the square of its length. So every loop here runs over short pieces.
 * There are no regular expressions: see the notes on preloaded modules in `test/hosts/simulator/preload.test.ts`.
 */
import { FormatError } from "./errors.ts";

/** Code units of one piece. */
const PIECE_UNITS = 64;

/**
 * Code units that one call joins. They are few, because each is an argument, and the deepest path of the program already
 * takes most of the stack.
 */
const ARGUMENTS_MAX = 16;

const REPLACEMENT = 0xfffd;

/** Returns the text of `bytes[start, end)`. Throws a `FormatError` with `field` and the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, field: string): string {
  return decode(bytes, start, end, field);
}

/** Returns the text and refuses nothing. Each broken beginning of a character becomes one U+FFFD, as in a browser. */
export function readableUtf8(bytes: Uint8Array, start: number, end: number): string {
  return decode(bytes, start, end, undefined);
}

function decode(bytes: Uint8Array, start: number, end: number, field: string | undefined): string {
  let text = "";
  let at = start;
  while (at < end) {
    const from = at;
    const stop = Math.min(end, from + PIECE_UNITS);
    while (at < stop && (bytes[at] as number) < 0x80) at += 1;
    if (at > from) text += fromUnits(bytes.subarray(from, at));
    if (at === stop) continue;
    const units: number[] = [];
    at = decodePiece(bytes, at, end, field, units);
    text += fromUnits(units);
  }
  return text;
}

/**
 * Adds code units from `start` on to `units`. Ends when there are enough of them, or when a run of ASCII begins. Returns the
 * offset after the last one.
 */
function decodePiece(
  bytes: Uint8Array,
  start: number,
  end: number,
  field: string | undefined,
  units: number[],
): number {
  let at = start;
  let count = 0;
  let asciiCount = 0;
  // A pair of surrogates is never split between two pieces.
  while (at < end && count < PIECE_UNITS - 1 && asciiCount < ASCII_RUN) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      units[count] = first;
      count += 1;
      at += 1;
      asciiCount += 1;
      continue;
    }
    asciiCount = 0;
    const length = lengthOf(bytes, at, end);
    let code = REPLACEMENT;
    if (length > 0) {
      code = first & (0xff >> (length + 1));
      for (const last = at + length - 1; at < last; ) {
        at += 1;
        code = (code << 6) | ((bytes[at] as number) & 0x3f);
      }
      at += 1;
    } else {
      if (field !== undefined) throw new FormatError(field, at, "not UTF-8");
      at -= length;
    }
    if (code > 0xffff) {
      units[count] = 0xd800 + ((code - 0x10000) >> 10);
      count += 1;
      code = 0xdc00 + (code & 0x3ff);
    }
    units[count] = code;
    count += 1;
  }
  return at;
}

/**
 * Returns the number of bytes of the character at `at`, which is not ASCII. A negative number means that the bytes there are
 * only the beginning of a character. Its absolute value is the number of those bytes.
 */
function lengthOf(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  const second = at + 1 < end ? (bytes[at + 1] as number) : 0;
  if (first < 0xc2 || first > 0xf4 || (second & 0xc0) !== 0x80) return -1;
  if (first < 0xe0) return 2;
  // The second byte shows over-long forms, surrogates and code points above U+10FFFF.
  if (first === 0xe0 && second < 0xa0) return -1;
  if (first === 0xed && second > 0x9f) return -1;
  if (first === 0xf0 && second < 0x90) return -1;
  if (first === 0xf4 && second > 0x8f) return -1;
  if (at + 2 >= end || ((bytes[at + 2] as number) & 0xc0) !== 0x80) return -2;
  if (first < 0xf0) return 3;
  return at + 3 < end && ((bytes[at + 3] as number) & 0xc0) === 0x80 ? 4 : -3;
}

/** A run of this many ASCII characters ends a piece. The faster path for ASCII goes on from there. */
const ASCII_RUN = 8;

/** A few characters of `text` from `from` on. They do not end inside a pair of surrogates. */
export function pieceAt(text: string, from: number): string {
  const piece = text.slice(from, from + PIECE_UNITS);
  return isHighSurrogate(piece.charCodeAt(piece.length - 1)) ? text.slice(from, from + PIECE_UNITS + 1) : piece;
}

/** The number of bytes of `text` in UTF-8. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  const { length } = text;
  let bytes = 0;
  for (let from = 0; from < length; ) {
    const piece = pieceAt(text, from);
    const units = piece.length;
    from += units;
    bytes += units;
    for (let index = 0; index < units; index += 1) {
      const code = piece.charCodeAt(index);
      if (code < 0x80) continue;
      bytes += code < 0x800 ? 1 : code > 0xffff ? 3 : 2;
      // The second half of a pair adds nothing: both halves together are four bytes.
      if (isHighSurrogate(code) && isLowSurrogate(piece.charCodeAt(index + 1))) index += 1;
    }
  }
  return bytes;
}

/** Writes `text` at `offset` and returns the offset after it. The caller has made room for `utf8Length(text)` bytes. */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number): number {
  const { length } = text;
  let at = offset;
  for (let from = 0; from < length; ) {
    const piece = pieceAt(text, from);
    const units = piece.length;
    from += units;
    for (let index = 0; index < units; index += 1) {
      let code = piece.charCodeAt(index);
      if (code < 0x80) {
        bytes[at] = code;
        at += 1;
        continue;
      }
      if (code < 0x800) bytes[at] = 0xc0 | (code >> 6);
      else if (code > 0xffff) {
        bytes[at] = 0xf0 | (code >> 18);
        bytes[at + 1] = 0x80 | ((code >> 12) & 0x3f);
        bytes[at + 2] = 0x80 | ((code >> 6) & 0x3f);
        at += 2;
      } else if (code < 0xd800 || code > 0xdfff) {
        bytes[at] = 0xe0 | (code >> 12);
        at += 1;
        bytes[at] = 0x80 | ((code >> 6) & 0x3f);
      } else if (code < 0xdc00 && isLowSurrogate(piece.charCodeAt(index + 1))) {
        // The added 0x40 restores the 0x10000 that a pair leaves out.
        const high = (code & 0x3ff) + 0x40;
        index += 1;
        code = piece.charCodeAt(index);
        bytes[at] = 0xf0 | (high >> 8);
        bytes[at + 1] = 0x80 | ((high >> 2) & 0x3f);
        bytes[at + 2] = 0x80 | ((high & 3) << 4) | ((code >> 6) & 0xf);
        at += 2;
      } else {
        code = REPLACEMENT;
        bytes[at] = 0xef;
        bytes[at + 1] = 0xbf;
        at += 1;
      }
      bytes[at + 1] = 0x80 | (code & 0x3f);
      at += 2;
    }
  }
  return at;
}

/** Encodes `text` as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

function fromUnits(units: readonly number[] | Uint8Array): string {
  let text = "";
  for (let at = 0; at < units.length; at += ARGUMENTS_MAX)
    text += String.fromCharCode.apply(null, units.slice(at, at + ARGUMENTS_MAX) as number[]);
  return text;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
