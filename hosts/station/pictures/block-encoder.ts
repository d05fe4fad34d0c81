/** Writes pixels as blocks of 4 by 4 (wire format, pictures of messages). */
import { BLOCK, type BlockColours } from "../../../src/pager/screen/picture-blocks.ts";

const PIXELS = BLOCK * BLOCK;

/** Pixels of a picture, row by row: three channels for RGB565, one for grey and for black and white, 0 to 255 each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * How far a block may be from its pixels, as a sum of squares over all its channels, to be written with fewer bits: an eye does not
 * see less.
 */
const FLAT_ERROR = 600;
const TWO_ERROR = 2_400;

type Color = readonly number[];

/** Gives the rows of blocks one by one, from the top: others can have their turn between them. */
export function* encodeBlocks(picture: Pixels, colours: BlockColours): Generator<Uint8Array> {
  const { width, height } = picture;
  const levels = colours === 5 ? picture.data : dithered(picture, colours === 4 ? 16 : 2);
  for (let top = 0; top < height; top += BLOCK) {
    const row: number[] = [];
    for (let left = 0; left < width; left += BLOCK) {
      const pixels: Color[] = [];
      for (let at = 0; at < PIXELS; at += 1) {
        // A block that reaches beyond the picture repeats its last pixels.
        const x = Math.min(width - 1, left + (at % BLOCK));
        const y = Math.min(height - 1, top + Math.floor(at / BLOCK));
        const from = (y * width + x) * (colours === 5 ? 3 : 1);
        pixels.push([...levels.subarray(from, from + (colours === 5 ? 3 : 1))]);
      }
      row.push(
        ...(colours === 1
          ? bitsOf(
              pixels.map(([level = 0]) => level),
              1,
            )
          : encodeBlock(pixels, colours)),
      );
    }
    yield Uint8Array.from(row);
  }
}

/** Spreads the error of each pixel over its neighbours (Floyd and Steinberg). Returns levels from 0. */
function dithered({ width, height, data }: Pixels, levels: number): Uint8Array {
  const step = 255 / (levels - 1);
  const left = Float32Array.from(data);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const level = Math.max(0, Math.min(levels - 1, Math.round((left[at] as number) / step)));
      out[at] = level;
      const error = (left[at] as number) - level * step;
      for (const [dx, dy, part] of NEIGHBOURS) {
        if (x + dx < 0 || x + dx >= width || y + dy >= height) continue;
        const to = at + dx + dy * width;
        left[to] = (left[to] as number) + (error * part) / 16;
      }
    }
  }
  return out;
}

const NEIGHBOURS = [
  [1, 0, 7],
  [-1, 1, 3],
  [0, 1, 5],
  [1, 1, 1],
] as const;

/** A way to write a block: its two colours, and which of the colours each pixel has. */
interface Attempt {
  readonly first: number;
  readonly second: number;
  readonly bits: 0 | 1 | 2;
  readonly indexes: readonly number[];
  readonly error: number;
}

/** The smallest way that looks like the pixels, or else the one that looks most like them. */
function encodeBlock(pixels: readonly Color[], colours: 4 | 5): readonly number[] {
  const format = colours === 5 ? RGB565 : GREY;
  const flat = format.packed(meanOf(pixels));
  let best = attempt(pixels, flat, flat, 0, format);
  if (best.error > format.weight * FLAT_ERROR) {
    const [low, high] = ends(pixels);
    const ordered = [format.packed(low), format.packed(high)].sort((a, b) => a - b) as [number, number];
    const [below, above] = ordered;
    if (below < above) {
      best = refined(pixels, below, above, 1, format);
      if (best.error > format.weight * TWO_ERROR) {
        const four = refined(pixels, above, below, 2, format);
        if (four.error < best.error) best = four;
      }
    }
  }
  return [...format.colors(best.first, best.second), ...bitsOf(best.indexes, best.bits)];
}

/** Moves the two colours to where the pixels are that have them, while that helps. */
function refined(pixels: readonly Color[], first: number, second: number, bits: 1 | 2, format: Format): Attempt {
  let best = attempt(pixels, first, second, bits, format);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [a, b] = fitted(pixels, best.indexes).map((color) => format.packed(color)) as [number, number];
    // The order says how many bits there are.
    if (a === b || a > b !== bits > 1) break;
    const next = attempt(pixels, a, b, bits, format);
    if (next.error >= best.error) break;
    best = next;
  }
  return best;
}

const ROUNDS = 4;

function attempt(pixels: readonly Color[], first: number, second: number, bits: 0 | 1 | 2, format: Format): Attempt {
  const palette = format.palette(first, second);
  const count = 1 << bits;
  const indexes: number[] = [];
  let error = 0;
  for (const pixel of pixels) {
    let [index, least] = [0, Number.POSITIVE_INFINITY];
    for (let at = 0; at < count; at += 1) {
      const distance = squaredDistance(pixel, palette[at] as Color);
      if (distance < least) [index, least] = [at, distance];
    }
    indexes.push(index);
    error += least;
  }
  return { first, second, bits, indexes, error };
}

