/**
 * UTF-8 to text and back (RFC 3629). Over-long forms, surrogates and what lies above U+10FFFF are no UTF-8. The engine on
 * the boards has no TextDecoder.
 *
 * That engine keeps text as UTF-8 and measures it whole at each look at one character: a loop over a long text takes time by the
 * square of its length. So every loop here goes over short pieces. No patterns: see the notes on preloaded modules in
 * `test/hosts/simulator/preload.test.ts`.
 */
import { FormatError } from "./errors.ts";

/** Code units of one piece: few, because each may be an argument on a stack of 384 slots. */
const PIECE_UNITS = 64;

const REPLACEMENT = 0xfffd;

/** Text of `bytes[start, end)`. Throws a `FormatError` that names `field` and the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, field: string): string {
  return decode(bytes, start, end, field);
}

/** The same without a refusal: each beginning of a character that has no right end is one U+FFFD, as in a browser. */
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

/** Code units from `start` on, until there are enough of them or ASCII goes on for a while. Returns the offset behind them. */
function decodePiece(
  bytes: Uint8Array,
  start: number,
  end: number,
  field: string | undefined,
  units: number[],
): number {
  let at = start;
  let asciiCount = 0;
  // A pair of surrogates is never split between two pieces.
  while (at < end && units.length < PIECE_UNITS - 1 && asciiCount < ASCII_RUN) {
    const first = bytes[at] as number;
    at += 1;
    if (first < 0x80) {
      units.push(first);
      asciiCount += 1;
      continue;
    }
    asciiCount = 0;
    const lead = at - 1;
    let rest = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    let code = rest === 0 ? REPLACEMENT : first & (0x3f >> rest);
    // The second byte tells over-long forms, surrogates and what lies above U+10FFFF.
    let least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    let most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    let isWhole = rest > 0;
    while (rest > 0) {
      const next = at < end ? (bytes[at] as number) : 0;
      if (next < least || next > most) {
        isWhole = false;
        break;
      }
      code = (code << 6) | (next & 0x3f);
      at += 1;
      rest -= 1;
      least = 0x80;
      most = 0xbf;
    }
    if (!isWhole) {
      if (field !== undefined) throw new FormatError(field, lead, "not UTF-8");
      code = REPLACEMENT;
    }
    if (code < 0x10000) units.push(code);
    else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
  }
  return at;
}

/** After so many characters of ASCII in a row they are taken together again. */
const ASCII_RUN = 8;

/** `text` in pieces of a few characters, none of which ends inside of a pair of surrogates. */
export function piecesOf(text: string): readonly string[] {
  const { length } = text;
  if (length <= PIECE_UNITS) return [text];
  const pieces: string[] = [];
  let from = 0;
  while (from < length) {
    let piece = text.slice(from, from + PIECE_UNITS);
    if (isHighSurrogate(piece.charCodeAt(piece.length - 1))) piece = text.slice(from, from + PIECE_UNITS + 1);
    pieces.push(piece);
    from += piece.length;
  }
  return pieces;
}

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const piece of piecesOf(text)) {
    const { length } = piece;
    bytes += length;
    for (let index = 0; index < length; index += 1) {
      const code = piece.charCodeAt(index);
      if (code < 0x80) continue;
      // Of a pair each half counts two.
      bytes += code < 0x800 || isHalfOfPair(piece, index, code) ? 1 : 2;
    }
  }
  return bytes;
}

/** Writes `text` at `offset` and returns the offset behind it. The caller has made room for `utf8Length(text)` bytes. */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number): number {
  let at = offset;
  for (const piece of piecesOf(text)) {
    const { length } = piece;
    for (let index = 0; index < length; index += 1) {
      const code = piece.charCodeAt(index);
      if (code < 0x80) {
        bytes[at] = code;
        at += 1;
      } else if (isHighSurrogate(code) && isHalfOfPair(piece, index, code)) {
        index += 1;
        at = writeCode(0x10000 + ((code & 0x3ff) << 10) + (piece.charCodeAt(index) & 0x3ff), bytes, at);
      } else at = writeCode(isSurrogate(code) ? REPLACEMENT : code, bytes, at);
    }
  }
  return at;
}

/** `text` as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

function fromUnits(units: ArrayLike<number>): string {
  return String.fromCharCode.apply(null, units as number[]);
}

/** @param code of at least U+0080 */
function writeCode(code: number, bytes: Uint8Array, offset: number): number {
  const length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  let rest = code;
  for (let index = length - 1; index > 0; index -= 1) {
    bytes[offset + index] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  // The lead byte has as many ones on top as the sequence has bytes.
  bytes[offset] = (0xf00 >> length) | rest;
  return offset + length;
}

function isHalfOfPair(text: string, index: number, code: number): boolean {
  if (isHighSurrogate(code)) return isLowSurrogate(text.charCodeAt(index + 1));
  return isLowSurrogate(code) && isHighSurrogate(text.charCodeAt(index - 1));
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xe000;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
