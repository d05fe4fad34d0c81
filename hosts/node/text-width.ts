import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";

/** Widths of U+0020 to U+007E in thousandths of the font size, those of Helvetica. */
const ASCII_WIDTHS = Object.freeze([
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
]);
const OTHER_WIDTH = 600;
const WIDE_WIDTH = 1000;

/** Characters that are as wide as high. They take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Width of one line in pixels. This host has no face, so it uses the proportions of a usual one. */
export function measureText(font: Font, text: string): number {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const ascii = ASCII_WIDTHS[code - 0x20];
    if (ascii !== undefined) thousandths += ascii;
    else if (ZERO.test(character)) continue;
    else thousandths += WIDE.test(character) ? WIDE_WIDTH : OTHER_WIDTH;
  }
  return Math.ceil((thousandths * FONTS[font].sizePixels) / 1000);
}

/** Columns that a text takes in a terminal. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (!ZERO.test(character)) columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}
