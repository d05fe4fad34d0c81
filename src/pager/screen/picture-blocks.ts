/**
 * A message's picture, as it comes and as it is kept: blocks of 4 by 4 pixels, row by row, from the left. The last ones may reach
 * beyond the picture. Each row of blocks can be drawn by itself.
 *
 * | bytes of a block | with RGB565 | with grey | black and white |
 * |---|---|---|---|
 * | first colour, second colour | 2, 2 | a nibble each | none: black, white |
 * | which colour each pixel has | 4, 2 or 0 | 4, 2 or 0 | 2 |
 *
 * First above second: 2 bits a pixel, for the first one, the second one, and the two between them, of which 2 is nearer to the
 * first. First below second: 1 bit a pixel. The same: no bits. Pixels go row by row, the left one in the upper bits. (As in the
 * texture format S3TC, with shorter blocks.)
 */
import { FormatError } from "../../errors.ts";

/** Side of a block, in pixels of the picture. */
export const BLOCK = 4;

/** 1: black and white. 4: 16 levels of grey. 5: RGB565. */
export type BlockColours = 1 | 4 | 5;

/** How a picture is to be drawn. */
export interface BlockPicture {
  readonly colours: BlockColours;
  /** In pixels of the picture. */
  readonly width: number;
  /** Side of such a pixel, in pixels of the screen. */
  readonly scale: number;
}

/** Where a host draws to. Each element is a pixel as its display has it. */
export interface PixelTarget {
  readonly pixels: Uint8Array | Uint16Array;
  /** Returns the pixel of a colour. @param color 0xRRGGBB */
  pixelOf(color: number): number;
}

/** Returns how many rows of blocks `bytes` holds. Throws a `FormatError` where the last one is not whole. */
export function checkBlocks(bytes: Uint8Array, colours: BlockColours, width: number): number {
  const columns = columnsOf(width);
  let count = 0;
  let at = 0;
  while (at < bytes.length) {
    at = endOfBlock(bytes, at, colours);
    count += 1;
  }
  if (at !== bytes.length || count === 0 || count % columns !== 0)
    throw new FormatError("blocks", bytes.length, `${count} of ${columns} a row`);
  return count / columns;
}

/**
 * Draws the rows `[from, to)` of a piece into `target`, in pixels of the screen, one after the other.
 * @param bytes that `checkBlocks` has passed
 */
export function drawBlocks(
  bytes: Uint8Array,
  picture: BlockPicture,
  from: number,
  to: number,
  target: PixelTarget,
): void {
  const columns = columnsOf(picture.width);
  const rows = BLOCK * picture.scale;
  const colors: Four = [0, 0, 0, 0];
  let at = 0;
  for (let top = 0; top < to; top += rows) {
    for (let column = 0; column < columns; column += 1) {
      const end = endOfBlock(bytes, at, picture.colours);
      if (top + rows > from) {
        const bits = mixColors(bytes, at, end, picture.colours, colors, target);
        drawBlock(bytes, end - bits, bits, BLOCK * column, picture, top - from, to - from, colors, target.pixels);
      }
      at = end;
    }
  }
}

type Four = [number, number, number, number];

function columnsOf(width: number): number {
  return (width + BLOCK - 1) >> 2;
}

/** Behind the last byte there is no block: then the result is further behind it. */
function endOfBlock(bytes: Uint8Array, at: number, colours: BlockColours): number {
  if (colours === 1) return at + 2;
  const first = bytes[at] as number;
  if (colours === 4) return at + 1 + bitBytes((first >> 4) - (first & 15));
  const second = bytes[at + 2] as number;
  const difference = first - second || (bytes[at + 1] as number) - (bytes[at + 3] as number);
  return at + 4 + bitBytes(difference);
}

function bitBytes(difference: number): number {
  return difference > 0 ? 4 : difference < 0 ? 2 : 0;
}

/** Finds the colours of a block. Returns in how many bytes its bits stand, which are its last ones. */
function mixColors(
  bytes: Uint8Array,
  at: number,
  end: number,
  colours: BlockColours,
  colors: Four,
  target: PixelTarget,
): number {
  const first = bytes[at] as number;
  if (colours === 1) {
    colors[0] = target.pixelOf(0);
    colors[1] = target.pixelOf(0xffffff);
    return 2;
  }
  if (colours === 4) {
    const [a, b] = [first >> 4, first & 15];
    colors[0] = target.pixelOf(GREY * a);
    colors[1] = target.pixelOf(GREY * b);
    if (a > b) {
      colors[2] = target.pixelOf(GREY * ((21 * a + 11 * b + 16) >> 5));
      colors[3] = target.pixelOf(GREY * ((11 * a + 21 * b + 16) >> 5));
    }
    return end - at - 1;
  }
  const a = spread((first << 8) | (bytes[at + 1] as number));
  const b = spread(((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
  colors[0] = target.pixelOf(wide(a));
  colors[1] = target.pixelOf(wide(b));
  if (end - at === 8) {
    colors[2] = target.pixelOf(wide(((21 * a + 11 * b + HALF) / 32) & SPREAD));
    colors[3] = target.pixelOf(wide(((11 * a + 21 * b + HALF) / 32) & SPREAD));
  }
  return end - at - 4;
}

function drawBlock(
  bytes: Uint8Array,
  at: number,
  bits: number,
  left: number,
  { width, scale }: BlockPicture,
  top: number,
  bottom: number,
  colors: Four,
  pixels: Uint8Array | Uint16Array,
): void {
  const stride = width * scale;
  const right = Math.min(BLOCK, width - left);
  for (let row = 0; row < BLOCK; row += 1) {
    // The bits of this row, the left pixel in the upper ones.
    let packed = 0;
    if (bits === 4) packed = bytes[at + row] as number;
    else if (bits === 2)
      packed = row & 1 ? (bytes[at + (row >> 1)] as number) & 15 : (bytes[at + (row >> 1)] as number) >> 4;
    for (let line = top + row * scale; line < top + (row + 1) * scale; line += 1) {
      if (line < 0 || line >= bottom) continue;
      let pixel = line * stride + left * scale;
      for (let column = 0; column < right; column += 1) {
        const color = colors[bits === 4 ? (packed >> (6 - 2 * column)) & 3 : (packed >> (3 - column)) & 1] as number;
        for (const end = pixel + scale; pixel < end; pixel += 1) pixels[pixel] = color;
      }
    }
  }
}

const GREY = 0x111111;

/** Red and blue of RGB565 in the lower half, green in the upper one, with room between them. */
const SPREAD = 0x07e0f81f;

/** Half of the last bit of each, times 32. */
const HALF = 0x02008010;

function spread(color: number): number {
  return (color | (color << 16)) & SPREAD;
}

/** 0xRRGGBB of a spread colour. The upper bits fill the lower ones, so that white is white. */
function wide(spreadColor: number): number {
  const [red, green, blue] = [(spreadColor >> 11) & 31, spreadColor >> 21, spreadColor & 31];
  return ((((red << 3) | (red >> 2)) << 16) | (((green << 2) | (green >> 4)) << 8)) + ((blue << 3) | (blue >> 2));
}
