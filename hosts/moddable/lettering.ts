/**
 * Draws lines of text in Poco's fonts. The SDK's fonts hold ASCII only, and Poco leaves out characters that a font does
 * not hold. Here such a character is drawn and measured as an empty box. A character of several code points is one box.
 */

import { clusterEnd } from "../../src/pager/screen/graphemes.ts";

/** The part of an SDK font that is used here. */
export interface Face {
  /** Height of a line, in pixels. */
  readonly height: number;
}

/** The part of Poco that is used here. */
export interface Canvas {
  fillRectangle(color: number, x: number, y: number, width: number, height: number): void;
  drawText(text: string, face: Face, color: number, x: number, y: number): void;
  getTextWidth(text: string, face: Face): number;
}

/** Free pixels on both sides of a box. */
const BOX_MARGIN = 1;

/** Width of one character as a reader sees it, in pixels. */
export function measureCharacter(canvas: Canvas, face: Face, character: string): number {
  const width = canvas.getTextWidth(character, face);
  const isBox = width === 0 || (character.length > 1 && !hasGlyphs(canvas, face, character));
  return isBox ? boxWidth(face) : width;
}

/** Draws a line with its top left corner at `x`, `y`. */
export function drawLine(canvas: Canvas, face: Face, text: string, color: number, x: number, y: number): void {
  if (isPlain(text)) {
    canvas.drawText(text, face, color, x, y);
    return;
  }
  let left = x;
  let start = 0;
  const drawUntil = (end: number) => {
    if (end === start) return;
    const run = text.slice(start, end);
    canvas.drawText(run, face, color, left, y);
    left += canvas.getTextWidth(run, face);
  };
  for (let at = 0; at < text.length; ) {
    const end = clusterEnd(text, at);
    if (!hasGlyphs(canvas, face, text.slice(at, end))) {
      drawUntil(at);
      drawBox(canvas, face, color, left, y);
      left += boxWidth(face);
      start = end;
    }
    at = end;
  }
  drawUntil(text.length);
}

/** Whether the font holds all code points of a character. */
function hasGlyphs(canvas: Canvas, face: Face, character: string): boolean {
  for (const part of character) if (canvas.getTextWidth(part, face) === 0) return false;
  return true;
}

/**
 * Whether every font holds the whole text. There is no regular expression here, because this module is preloaded. In
 * SDK 8.2.3 the engine crashes when it collects garbage while it runs a regular expression from ROM: it loses the
 * captures.
 */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function boxWidth(face: Face): number {
  return (face.height + 1) >> 1;
}

/** The box is as high as a capital letter: about half of the line, beginning at a quarter of it. */
function drawBox(canvas: Canvas, face: Face, color: number, x: number, y: number): void {
  const width = boxWidth(face) - 2 * BOX_MARGIN;
  const height = Math.round(face.height / 2);
  const left = x + BOX_MARGIN;
  const top = y + Math.round(face.height / 4);
  canvas.fillRectangle(color, left, top, width, 1);
  canvas.fillRectangle(color, left, top + height - 1, width, 1);
  canvas.fillRectangle(color, left, top, 1, height);
  canvas.fillRectangle(color, left + width - 1, top, 1, height);
}
