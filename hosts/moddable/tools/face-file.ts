/** Writes a face as the SDK reads it: BMFont, binary, version 3, and one PNG with the pictures of all characters. */
import { deflateSync } from "node:zlib";
import { chunk, PNG_SIGNATURE } from "./picture.ts";

/** The picture of one character. Its box is as small as it can be. */
export interface Glyph {
  readonly code: number;
  readonly width: number;
  readonly height: number;
  /** From the pen to the box, and from the top of the line to the box. */
  readonly left: number;
  readonly top: number;
  /** How far the pen moves. */
  readonly advance: number;
  /** How much of each pixel is covered, 0 to 15. Rows from the top. */
  readonly levels: Uint8Array;
}

export interface FaceFiles {
  readonly fnt: Uint8Array;
  readonly png: Uint8Array;
}

interface Metrics {
  readonly name: string;
  readonly sizePixels: number;
  readonly lineHeight: number;
  /** From the top of the line to the line on which the letters stand. */
  readonly base: number;
  /** Width of the PNG. */
  readonly sheetWidth: number;
}

/** @param glyphs ascending by code point, as the SDK wants them */
export function faceFiles(metrics: Metrics, glyphs: readonly Glyph[]): FaceFiles {
  const { sheetWidth } = metrics;
  const places: { readonly x: number; readonly y: number }[] = [];
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  for (const { width, height } of glyphs) {
    if (x + width > sheetWidth) {
      y += rowHeight;
      x = rowHeight = 0;
    }
    places.push({ x, y });
    // The SDK's tool reads two pixels of a row at a time.
    x += (width + 1) & ~1;
    rowHeight = Math.max(rowHeight, height);
  }
  const sheet = { width: sheetWidth, height: y + rowHeight };
  const pixels = new Uint8Array(sheet.width * sheet.height);
  glyphs.forEach(({ width, height, levels }, index) => {
    const { x, y } = places[index] as { x: number; y: number };
    for (let row = 0; row < height; row += 1)
      pixels.set(levels.subarray(row * width, (row + 1) * width), (y + row) * sheet.width + x);
  });
  return { fnt: encodeFnt(metrics, glyphs, places, sheet), png: encodeSheet(sheet, pixels) };
}

/**
 * BMFont's binary format (angelcode.com, "File format"). All numbers are little-endian. Each block has one byte type and
 * four bytes length before it.
 *
 * | block | content |
 * |---|---|
 * | 1 | size i16, flags u8, character set u8, stretch u16, smoothing u8, padding 4 × u8, spacing 2 × u8, outline u8, name |
 * | 2 | line height u16, base u16, sheet width u16, height u16, pages u16, flags u8, channels 4 × u8 |
 * | 3 | name of the sheet |
 * | 4 | for each character: code u32, x, y, width, height u16, left, top, advance i16, page u8, channel u8 |
 */
function encodeFnt(
  { name, sizePixels, lineHeight, base }: Metrics,
  glyphs: readonly Glyph[],
  places: readonly { readonly x: number; readonly y: number }[],
  sheet: { readonly width: number; readonly height: number },
): Uint8Array {
  const info = Buffer.concat([Buffer.alloc(14), Buffer.from(`${name}\0`)]);
  info.writeInt16LE(sizePixels, 0);
  info.writeUInt16LE(100, 4);
  info.writeUInt8(1, 6);
  const common = Buffer.alloc(15);
  [lineHeight, base, sheet.width, sheet.height, 1].forEach((value, index) => {
    common.writeUInt16LE(value, 2 * index);
  });
  const characters = Buffer.alloc(20 * glyphs.length);
  glyphs.forEach((glyph, index) => {
    const { x, y } = places[index] as { x: number; y: number };
    const at = 20 * index;
    characters.writeUInt32LE(glyph.code, at);
    [x, y, glyph.width, glyph.height, glyph.left, glyph.top, glyph.advance].forEach((value, field) => {
      characters.writeInt16LE(value, at + 4 + 2 * field);
    });
    characters.writeUInt8(15, at + 19);
  });
  const block = (type: number, body: Uint8Array) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(type, 0);
    head.writeUInt32LE(body.length, 1);
    return Buffer.concat([head, body]);
  };
  const page = Buffer.from(`${name}.png\0`);
  return Buffer.concat([
    Buffer.from("BMF\x03"),
    block(1, info),
    block(2, common),
    block(3, page),
    block(4, characters),
  ]);
}

/** A PNG with 16 colours, all black, from clear to solid: the SDK's tool takes what covers a pixel from there. */
function encodeSheet({ width, height }: { width: number; height: number }, pixels: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits, a palette.
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width));
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (1 + width) + 1);
  const opacities = Uint8Array.from({ length: 16 }, (_, level) => 17 * level);
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", new Uint8Array(3 * 16)),
    chunk("tRNS", opacities),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", new Uint8Array()),
  ]);
}
