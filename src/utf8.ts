/**
 * UTF-8 to text and back (RFC 3629), strict: over-long forms, surrogates and what lies above U+10FFFF are refused. The
 * engine on the boards has no TextDecoder.
 */
import { FormatError } from "./errors.ts";

/** Code units joined by one call: small, because each is an argument on a stack of 512 slots. */
const PIECE_UNITS = 32;

/** Text of `bytes[start, end)`. Throws a `FormatError` that names `field` and the offset of the first wrong byte. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, field: string): string {
  let text = "";
  const units: number[] = [];
  let offset = start;
  while (offset < end) {
    const first = bytes[offset] as number;
    if (first < 0x80) {
      units.push(first);
      offset += 1;
    } else {
      const length =
        first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
      if (length === 0 || offset + length > end) throw new FormatError(field, offset, "not UTF-8");
      let code = first & (0xff >> (length + 1));
      for (let index = 1; index < length; index += 1) {
        const next = bytes[offset + index] as number;
        if ((next & 0xc0) !== 0x80) throw new FormatError(field, offset, "not UTF-8");
        code = (code << 6) | (next & 0x3f);
      }
      const overlong = (length === 3 && code < 0x800) || (length === 4 && code < 0x10000);
      if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        throw new FormatError(field, offset, "not UTF-8");
      if (code < 0x10000) units.push(code);
      else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
      offset += length;
    }
    if (units.length >= PIECE_UNITS) {
      text += String.fromCharCode(...units);
      units.length = 0;
    }
  }
  return units.length ? text + String.fromCharCode(...units) : text;
}

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) length += codeLength(codePoint(character));
  return length;
}

/** Writes `text` at `offset` and returns the offset behind it. The caller has made room for `utf8Length(text)` bytes. */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number): number {
  for (const character of text) {
    const code = codePoint(character);
    const length = codeLength(code);
    if (length === 1) bytes[offset] = code;
    else {
      for (let index = length - 1, rest = code; index > 0; index -= 1, rest >>= 6)
        bytes[offset + index] = 0x80 | (rest & 0x3f);
      bytes[offset] = (0xf00 >> length) | (code >> (6 * (length - 1)));
    }
    offset += length;
  }
  return offset;
}

/** `text` as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  writeUtf8(text, bytes, 0);
  return bytes;
}

function codePoint(character: string): number {
  const code = character.codePointAt(0) as number;
  return code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
}

function codeLength(code: number): number {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}
