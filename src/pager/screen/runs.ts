/**
 * Runs of text that are drawn as one picture, because no face holds them (wire format, pictures of text). A run is one
 * character as a reader sees it. Where letters join, or run from right to left, it is a word.
 */
import { clusterEnd } from "./graphemes.ts";

/** Longest run, in code units. A longer word is several runs. No character has more, see `CLUSTER_UNITS_MAX`. */
const RUN_UNITS_MAX = 32;

/** What the layout needs to know of the pictures. */
export interface RunWidths {
  /** Width of the picture of the run in `text[start, end)` in pixels, or 0 while there is none. @param hash its `runHash` */
  advanceOf(hash: number, text: string, start: number, end: number): number;
  /** No picture and no box is wider, in pixels. */
  readonly widthMax: number;
}

/** What a host needs to draw them. */
export interface RunPictures extends RunWidths {
  /** Grows when a picture has come. Then all lines that are not ASCII are drawn again. */
  readonly version: number;
  /** The host begins to draw a screen. */
  beginScreen(): void;
  /** Returns the picture's bytes, see `run-picture.ts`. undefined while there is none. Then it is asked for. */
  find(sizePixels: number, run: string): Uint8Array | undefined;
}

/** For a screen without pictures. */
export const NO_PICTURES: RunPictures = Object.freeze({
  version: 0,
  widthMax: 255,
  advanceOf: () => 0,
  beginScreen: () => {},
  find: () => undefined,
});

/** Returns the end of the run that begins at `at`. Its first character ends at `end`. */
export function runEnd(text: string, at: number, end: number): number {
  let last = end;
  // The characters of all other scripts stand by themselves. In these ones marks are among the letters.
  if (!isWordLetter(text.codePointAt(at) as number)) return end;
  for (let code = text.charCodeAt(last); last - at <= RUN_UNITS_MAX; code = text.charCodeAt(last)) {
    // Nearly all letters of these scripts. The text ends with NaN.
    if ((code >= 0x620 && code < 0x660) || (code >= 0x5d0 && code < 0x5f5)) last += 1;
    else if (code === 0x200c || code === 0x200d) last += 1;
    else {
      const whole = code >= 0xd800 ? (text.codePointAt(last) as number) : code;
      if (!isWordLetter(whole)) return last;
      last += whole === code ? 1 : 2;
    }
  }
  // A word that is too long ends behind a character.
  for (last = at + RUN_UNITS_MAX; last > end && clusterEnd(text, last - 1) !== last; ) last -= 1;
  return last;
}

/** The name of the run in `text[start, end)` in a size, of 32 bits. Others may have the same. */
export function runHash(sizePixels: number, text: string, start: number, end: number): number {
  let hash = sizePixels;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Whether the picture of this single code unit always has the width that its font gives to ideographs and Hangul. */
export function isIdeograph(code: number): boolean {
  return (code >= 0x3400 && code < 0x4dc0) || (code >= 0x4e00 && code < 0xa000) || (code >= 0xac00 && code < 0xd7a4);
}

/** Letters that are drawn a word at a time: Hebrew to Gurmukhi, and the further scripts that run from right to left. */
export function isWordLetter(code: number): boolean {
  if (!(code >= 0x591 && code <= 0x1efff)) return false;
  if (code < 0x900)
    return !(isArabicDigit(code) || code === 0x60c || code === 0x61b || code === 0x61f || code === 0x6d4);
  // The lines between sentences, and the digits.
  if (code < 0xa80) return (code & 0x7f) < 0x64 || (code & 0x7f) > 0x6f;
  return (
    (code >= 0xfb1d && code < 0xfe00 && code !== 0xfd3e && code !== 0xfd3f) ||
    (code >= 0xfe70 && code < 0xfeff) ||
    (code >= 0x10800 && code < 0x11000) ||
    code >= 0x1e800
  );
}

function isArabicDigit(code: number): boolean {
  return (code >= 0x660 && code <= 0x66d) || (code >= 0x6f0 && code <= 0x6f9);
}
