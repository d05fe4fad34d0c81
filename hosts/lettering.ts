/**
 * Measures and draws text in bitmap faces, the same way on all hosts. A character that no face holds is an empty box. A
 * character of several code points is one box, unless a face holds them all.
 */
import { FONTS, type Font } from "../src/pager/screen/fonts.ts";
import { clusterEnd } from "../src/pager/screen/graphemes.ts";
import type { Face } from "./face.ts";

/** For each font the face in its size, then those that stand in for what it lacks. */
export type Faces<Pictures> = Readonly<Record<Font, readonly [Face<Pictures>, ...Face<Pictures>[]]>>;

/** The face for what a Latin face lacks. A board with little flash does not have it. */
const CJK = "cjk-16";

/** The faces that `npm run faces` makes. @param load returns undefined where this host does not have the face */
export function facesFrom<Pictures>(load: (name: string) => Face<Pictures> | undefined): Faces<Pictures> {
  const cjk = load(CJK);
  const of = (font: Font, otherwise?: Face<Pictures>) => {
    const name = `latin-${FONTS[font].sizePixels}`;
    const own = load(name) ?? otherwise;
    if (!own) throw new Error(`the face ${name} is missing`);
    return own;
  };
  const small = of("small");
  const body = of("body");
  const further = cjk ? [cjk] : [];
  return {
    small: [small, ...further],
    body: [body, small, ...further],
    // A board with little flash does not have it.
    large: [of("large", body), small, ...further],
    clock: [of("clock"), small],
  };
}

/** Draws the parts of a line. */
export interface Pen<Pictures> {
  /** A text whose characters the face holds. `x`, `y` is the top left corner of its line. */
  text(text: string, face: Face<Pictures>, x: number, y: number): void;
  /** The outline of a rectangle, 1 pixel thick. */
  box(x: number, y: number, width: number, height: number): void;
}

/** Free pixels on both sides of a box. */
const BOX_MARGIN = 1;

/** From here on most characters are as wide as high: ideographs, Hangul, emoji. */
const FIRST_WIDE = 0x2e80;

/** The number one. It stands for all ideographs. */
const IDEOGRAPH = "一";

export class Lettering<Pictures> {
  private readonly faces: Faces<Pictures>;
  /** The face of the character that was measured last. undefined: it is a box. */
  private face: Face<Pictures> | undefined;

  constructor(faces: Faces<Pictures>) {
    this.faces = faces;
  }

  /** Width of one character as a reader sees it, in pixels. */
  measureText(font: Font, character: string): number {
    for (const face of this.faces[font]) {
      const width = widthIn(face, character);
      if (width < 0) continue;
      this.face = face;
      return width;
    }
    this.face = undefined;
    return this.boxWidth(font, character);
  }

  /** Draws a line with its top left corner at `x`, `y`. */
  draw(pen: Pen<Pictures>, font: Font, line: string, x: number, y: number): void {
    const [own] = this.faces[font];
    if (isAscii(line)) {
      pen.text(line, own, x, y);
      return;
    }
    /** The part that was not drawn yet: where it begins, its place, its face. */
    let start = 0;
    let left = x;
    let face: Face<Pictures> | undefined = own;
    let right = x;
    const drawUntil = (end: number) => {
      if (face && end > start) pen.text(line.slice(start, end), face, left, y + own.base - face.base);
      start = end;
      left = right;
    };
    for (let at = 0; at < line.length; ) {
      const end = clusterEnd(line, at);
      const width = this.measureText(font, line.slice(at, end));
      if (this.face !== face) {
        drawUntil(at);
        face = this.face;
      }
      if (!face) {
        drawBox(pen, own, width, left, y);
        start = end;
        left += width;
      }
      right += width;
      at = end;
    }
    drawUntil(line.length);
  }

  /** A box is as wide as the characters of its kind. All ideographs of a font have one width. */
  private boxWidth(font: Font, character: string): number {
    const [own, ...others] = this.faces[font];
    if ((character.codePointAt(0) as number) < FIRST_WIDE) return own.height >> 1;
    for (const face of others) {
      const width = widthIn(face, IDEOGRAPH);
      if (width >= 0) return width;
    }
    return own.base;
  }
}

/** The box is as high as a capital letter: about half of the line, beginning at a quarter of it. */
function drawBox(pen: Pen<unknown>, { height }: Face, width: number, x: number, y: number): void {
  pen.box(x + BOX_MARGIN, y + Math.round(height / 4), width - 2 * BOX_MARGIN, Math.round(height / 2));
}

/** Width of a character, or -1 if the face does not hold all its code points. */
function widthIn(face: Face, character: string): number {
  let width = 0;
  for (let at = 0; at < character.length; at += 1) {
    const code = character.codePointAt(at) as number;
    const record = face.recordOf(code);
    if (record === 0) return -1;
    width += face.advanceOf(record);
  }
  return width;
}

/** There is no regular expression here, because this module is preloaded and one in flash makes the engine fail. */
function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7e) return false;
  return true;
}
