/** Draws runs of text with a text shaper and fonts of many scripts. */
import type { SKRSContext2D } from "@napi-rs/canvas";
import { RUN_PIXELS_MAX } from "../../../src/limits.ts";
import { rowsAbove, rowsBelow } from "../../../src/pager/screen/run-picture.ts";
import type { DrawnRun } from "../../../src/payload/optional/raster.ts";
import type { Depth, SizedRun } from "../../../src/payload/raster.ts";
import { type Canvas, fontOf, loadFonts } from "./fonts.ts";

/** Size of the canvas, in pixels. What is wider is squeezed until it fits. */
const WIDTH = 1_024;
const HEIGHT = 8 * RUN_PIXELS_MAX;

/** A run that is too high or too wide is drawn smaller, down to this part of its size. Then it is squeezed. */
const SMALLEST = 0.6;
const STEP = 0.94;

/** No font holds it. What is drawn for it is drawn for all that the fonts lack. */
const UNKNOWN = "\u{10fffd}";

/** Code points of which it is known whether a font holds them. One more empties the table. */
const KNOWN_MAX = 20_000;

/** The size in which it is tried whether a font holds a character. */
const PROBE_PIXELS = 16;

/** From here on a pixel of one bit is set. */
const HALF = 8;

/** What was painted: how much of each pixel is covered, 0 to 15, row by row, and where the pen began and ended. */
interface Painted {
  readonly levels: Uint8Array;
  readonly width: number;
  readonly penLeft: number;
  readonly penRight: number;
  readonly baseLine: number;
}

export class Shaper {
  readonly #context: SKRSContext2D;
  readonly #held = new Map<string, boolean>();
  readonly #unknown: Painted;

  /** Rejects where a font is missing. */
  static async open(): Promise<Shaper> {
    return new Shaper(await loadFonts());
  }

  private constructor({ createCanvas }: Canvas) {
    this.#context = createCanvas(WIDTH, HEIGHT).getContext("2d");
    this.#unknown = this.#paint(UNKNOWN, PROBE_PIXELS, 1);
  }

  /** Returns the run as it is drawn, or undefined where the fonts lack one of its characters. */
  draw({ text, sizePixels }: SizedRun, widthMax: number, depth: Depth): DrawnRun | undefined {
    if (![...text].every((character) => this.#isHeld(character))) return undefined;
    const rows = rowsAbove(sizePixels) + rowsBelow(sizePixels);
    let size = sizePixels;
    let drawn = this.#drawIn(text, size, 1, sizePixels);
    while (
      size > SMALLEST * sizePixels &&
      (drawn.top < 0 || drawn.top + drawn.height > rows || drawn.advance > widthMax)
    ) {
      size = Math.floor(STEP * size);
      drawn = this.#drawIn(text, size, 1, sizePixels);
    }
    if (drawn.advance > widthMax) drawn = this.#drawIn(text, size, (widthMax - 1) / drawn.advance, sizePixels);
    drawn = cutToBox(drawn, rows, widthMax);
    return depth === 4 ? drawn : { ...drawn, levels: drawn.levels.map((level) => (level < HALF ? 0 : 15)) };
  }

  /** @param boxPixels the size in which the run was asked for, which places the base line */
  #drawIn(text: string, size: number, squeeze: number, boxPixels: number): DrawnRun {
    const painted = this.#paint(text, size, squeeze);
    const { left, top, width, height } = inkOf(painted);
    const { penLeft, penRight, baseLine } = painted;
    // Ink to the left of the pen moves the run to the right.
    const start = width > 0 ? Math.min(penLeft, left) : penLeft;
    const ink = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
      const from = (top + row) * painted.width + left;
      ink.set(painted.levels.subarray(from, from + width), row * width);
    }
    return {
      advance: Math.max(1, penRight - start, left + width - start),
      left: width > 0 ? left - start : 0,
      top: height > 0 ? top - (baseLine - rowsAbove(boxPixels)) : 0,
      width,
      height,
      levels: ink,
    };
  }

  #paint(text: string, size: number, squeeze: number): Painted {
    const context = this.#context;
    const penLeft = 2 * size;
    const baseLine = 4 * size;
    const height = 6 * size;
    context.font = fontOf(text, size);
    const advance = context.measureText(text).width;
    const scale = Math.min(squeeze, (WIDTH - 4 * size) / Math.max(1, advance));
    const penRight = penLeft + Math.round(advance * scale);
    const width = penRight + 2 * size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#fff";
    context.setTransform(scale, 0, 0, 1, penLeft, baseLine);
    context.fillText(text, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const levels = new Uint8Array(width * height);
    for (let at = 0; at < levels.length; at += 1) levels[at] = Math.round(((data[4 * at] as number) * 15) / 255);
    return { levels, width, penLeft, penRight, baseLine };
  }

  #isHeld(character: string): boolean {
    if (/^\p{Default_Ignorable_Code_Point}$|^\s$/u.test(character)) return true;
    let isHeld = this.#held.get(character);
    if (isHeld === undefined) {
      isHeld = Buffer.compare(this.#paint(character, PROBE_PIXELS, 1).levels, this.#unknown.levels) !== 0;
      if (this.#held.size === KNOWN_MAX) this.#held.clear();
      this.#held.set(character, isHeld);
    }
    return isHeld;
  }
}

/** The rectangle of the pixels that are covered. */
function inkOf({ levels, width }: Painted): { left: number; top: number; width: number; height: number } {
  let [left, right, top, bottom] = [width, 0, levels.length, 0];
  for (let row = 0; row < levels.length; row += width) {
    for (let x = 0; x < width; x += 1) {
      if (levels[row + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, row / width);
      bottom = row / width + 1;
    }
  }
  return right === 0
    ? { left: 0, top: 0, width: 0, height: 0 }
    : { left, top, width: right - left, height: bottom - top };
}

/** Leaves out what is outside of the box even in the smallest size: piles of marks. */
function cutToBox(drawn: DrawnRun, rows: number, widthMax: number): DrawnRun {
  const { left, top, width, height, levels } = drawn;
  const firstRow = Math.min(height, Math.max(0, -top));
  const lastRow = Math.max(firstRow, Math.min(height, rows - top));
  const lastColumn = Math.max(0, Math.min(width, widthMax - left));
  const advance = Math.min(widthMax, drawn.advance);
  if (firstRow === 0 && lastRow === height && lastColumn === width) return { ...drawn, advance };
  const kept = new Uint8Array(lastColumn * (lastRow - firstRow));
  for (let row = firstRow; row < lastRow; row += 1)
    kept.set(levels.subarray(row * width, row * width + lastColumn), (row - firstRow) * lastColumn);
  const isEmpty = kept.length === 0;
  return {
    advance,
    left: isEmpty ? 0 : left,
    top: isEmpty ? 0 : Math.max(0, top),
    width: isEmpty ? 0 : lastColumn,
    height: isEmpty ? 0 : lastRow - firstRow,
    levels: kept,
  };
}
