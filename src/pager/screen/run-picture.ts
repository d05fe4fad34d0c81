/**
 * The picture of a run of text, as it comes and as it is kept.
 *
 * | bytes | field |
 * |---|---|
 * | 1 | Advance: width of the box, and how far the pen moves, 1 to 255 pixels |
 * | 2, 3 | Left, Top: where the ink begins in the box |
 * | 4, 5 | Width, Height of the ink; 0 and 0: there is none |
 * | 6 … | how much of each pixel is covered, 0 to 15, row by row, in nibbles, the upper one first |
 *
 * A nibble 1 to 14 is one pixel. After a nibble 0 or 15 a nibble follows: how many further pixels are the same. A last nibble
 * that is left over is 0. The box reaches from `rowsAbove` the base line to `rowsBelow` it.
 */
import { FormatError } from "../../errors.ts";

const HEAD_BYTES = 5;
const SOLID = 15;

/** Rows of a box above the line on which the letters stand. They fit into the line of each font. */
export function rowsAbove(sizePixels: number): number {
  return (sizePixels * 17) >> 4;
}

/** Rows of a box below the line on which the letters stand. */
export function rowsBelow(sizePixels: number): number {
  return (sizePixels * 5) >> 4;
}

/** Throws a `FormatError` if `bytes[start, end)` is no picture, or its ink leaves its box. */
export function checkPicture(bytes: Uint8Array, start: number, end: number, rows: number, widthMax: number): void {
  const expect = (isRight: boolean, field: string, at: number, found: number) => {
    if (!isRight) throw new FormatError(`picture ${field}`, at, `${found} is wrong here`);
  };
  expect(end - start >= HEAD_BYTES, "length", start, end - start);
  const [advance, left, top, width, height] = bytes.subarray(start, start + HEAD_BYTES) as unknown as Five;
  expect(advance > 0 && advance <= widthMax, "Advance", start, advance);
  expect(left + width <= advance, "Width", start + 3, width);
  expect(top + height <= rows, "Height", start + 4, height);
  const pixels = width * height;
  let count = 0;
  const nibbles = 2 * (end - start);
  let at = 2 * HEAD_BYTES;
  while (count < pixels && at < nibbles) {
    const level = nibbleAt(bytes, start, at);
    at += 1;
    count += 1;
    if (level === 0 || level === SOLID) {
      // A count that is missing is above all others.
      count += at < nibbles ? nibbleAt(bytes, start, at) : pixels;
      at += 1;
    }
  }
  expect(count === pixels, "pixels", end, count);
  expect(at === nibbles || (at === nibbles - 1 && nibbleAt(bytes, start, at) === 0), "end", start + (at >> 1), at);
}

type Five = [number, number, number, number, number];

/**
 * Writes the rows `[from, to)` of a picture's ink into `target`. Each row takes whole bytes, two pixels a byte, the left one in
 * the upper half. Where `target` holds zeros, 15 is covered. Where all its bits are set, 0 is covered.
 * @param bytes a picture from `start` on that `checkPicture` has passed
 */
export function unpackRows(
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
  target: Uint8Array,
  offset: number,
): void {
  const width = bytes[start + 3] as number;
  const rowBytes = (width + 1) >> 1;
  let nibble = 2 * HEAD_BYTES;
  let x = 0;
  let row = offset - from * rowBytes;
  const first = offset;
  const last = offset + (to - from) * rowBytes;
  while (row < last) {
    let packed = bytes[start + (nibble >> 1)] as number;
    const level = nibble & 1 ? packed & 15 : packed >> 4;
    nibble += 1;
    let count = 1;
    if (level === 0 || level === SOLID) {
      packed = bytes[start + (nibble >> 1)] as number;
      count += nibble & 1 ? packed & 15 : packed >> 4;
      nibble += 1;
    }
    for (; count > 0 && row < last; count -= 1) {
      if (level > 0 && row >= first) {
        const place = row + (x >> 1);
        target[place] = (target[place] as number) ^ (x & 1 ? level : level << 4);
      }
      x += 1;
      if (x === width) {
        x = 0;
        row += rowBytes;
      }
    }
  }
}

function nibbleAt(bytes: Uint8Array, start: number, nibble: number): number {
  const packed = bytes[start + (nibble >> 1)] as number;
  return nibble & 1 ? packed & 15 : packed >> 4;
}
