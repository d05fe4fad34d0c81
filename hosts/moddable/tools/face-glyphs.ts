/** Draws one character with the fonts of npm. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./command.ts";
import type { Glyph } from "./face-file.ts";
import { FONT_PACKAGES } from "./face-record.ts";

// Without this the library looks at the fonts of this machine too.
process.env.DISABLE_SYSTEM_FONTS_LOAD = "1";
const { createCanvas, GlobalFonts } = await import("@napi-rs/canvas");

/** Pixels to the left of the pen in the picture of a character, and above and below its line. */
const ROOM = 24;
const SIDE = 4 * ROOM;

/** No font holds it. What a font draws for it is what it draws for all that it lacks. */
const UNKNOWN = "\u{10fffd}";

/** How a font is drawn. A family that lacks a character leaves it to the next one. */
export interface Style {
  readonly family: string;
  readonly weight: number;
  readonly sizePixels: number;
}

export interface Line {
  readonly lineHeight: number;
  readonly base: number;
}

const canvas = createCanvas(SIDE, SIDE);
const context = canvas.getContext("2d");
/** What a style draws for a character that it lacks. */
const unknowns = new Map<string, Buffer>();

/** Makes the fonts known. Each package is a family, called as the package without its scope. */
export function registerFonts(): void {
  for (const name of FONT_PACKAGES) {
    const folder = join(ROOT, "node_modules", name, "files");
    const isVariable = name.startsWith("@fontsource-variable/");
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith(isVariable ? "-wght-normal.woff2" : "-normal.woff2")) continue;
      if (!GlobalFonts.registerFromPath(join(folder, file), name.split("/")[1]))
        throw new Error(`${name}: ${file} is refused`);
    }
  }
}

export function invisible(code: number): Glyph {
  return { code, width: 0, height: 0, left: 0, top: 0, advance: 0, levels: new Uint8Array() };
}

/**
 * Draws a character in the first style that has it.
 * @param advance a width for all characters; the picture stands in its middle
 */
export function drawFirst(code: number, styles: readonly Style[], line: Line, advance?: number): Glyph {
  for (const style of styles) {
    const pixels = paint(drawnAs(code), style);
    if (pixels.equals(unknownOf(style))) continue;
    const glyph = cutToLine(glyphOf(code, pixels, line), line);
    if (advance === undefined) return glyph;
    return { ...glyph, left: glyph.left + Math.round((advance - glyph.advance) / 2), advance };
  }
  throw new Error(`U+${code.toString(16)} ${String.fromCodePoint(code)}: no font holds it`);
}

/** The fonts have the ligatures ff to ffl only with serifs. They are drawn as letters. */
function drawnAs(code: number): string {
  const text = String.fromCodePoint(code);
  return code >= 0xfb00 && code <= 0xfb04 ? text.normalize("NFKC") : text;
}

function unknownOf(style: Style): Buffer {
  const key = `${style.family} ${style.weight} ${style.sizePixels}`;
  const known = unknowns.get(key);
  if (known) return known;
  const unknown = paint(UNKNOWN, style);
  unknowns.set(key, unknown);
  return unknown;
}

/** Steps of a pixel that nobody sees, out of 15. */
const UNSEEN = 2;

/**
 * How much of a pixel is covered, 0 to 15. A pixel that is nearly empty is empty, and one that is nearly full is full: such pixels come in
 * runs, which take an eighth less of the flash.
 */
function levelOf(brightness: number): number {
  const level = Math.round((brightness * 15) / 255);
  if (level <= UNSEEN) return 0;
  return level >= 15 - UNSEEN ? 15 : level;
}

/** How much of each pixel of the canvas is covered, 0 to 15, then how far the pen moves. The pen is at `ROOM`, `2 * ROOM`. */
function paint(text: string, { family, weight, sizePixels }: Style): Buffer {
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  context.fillStyle = "#fff";
  context.font = `${weight} ${sizePixels}px "${family}"`;
  context.fillText(text, ROOM, 2 * ROOM);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const pixels = Buffer.alloc(SIDE * SIDE + 1);
  for (let at = 0; at < SIDE * SIDE; at += 1) pixels[at] = levelOf(data[4 * at] as number);
  pixels[SIDE * SIDE] = Math.round(context.measureText(text).width);
  return pixels;
}

function glyphOf(code: number, pixels: Buffer, { base }: Line): Glyph {
  let [left, right, top, bottom] = [SIDE, 0, SIDE, 0];
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      if (pixels[y * SIDE + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  const advance = pixels[SIDE * SIDE] as number;
  if (right === 0) return { ...invisible(code), advance };
  const width = right - left;
  const height = bottom - top;
  const levels = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1)
    levels.set(pixels.subarray((top + row) * SIDE + left, (top + row) * SIDE + right), row * width);
  return { code, width, height, left: left - ROOM, top: top - 2 * ROOM + base, advance, levels };
}

/** Leaves out the rows above and below the line, as some capitals with two accents have them. They would stand on other lines. */
function cutToLine(glyph: Glyph, { lineHeight }: Line): Glyph {
  const first = Math.max(0, -glyph.top);
  const last = Math.min(glyph.height, lineHeight - glyph.top);
  if (first === 0 && last === glyph.height) return glyph;
  const levels = glyph.levels.subarray(first * glyph.width, last * glyph.width);
  return { ...glyph, top: glyph.top + first, height: last - first, levels };
}