/** How far the color of this index is from the first to the second one, in 32 parts. */
const PARTS = [0, 32, 11, 21] as const;

/** The two colours with the least squares of the error for these indexes. */
function fitted(pixels: readonly Color[], indexes: readonly number[]): [Color, Color] {
  let [aa, ab, bb] = [0, 0, 0];
  const channels = pixels[0]?.length ?? 0;
  const [ax, bx] = [new Array<number>(channels).fill(0), new Array<number>(channels).fill(0)];
  pixels.forEach((pixel, at) => {
    const b = (PARTS[indexes[at] ?? 0] ?? 0) / 32;
    const a = 1 - b;
    aa += a * a;
    ab += a * b;
    bb += b * b;
    pixel.forEach((level, channel) => {
      ax[channel] = (ax[channel] as number) + a * level;
      bx[channel] = (bx[channel] as number) + b * level;
    });
  });
  const determinant = aa * bb - ab * ab;
  if (determinant < 1e-6) return [meanOf(pixels), meanOf(pixels)];
  return [
    ax.map((sum, channel) => (sum * bb - (bx[channel] as number) * ab) / determinant),
    bx.map((sum, channel) => (sum * aa - (ax[channel] as number) * ab) / determinant),
  ];
}

/** The two ends of the pixels along the direction in which they differ most. */
function ends(pixels: readonly Color[]): [Color, Color] {
  const mean = meanOf(pixels);
  let axis = mean.map((_, channel) => {
    const levels = pixels.map((pixel) => pixel[channel] as number);
    return Math.max(...levels) - Math.min(...levels);
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = axis.map(() => 0);
    for (const pixel of pixels) {
      const along = dot(pixel, mean, axis);
      pixel.forEach((level, channel) => {
        next[channel] = (next[channel] as number) + along * (level - (mean[channel] as number));
      });
    }
    const length = Math.hypot(...next);
    if (length === 0) break;
    axis = next.map((each) => each / length);
  }
  const sorted = [...pixels].sort((a, b) => dot(a, mean, axis) - dot(b, mean, axis));
  return [sorted[0] as Color, sorted[PIXELS - 1] as Color];
}

function dot(pixel: Color, mean: Color, axis: Color): number {
  let sum = 0;
  for (let channel = 0; channel < pixel.length; channel += 1)
    sum += ((pixel[channel] as number) - (mean[channel] as number)) * (axis[channel] as number);
  return sum;
}

function meanOf(pixels: readonly Color[]): Color {
  return (pixels[0] as Color).map(
    (_, channel) => pixels.reduce((sum, pixel) => sum + (pixel[channel] as number), 0) / PIXELS,
  );
}

function squaredDistance(a: Color, b: Color): number {
  let sum = 0;
  for (let channel = 0; channel < a.length; channel += 1) {
    const difference = (a[channel] as number) - (b[channel] as number);
    sum += difference * difference;
  }
  return sum;
}

/** How the colours of a block are written. */
interface Format {
  /** The nearest colour that can be written, as a number whose order is that of the bytes. */
  packed(color: Color): number;
  /** The four colours of a block, as the device mixes them. */
  palette(first: number, second: number): readonly Color[];
  /** The bytes of both colours. */
  colors(first: number, second: number): readonly number[];
  /** An error of the levels here is so many times one of 255 levels in three channels. */
  readonly weight: number;
}

const GREY: Format = {
  packed: ([level = 0]) => Math.max(0, Math.min(15, Math.round(level))),
  palette: (first, second) => [0, 1, 2, 3].map((index) => [mixed(first, second, index)]),
  colors: (first, second) => [(first << 4) | second],
  // A level that is one of 16 is not to be lost: the dots of a dithered picture are levels.
  weight: 0,
};

const RGB565: Format = {
  packed: ([red = 0, green = 0, blue = 0]) => (five(red, 31) << 11) | (five(green, 63) << 5) | five(blue, 31),
  palette: (first, second) =>
    [0, 1, 2, 3].map((index) => {
      const [red, green, blue] = [11, 5, 0].map((shift) => {
        const mask = shift === 5 ? 63 : 31;
        return mixed((first >> shift) & mask, (second >> shift) & mask, index);
      }) as [number, number, number];
      return [(red << 3) | (red >> 2), (green << 2) | (green >> 4), (blue << 3) | (blue >> 2)];
    }),
  colors: (first, second) => [first >> 8, first & 255, second >> 8, second & 255],
  weight: 1,
};

function mixed(first: number, second: number, index: number): number {
  const part = PARTS[index] ?? 0;
  return ((32 - part) * first + part * second + 16) >> 5;
}

function five(level: number, max: number): number {
  return Math.max(0, Math.min(max, Math.round((level * max) / 255)));
}

/** Row by row, the left pixel in the upper bits. */
function bitsOf(indexes: readonly number[], bits: 0 | 1 | 2): readonly number[] {
  if (bits === 0) return [];
  const perByte = 8 / bits;
  return Array.from({ length: PIXELS / perByte }, (_, byte) =>
    indexes.slice(byte * perByte, (byte + 1) * perByte).reduce((packed, index) => (packed << bits) | index, 0),
  );
}
