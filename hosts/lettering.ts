/**
 * Measures and draws text in bitmap faces, the same way on all hosts. A run that no face holds is a picture that the station
 * drew, or an empty box. A character of several code points is one picture, unless a face holds them all.
 */
import { directionOf, IS_REVERSED, isRightToLeft, mirrored, visualOrder } from "../src/pager/screen/bidi.ts";
import type { TextRun } from "../src/pager/screen/draw-list.ts";
import { FONTS, type Font } from "../src/pager/screen/fonts.ts";
import { clusterEnd } from "../src/pager/screen/graphemes.ts";
import { rowsAbove } from "../src/pager/screen/run-picture.ts";
import { isIdeograph, NO_PICTURES, type RunPictures, runEnd } from "../src/pager/screen/runs.ts";
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
  /** The ink of a picture, see `run-picture.ts`. `x`, `y` is its top left corner. The bytes are valid during the call. */
  picture(picture: Uint8Array, x: number, y: number): void;
  /** The outline of a rectangle, 1 pixel thick. */
  box(x: number, y: number, width: number, height: number): void;
}

/** Free pixels on both sides of a box. */
const BOX_MARGIN = 1;

/** From here on most characters are as wide as high: ideographs, Hangul, emoji. */
const FIRST_WIDE = 0x2e80;

/** The number one. It stands for all ideographs. */
const IDEOGRAPH = "一";

/** Parts of a line that is not drawn from left to right. A longer line than that is. */
const PARTS_MAX = 255;

export class Lettering<Pictures> {
  /** The pictures of what no face holds. */
  pictures: RunPictures = NO_PICTURES;
  private readonly faces: Faces<Pictures>;
  /** The face of the character that was measured last. undefined: it is a box. */
  private face: Face<Pictures> | undefined;

  constructor(faces: Faces<Pictures>) {
    this.faces = faces;
  }

  /**
   * Width of one character as a reader sees it, in pixels. It is negative if no face holds it: that of its box. Without a
   * character it is the size of the font's face.
   */
  measureText(font: Font, character: string): number {
    if (character === "") return this.sizeOf(font);
    for (const face of this.faces[font]) {
      const width = widthIn(face, character);
      if (width < 0) continue;
      this.face = face;
      return width;
    }
    this.face = undefined;
    return -this.boxWidth(font, character);
  }

  /** A bold line is drawn once more, one pixel to the right. */
  draw(pen: Pen<Pictures>, line: TextRun): void {
    this.drawAt(pen, line, line.x);
    if (line.isBold) this.drawAt(pen, line, line.x + 1);
  }

  private drawAt(pen: Pen<Pictures>, line: TextRun, x: number): void {
    const { font, text, y, isRightToLeft } = line;
    if (!isRightToLeft && isAscii(text)) pen.text(text, this.faces[font][0], x, y);
    else if (isRightToLeft || (text.length <= PARTS_MAX && hasRightToLeft(text)))
      this.drawParts(pen, line, x, isRightToLeft ?? directionOf(text) ?? false);
    else this.drawForward(pen, font, text, x, y);
  }

  /** Draws a line from left to right. What one face holds is drawn at once. */
  private drawForward(pen: Pen<Pictures>, font: Font, line: string, x: number, y: number): void {
    const [own] = this.faces[font];
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
      let end = clusterEnd(line, at);
      const width = this.measureText(font, line.slice(at, end));
      if (this.face !== face) {
        drawUntil(at);
        face = this.face;
      }
      if (face) right += width;
      else {
        end = runEnd(line, at, end);
        right += this.drawRun(pen, font, line.slice(at, end), -width, left, y);
        start = end;
        left = right;
      }
      at = end;
    }
    drawUntil(line.length);
  }

  /** Draws a line in both directions, part by part. @param base whether its paragraph runs from right to left */
  private drawParts(pen: Pen<Pictures>, command: TextRun, x: number, base: boolean): void {
    const { font, text: line, y, isRightToLeft = false } = command;
    const [own] = this.faces[font];
    const parts = new Uint16Array(line.length + 1);
    let count = 0;
    for (let at = 0; at < line.length; count += 1) {
      parts[count] = at;
      const end = clusterEnd(line, at);
      this.measureText(font, line.slice(at, end));
      at = this.face ? end : runEnd(line, at, end);
    }
    parts[count] = line.length;
    const order = visualOrder(line, parts, count, base);
    let at = x;
    for (let each = 0; each < count; each += 1) {
      // From the corner of the line on.
      const place = order[isRightToLeft ? count - 1 - each : each] as number;
      const index = place & ~IS_REVERSED;
      const logical = line.slice(parts[index], parts[index + 1]);
      const part = place & IS_REVERSED ? mirrored(logical) : logical;
      const width = this.measureText(font, part.slice(0, clusterEnd(part, 0)));
      const { face } = this;
      if (!face) at += this.drawRun(pen, font, part, -width, at, y, isRightToLeft);
      else {
        pen.text(part, face, isRightToLeft ? at - width : at, y + own.base - face.base);
        at += isRightToLeft ? -width : width;
      }
    }
  }

  /**
   * Draws the picture of a run, or a box. Returns how far the pen moves.
   * @param box width of the box of its first character
   * @param isBefore it ends at `x`
   */
  private drawRun(
    pen: Pen<Pictures>,
    font: Font,
    run: string,
    box: number,
    x: number,
    y: number,
    isBefore = false,
  ): number {
    const [own] = this.faces[font];
    const isWide = run.length === 1 && isIdeograph(run.charCodeAt(0));
    const sizePixels = isWide ? box : this.sizeOf(font);
    const picture = this.pictures.find(sizePixels, run);
    const boxes = Math.min((1 + run.length - clusterEnd(run, 0)) * box, this.pictures.widthMax);
    const width = picture && !isWide ? (picture[0] as number) : boxes;
    const left = isBefore ? x - width : x;
    if (!picture) drawBox(pen, own, width, left, y);
    else {
      const [, inkLeft = 0, inkTop = 0] = picture;
      pen.picture(picture, left + inkLeft, y + own.base - rowsAbove(sizePixels) + inkTop);
    }
    return isBefore ? -width : width;
  }

  /** A box is as wide as the characters of its kind. All ideographs of a font have one width. */
  private boxWidth(font: Font, character: string): number {
    const [own, ...others] = this.faces[font];
    if ((character.codePointAt(0) as number) < FIRST_WIDE) return own.height >> 1;
    for (const face of others) {
      const width = widthIn(face, IDEOGRAPH);
      if (width >= 0) return width;
    }
    return this.sizeOf(font);
  }

  /** A board without the large face draws large texts with that of the body. */
  private sizeOf(font: Font): number {
    const { faces } = this;
    return FONTS[faces[font][0] === faces.body[0] ? "body" : font].sizePixels;
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

function hasRightToLeft(text: string): boolean {
  for (let index = 0; index < text.length; index += 1)
    if (isRightToLeft(text.codePointAt(index) as number)) return true;
  return false;
}

/** There is no regular expression here, because this module is preloaded and one in flash makes the engine fail. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7e) return false;
  return true;
}
