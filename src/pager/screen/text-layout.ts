/**
 * Breaks text into lines that fit. A line breaks at a space, after a hyphen, or beside a CJK character. A word that is
 * longer than a line breaks between characters. A line never breaks inside a character (`graphemes.ts`). A closing sign
 * begins a line only if there is no other place to break.
 */
import type { Font } from "./fonts.ts";
import { CLUSTER_UNITS_MAX, clusterEnd } from "./graphemes.ts";
import {
  BEGINS_WORD,
  type FaceWidths,
  KIND,
  OTHERS_COUNT,
  PARTS_A_PIXEL,
  type TextWidths,
  WIDTH_MASK,
} from "./text-widths.ts";

/**
 * Longest line, in code units: this many, and one more for every fourth pixel. Only characters with almost no width
 * reach it. It limits the cost of such a text.
 */
const LINE_UNITS_BASE = 48;

export interface Line {
  /** The words of the line. */
  readonly text: string;
  /** Index in the text where the next line begins. */
  readonly next: number;
}

/**
 * Lays out the line of `text` that begins at `start`. Its cost does not depend on the length of the text. The work for
 * each character is written out here and not shared, because a call, or a name of another module, costs XS as much as
 * all the rest.
 * @param width in pixels
 */
export function lineAt(text: string, start: number, widths: FaceWidths, width: number): Line {
  const unitsMax = LINE_UNITS_BASE + (width >> 2);
  // XS walks a text from its beginning to find an index. So work on a short piece.
  const piece = text.slice(start, start + unitsMax + CLUSTER_UNITS_MAX);
  const scanEnd = start + piece.length < text.length ? unitsMax : piece.length;
  const limit = width * PARTS_A_PIXEL;
  const { ascii, others, ideograph: ideographEntry } = widths;
  const { digit, space, ideograph, opening, ideographicOpening } = KIND;
  let used = 0;
  let before: number = space;
  /**
   * The last place where the line may break, and the last place where it may break if there is no other. 0: none yet.
   */
  let breakAt = 0;
  let fallbackAt = 0;
  let at = 0;
  let end = 0;
  let code = piece.charCodeAt(0);
  let after = 0;
  let entry = 0;
  let kind = 0;
  while (at < scanEnd) {
    end = at + 1;
    after = piece.charCodeAt(end);
    if (code < 0x80 && !(after >= 0x300)) entry = ascii[code] as number;
    // Nearly all Chinese and Japanese characters: no mark follows them.
    else if (code >= 0x4e00 && code < 0xa000 && (!(after >= 0x300) || (after >= 0x3100 && after < 0xa66f)))
      entry = ideographEntry;
    else {
      // Most letters and signs before a letter of Europe, a sign or the end: no mark follows them, and they join nothing.
      if (
        (code >= 0x600 && (code <= 0x200d || code >= 0xd800)) ||
        (after >= 0x300 && (after < 0x370 || after >= 0x483))
      ) {
        end = clusterEnd(piece, at);
        after = piece.charCodeAt(end);
      }
      if (end > at + 1) entry = widths.entryAt(piece, at, end);
      else {
        entry = others[code & (OTHERS_COUNT - 1)] as number;
        entry = entry >>> 16 === code ? entry & 0xffff : widths.entryAt(piece, at, end);
      }
      if ((entry & BEGINS_WORD) !== 0) {
        used += widths.wordParts(piece, at, end, entry) - (entry & WIDTH_MASK);
        end = widths.end;
        after = piece.charCodeAt(end);
      }
    }
    used += entry & WIDTH_MASK;
    kind = entry >> 12;
    if (kind === space) before = space;
    else {
      if (kind <= digit && before <= space) {
        fallbackAt = at;
        if (before === space) breakAt = at;
      } else if (kind === ideograph && before !== opening && before !== ideographicOpening) breakAt = fallbackAt = at;
      else if (kind === KIND.newline) return lineOf(piece, start, at, code === 0x0d && after === 0x0a ? end + 1 : end);
      else {
        if (mayBreak(before, kind)) breakAt = at;
        if (!isClosing(kind) && !isOpening(before)) fallbackAt = at;
        // A minus sign before a number, or dashes before a word.
        if (kind === KIND.hyphen && before > digit) kind = opening;
      }
      if (used > limit) break;
      before = kind;
    }
    at = end;
    code = after;
  }
  if (at >= piece.length) return lineOf(piece, start, at, at);
  const next = breakAt || (at < scanEnd ? fallbackAt || at || end : at);
  return lineOf(piece, start, next, next);
}

