/** The QR code of an address in a message: a phone reads it, and opens the address. */
import { LINK_CODE_BYTES_MAX } from "../../limits.ts";
import type { QrCode } from "../../seams.ts";
import { utf8Length } from "../../utf8.ts";
import type { DrawListBuilder } from "./layout.ts";
import { qrPicture, qrSide } from "./qr-picture.ts";

/** What a phone opens. */
const SCHEMES: readonly string[] = Object.freeze(["https://", "http://", "tel:", "mailto:", "geo:"]);

/** Characters that end an address, and those that do not stand at its end. A bracket at the end belongs to it if it was opened there. */
const ENDS = ' \t\n\r<>"';
const TRAILING = ".,;:!?'…)]}»”";

/** Side of the largest picture of a code, in pixels. Its bits take 4,232 bytes. */
const SIDE_MAX = 184;

/** The first address in a text. Empty: there is none, or it is too long for a code. */
export function firstAddress(text: string): string {
  let start = text.length;
  let head = 0;
  for (const scheme of SCHEMES) {
    const at = indexOfWord(text, scheme);
    if (at < 0 || at >= start) continue;
    start = at;
    head = scheme.length;
  }
  let end = start;
  while (end < text.length && !ENDS.includes(text.charAt(end))) end += 1;
  while (end > start && TRAILING.includes(text.charAt(end - 1)) && !isClosing(text, start, end)) end -= 1;
  // Nothing follows the scheme.
  if (end - start <= head || end - start > LINK_CODE_BYTES_MAX) return "";
  const address = text.slice(start, end);
  return utf8Length(address) > LINK_CODE_BYTES_MAX ? "" : address;
}

/** Where a word begins with this. -1: nowhere. */
function indexOfWord(text: string, beginning: string): number {
  let at = text.indexOf(beginning);
  while (at > 0 && isLetter(text.charCodeAt(at - 1))) at = text.indexOf(beginning, at + 1);
  return at;
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

/** Whether the last character is a bracket that was opened inside of the address. */
function isClosing(text: string, start: number, end: number): boolean {
  if (text.charAt(end - 1) !== ")") return false;
  let open = 0;
  for (let at = start; at < end; at += 1) {
    const character = text.charAt(at);
    open += character === "(" ? 1 : character === ")" ? -1 : 0;
  }
  return open >= 0;
}

/** Whether a code can be drawn in so many rows and columns. */
export function hasCodeRoom(code: QrCode, width: number, height: number): boolean {
  return qrSide(code, Math.min(width, height, SIDE_MAX)) > 0;
}

/** Draws the code in the middle of the view. */
export function drawLinkCode({ commands, area, size }: DrawListBuilder, code: QrCode, address: string): void {
  const pixels = Math.min(size.width, area.bottom - area.top, SIDE_MAX);
  const side = qrSide(code, pixels);
  const x = (size.width - side) >> 1;
  const y = (area.top + area.bottom - side) >> 1;
  const [ground, ...bits] = qrPicture(code, x, y, pixels);
  if (ground?.kind === "fill") commands.push({ ...ground, words: `QR code of ${address}` }, ...bits);
}
