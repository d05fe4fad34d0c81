/**
 * UTF-8 to text and back (RFC 3629), strict: over-long forms, surrogates and what lies above U+10FFFF are refused. The
 * engine on the boards has no TextDecoder. Nearly all text is ASCII and takes the short way. No patterns: see the notes on
 * preloaded modules in `test/hosts/simulator/preload.test.ts`.
 */
import { FormatError } from "./errors.ts";

/** Code units joined by one call: few, because each is an argument on a stack of 512 slots. */
const PIECE_UNITS = 64;

/** Text of `bytes[start, end)`. Throws a `FormatError` that names `field` and the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, field: string): string {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at += 1;
  return at < end ? decodeAny(bytes, start, end, field) : latin1(bytes, start, end);
}

/** The text with one character of the same code for each byte: their text where they are ASCII. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= PIECE_UNITS) return fromUnits(bytes.subarray(start, end));
  let text = "";
  for (let at = start; at < end; at += PIECE_UNITS)
    text += fromUnits(bytes.subarray(at, Math.min(at + PIECE_UNITS, end)));
  return text;
}

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  const { length } = text;
  let index = 0;
  while (index < length && text.charCodeAt(index) < 0x80) index += 1;
  if (index === length) return length;
  let bytes = 0;
  for (const character of text) bytes += codeLength(codePoint(character));
  return bytes;
}

/** Writes `text` at `offset` and returns the offset behind it. The caller has made room for `utf8Length(text)` bytes. */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number): number {
  const { length } = text;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return writeAny(text, bytes, offset);
    bytes[offset + index] = code;
  }
  return offset + length;
}

/** `text` as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

function decodeAny(bytes: Uint8Array, start: number, end: number, field: string): string {
  let text = "";
  const units: number[] = [];
  let offset = start;
  while (offset < end) {
    const first = bytes[offset] as number;
    const length = sequenceLength(first);
    if (length === 0 || offset + length > end) throw new FormatError(field, offset, "not UTF-8");
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (let index = 1; index < length; index += 1) {
      const next = bytes[offset + index] as number;
      if ((next & 0xc0) !== 0x80) throw new FormatError(field, offset, "not UTF-8");
      code = (code << 6) | (next & 0x3f);
    }
    const isOverlong = (length === 3 && code < 0x800) || (length === 4 && code < 0x10000);
    if (isOverlong || code > 0x10ffff || isSurrogate(code)) throw new FormatError(field, offset, "not UTF-8");
    if (code < 0x10000) units.push(code);
    else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
    offset += length;
    if (units.length >= PIECE_UNITS) text += fromUnits(units.splice(0));
  }
  return text + fromUnits(units);
}

function fromUnits(units: ArrayLike<number>): string {
  return String.fromCharCode.apply(null, units as number[]);
}

/** Bytes of the sequence that begins with `first`; 0 where none does. */
function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

/** Goes by the iterator: an index into text that is not ASCII costs the engine a walk from its beginning. */
function writeAny(text: string, bytes: Uint8Array, offset: number): number {
  let at = offset;
  for (const character of text) at = writeCode(codePoint(character), bytes, at);
  return at;
}

function writeCode(code: number, bytes: Uint8Array, offset: number): number {
  const length = codeLength(code);
  if (length === 1) bytes[offset] = code;
  else {
    let rest = code;
    for (let index = length - 1; index > 0; index -= 1) {
      bytes[offset + index] = 0x80 | (rest & 0x3f);
      rest >>= 6;
    }
    // The lead byte has as many ones on top as the sequence has bytes.
    bytes[offset] = (0xf00 >> length) | rest;
  }
  return offset + length;
}

function codePoint(character: string): number {
  const code = character.codePointAt(0) as number;
  return isSurrogate(code) ? 0xfffd : code;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xe000;
}

function codeLength(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
