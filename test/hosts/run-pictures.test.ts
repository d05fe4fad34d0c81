/**
 * Lines with pictures of text look like the same lines drawn at once by the text shaper on a desktop. Words are placed on whole
 * pixels here, and letters of the faces are hinted by themselves, so a line may be some pixels longer or shorter.
 *
 * The measure: windows of 24 columns are looked for in the other line, up to 4 columns and a tenth of their distance from the
 * left end to either side, and 1 row up or down. How alike they are is the correlation of their pixels, 1 for the same.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Canvas, fontOf, loadFonts } from "../../hosts/station/runs/fonts.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { rowsAbove } from "../../src/pager/screen/run-picture.ts";
import { widthOf } from "../../src/pager/screen/text-layout.ts";
import { allPictures, openPainting, type Painting } from "../pictures/raster.ts";
import { TOUR } from "../pictures/scenes.ts";

const SIZE = { width: 400, height: FONTS.small.lineHeight };
const WINDOW = 24;
const DRIFT = 4;
const DRIFT_PART = 0.1;
const ALIKE_MEAN = 0.95;
const ALIKE_LEAST = 0.9;

/** The phrases of the tour: one or two for each script. */
const PHRASES = TOUR.text.split(/\n| · /);

/** Brightness of each pixel, row by row. */
type Line = Float64Array;

let painting: Painting;
let canvas: Canvas;
beforeAll(async () => {
  painting = await openPainting("latin-cjk", await allPictures(SIZE));
  canvas = await loadFonts();
}, 120_000);

const isRightToLeft = (text: string) => /^[\u0590-\u08ff]/.test(text);

/** A line that runs from right to left begins at its right end. */
function cornerOf(text: string) {
  const isReversed = isRightToLeft(text);
  return { x: isReversed ? 8 + widthOf(text, "small", painting.widths) : 8, y: 0, isRightToLeft: isReversed };
}

function ours(text: string): Line {
  const { rgb } = painting.paint(
    [
      { kind: "fill", x: 0, y: 0, ...SIZE, color: 0 },
      { kind: "text", ...cornerOf(text), font: "small", color: 0xffffff, text },
    ],
    SIZE,
  );
  return Float64Array.from({ length: SIZE.width * SIZE.height }, (_, at) => rgb[3 * at] as number);
}

function desktop(text: string): Line {
  const context = canvas.createCanvas(SIZE.width, SIZE.height).getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIZE.width, SIZE.height);
  context.fillStyle = "#fff";
  // The family of the letters comes first: that of the emoji has spaces and digits as wide as an emoji.
  context.font = fontOf(
    text.replaceAll(/\p{Extended_Pictographic}|\p{Regional_Indicator}|\ufe0f/gu, ""),
    FONTS.small.sizePixels,
  );
  context.direction = isRightToLeft(text) ? "rtl" : "ltr";
  context.textAlign = "left";
  context.fillText(text, 8, rowsAbove(FONTS.small.sizePixels));
  const { data } = context.getImageData(0, 0, SIZE.width, SIZE.height);
  return Float64Array.from({ length: SIZE.width * SIZE.height }, (_, at) => data[4 * at] as number);
}

/** Each pixel with its neighbours: letters may be a pixel nearer to each other. */
function blurred(line: Line): Line {
  return line.map((_, at) => {
    let sum = 0;
    for (const down of [-1, 0, 1])
      for (const across of [-2, -1, 0, 1, 2]) sum += line[at + down * SIZE.width + across] ?? 0;
    return sum / 15;
  });
}

function windowOf(line: Line, left: number, top: number): number[] {
  const pixels: number[] = [];
  for (let y = 0; y < SIZE.height; y += 1)
    for (let x = left; x < left + WINDOW; x += 1) {
      const isInside = x >= 0 && x < SIZE.width && y + top >= 0 && y + top < SIZE.height;
      pixels.push(isInside ? (line[(y + top) * SIZE.width + x] as number) : 0);
    }
  return pixels;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, each) => sum + each, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  a.forEach((each, at) => {
    const [x, y] = [each - meanA, (b[at] as number) - meanB];
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  });
  return squareA === 0 || squareB === 0 ? 0 : both / Math.sqrt(squareA * squareB);
}

/** How alike each window with ink is. */
function likeness(line: Line, other: Line): number[] {
  const found: number[] = [];
  for (let left = 0; left + WINDOW <= SIZE.width; left += WINDOW / 2) {
    const window = windowOf(line, left, 0);
    if (window.filter((each) => each > 64).length < 40) continue;
    let best = 0;
    const drift = DRIFT + Math.ceil(left * DRIFT_PART);
    for (let across = -drift; across <= drift; across += 1)
      for (let down = -1; down <= 1; down += 1)
        best = Math.max(best, correlation(window, windowOf(other, left + across, down)));
    found.push(best);
  }
  return found;
}

const mean = (of: readonly number[]) => of.reduce((sum, each) => sum + each, 0) / of.length;

describe("a line with pictures is like the whole line from a desktop", () => {
  it.each(PHRASES)("%s", (text) => {
    const found = likeness(blurred(ours(text)), blurred(desktop(text)));
    process.stdout.write(`${text}: ${mean(found).toFixed(2)}, least ${Math.min(...found).toFixed(2)}\n`);
    expect(found.length).toBeGreaterThan(0);
    expect(mean(found)).toBeGreaterThan(ALIKE_MEAN);
    expect(Math.min(...found)).toBeGreaterThan(ALIKE_LEAST);
    expect(widthOf(text, "small", painting.widths)).toBeLessThan(SIZE.width - 8);
  });

  it("and not like another line", () => {
    const [first = "", ...others] = PHRASES.filter((phrase) => phrase.length > 8);
    for (const other of others)
      expect(mean(likeness(blurred(ours(other)), blurred(desktop(first))))).toBeLessThan(ALIKE_MEAN - 0.15);
  });
});
