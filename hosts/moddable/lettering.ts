/**
 * Lines of text in Poco's faces. The SDK's faces hold ASCII only, and Poco drops what a face does not hold: here such a
 * character is drawn as an empty box, and measured as one. A character of several code points is one box.
 */

import { clusterEnd } from "../../src/pager/screen/graphemes.ts";

/** What is used of a face of the SDK. */
export interface Face {
  /** Of a line, in pixels. */
  readonly height: number;
}

/** What is used of Poco. */
export interface Canvas {
  fillRectangle(color: number, x: number, y: number, width: number, height: number): void;
  drawText(text: string, face: Face, color: number, x: number, y: number): void;
  getTextWidth(text: string, face: Face): number;
}

/** Pixels left free on both sides of a box. */
const BOX_MARGIN = 1;

/** Width in pixels of one character as a reader sees it. */
export function measureCharacter(canvas: Canvas, face: Face, character: string): number {
  const width = canvas.getTextWidth(character, face);
  const isBox = width === 0 || (character.length > 1 && !isHeld(canvas, face, character));
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
    if (!isHeld(canvas, face, text.slice(at, end))) {
      drawUntil(at);
      drawBox(canvas, face, color, left, y);
      left += boxWidth(face);
      start = end;
    }
    at = end;
  }
  drawUntil(text.length);
}

/** Whether the face holds all code points of a character. */
function isHeld(canvas: Canvas, face: Face, character: string): boolean {
  for (const part of character) if (canvas.getTextWidth(part, face) === 0) return false;
  return true;
}

/**
 * Whether every face holds all of it. A pattern would do, but not in a module that is preloaded: in SDK 8.2.3 the engine
 * loses the captures of a pattern in ROM when it collects garbage while it runs one, and crashes.
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

/** As high as a capital letter, which in these faces is about half of the line and stands below a quarter of it. */
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