/** Leaves out the spaces at the end of the line. */
function lineOf(piece: string, start: number, end: number, next: number): Line {
  return { text: piece.slice(0, end).trimEnd(), next: start + next };
}

function isClosing(kind: number): boolean {
  return kind === KIND.closing || kind === KIND.ideographicClosing;
}

function isOpening(kind: number): boolean {
  return kind === KIND.opening || kind === KIND.ideographicOpening;
}

/** Whether a line may break between characters of these kinds. The second one is no space. */
function mayBreak(before: number, kind: number): boolean {
  if (isClosing(kind) || isOpening(before)) return false;
  if (before === KIND.space) return true;
  if (before === KIND.hyphen) return kind !== KIND.digit && kind !== KIND.hyphen;
  return kind === KIND.ideograph || kind === KIND.ideographicOpening || before >= KIND.ideograph;
}

/**
 * Lays out `text` as at most `linesMax` lines of at most `width` pixels. If there is more, the last line ends with "…".
 */
export function wrapText(text: string, font: Font, width: number, linesMax: number, widths: TextWidths): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length && lines.length < linesMax; ) {
    const line = lineAt(text, at, widths[font], width);
    const isCut = line.next < text.length && lines.length + 1 === linesMax;
    lines.push(isCut ? fitLine(`${line.text}…`, font, width, widths) : line.text);
    at = line.next;
  }
  return lines;
}

/** Cuts `text` to one line of at most `width` pixels. If it is cut, or has a line break, it ends with "…". */
export function fitLine(text: string, font: Font, width: number, widths: TextWidths): string {
  const limit = width * PARTS_A_PIXEL;
  const face = widths[font];
  if (headEnd(text, face, limit) === text.length) return text;
  const end = headEnd(text, face, limit - partsOf("…", face)) || clusterEnd(text, 0);
  return `${text.slice(0, end).trimEnd()}…`;
}

/** Width of a line in pixels. */
export function widthOf(text: string, font: Font, widths: TextWidths): number {
  return Math.ceil(partsOf(text, widths[font]) / PARTS_A_PIXEL);
}

/** Returns how many code units of `text` fit into one line. @param limit width of the line, in parts of a pixel */
function headEnd(text: string, widths: FaceWidths, limit: number): number {
  const { ascii } = widths;
  let used = 0;
  let at = 0;
  let code = text.charCodeAt(0);
  while (at < text.length) {
    let end = at + 1;
    let after = text.charCodeAt(end);
    let entry: number;
    if (code < 0x80 && !(after >= 0x300)) entry = ascii[code] as number;
    else {
      end = clusterEnd(text, at);
      entry = widths.entryAt(text, at, end);
      if ((entry & BEGINS_WORD) !== 0) {
        used += widths.wordParts(text, at, end, entry) - (entry & WIDTH_MASK);
        end = widths.end;
      }
      after = text.charCodeAt(end);
    }
    used += entry & WIDTH_MASK;
    if (used > limit || entry >> 12 === KIND.newline || end > HEAD_UNITS_MAX) return at;
    at = end;
    code = after;
  }
  return at;
}

/** No text that is shown in one line is longer, in code units. */
const HEAD_UNITS_MAX = 256;

function partsOf(text: string, widths: FaceWidths): number {
  const { ascii } = widths;
  let parts = 0;
  let at = 0;
  let code = text.charCodeAt(0);
  while (at < text.length) {
    let end = at + 1;
    let after = text.charCodeAt(end);
    if (code < 0x80 && !(after >= 0x300)) parts += (ascii[code] as number) & WIDTH_MASK;
    else {
      end = clusterEnd(text, at);
      const entry = widths.entryAt(text, at, end);
      if ((entry & BEGINS_WORD) !== 0) {
        parts += widths.wordParts(text, at, end, entry);
        end = widths.end;
      } else parts += entry & WIDTH_MASK;
      after = text.charCodeAt(end);
    }
    at = end;
    code = after;
  }
  return parts;
}
