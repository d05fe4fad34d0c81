/**
 * Paints draw lists with Poco. Poco collects commands in a buffer of fixed size before it sends pixels, so the screen
 * is painted in bands. Only rows that differ from the former picture are painted again.
 */

import Resource from "Resource";
import Bitmap from "commodetto/Bitmap";
import Poco, { type Font as Picture, type Screen } from "commodetto/Poco";
import parseBMF from "commodetto/parseBMF";
import type { Bitmap as Bits, DrawCommand, DrawList, PicturePart, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS, type Font } from "../../src/pager/screen/fonts.ts";
import { drawBlocks, type PixelTarget } from "../../src/pager/screen/picture-blocks.ts";
import { unpackRows } from "../../src/pager/screen/run-picture.ts";
import type { RunPictures } from "../../src/pager/screen/runs.ts";
import { Face } from "../face.ts";
import { type Faces, facesFrom, isAscii, Lettering, type Pen } from "../lettering.ts";

/** Size of Poco's buffer, in bytes. A band that needs more is halved. */
const DISPLAY_LIST_BYTES = 6_144;

/** Rows that are painted at once. A multiple of 4, because e-paper takes no others. */
const BAND_ROWS = 32;

/** Smallest band, in rows. One line of text with the width of the screen always fits. */
const BAND_ROWS_MIN = 4;

/** Room for the pictures in one band, in bytes: 4 rows of the widest screen. A band that needs more is halved. */
const PICTURES_BYTES = 4_352;

/** `end(true)`: more of the same picture follows. The SDK's typings leave the parameter out. */
type PocoEnd = { end(more?: boolean): void };

/** The faces of this board. Its manifest says which it has. They are made once. Their pictures are read from flash. */
export function loadFaces(): Faces<Picture> {
  return facesFrom((name) => {
    const path = `${name}.bf4`;
    if (!Resource.exists(path)) return undefined;
    const file = new Resource(path);
    // The typings know only of buffers of the engine here. The engine takes a resource too.
    return new Face(new DataView(file as unknown as ArrayBuffer), parseBMF(file));
  });
}

export class Painter implements Pen<Picture>, PixelTarget {
  private readonly poco: InstanceType<typeof Poco>;
  private readonly pixelFormat: number;
  private readonly lettering: Lettering<Picture>;
  /** Of the picture on the screen, see `marksOf`. The list itself would take a tenth of the memory of a board. */
  private painted: Int32Array = new Int32Array(0);
  /** The band that is being drawn. */
  private top = 0;
  private bottom = 0;
  /**
   * The pictures of the band. The engine does not move shared memory, so Poco need not keep it from collecting garbage, which
   * a small heap does not bear. It is allocated with the first picture.
   */
  private shared: Uint8Array | undefined;
  private sharedUsed = 0;
  /** Poco's colour for the line that is being drawn. */
  private color = 0;
  /** Where the piece of a message's picture is drawn. */
  pixels: Uint8Array | Uint16Array = new Uint8Array(0);

  constructor(screen: Screen, faces: Faces<Picture>) {
    this.pixelFormat = screen.pixelFormat;
    this.poco = new Poco(screen, { displayListLength: DISPLAY_LIST_BYTES });
    this.lettering = new Lettering(faces);
  }

  /** The pictures of what no face holds. */
  set pictures(pictures: RunPictures) {
    this.lettering.pictures = pictures;
  }

  get size(): Size {
    return { width: this.poco.width, height: this.poco.height };
  }

  measureText(font: Font, text: string): number {
    return this.lettering.measureText(font, text);
  }

  text(text: string, face: Face<Picture>, x: number, y: number): void {
    this.poco.drawText(text, face.pictures, this.color, x, y);
  }

  picture(picture: Uint8Array, x: number, y: number): void {
    const [, , , width = 0, height = 0] = picture;
    const from = Math.max(0, this.top - y);
    const to = Math.min(height, this.bottom - y);
    if (from >= to || width === 0) return;
    const rowBytes = (width + 1) >> 1;
    const offset = this.take((to - from) * rowBytes);
    const shared = this.shared as Uint8Array;
    // For Poco 0 is covered. It takes only rows of whole bytes.
    shared.fill(0xff, offset, this.sharedUsed);
    unpackRows(picture, 0, from, to, shared, offset);
    const bits = new Bitmap(2 * rowBytes, to - from, Bitmap.Gray16, shared as unknown as ArrayBuffer, offset);
    this.poco.drawGray(bits, this.color, x, y + from);
  }

  /** Returns where so many bytes of the shared memory begin. Throws where this band has used them up. */
  private take(bytes: number): number {
    this.shared ??= new Uint8Array(new SharedArrayBuffer(PICTURES_BYTES));
    // A pixel of 16 bits begins at an even place.
    const offset = (this.sharedUsed + 1) & ~1;
    if (offset + bytes > PICTURES_BYTES) throw new Error("no room for a picture");
    this.sharedUsed = offset + bytes;
    return offset;
  }

  /** The pixel of a colour, as the display has it. */
  pixelOf(color: number): number {
    return this.poco.makeColor((color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff);
  }

  /** Draws those rows of a piece of a message's picture that are in the band. */
  private piece({ x, y, width, height, source, piece }: PicturePart): void {
    const from = Math.max(0, this.top - y);
    const to = Math.min(height, this.bottom - y);
    const isGrey = this.pixelFormat === Bitmap.Gray16;
    // One byte or two for each pixel: which one does not depend on the piece, so this is tried before anything is read.
    const count = width * (to - from);
    const offset = this.take(isGrey ? count : 2 * count);
    const rows = source.read(piece);
    if (!rows) return;
    const { buffer } = this.shared as Uint8Array;
    const pixels = isGrey ? new Uint8Array(buffer, offset, count) : new Uint16Array(buffer, offset, count);
    this.pixels = pixels;
    drawBlocks(rows.blocks, rows, from, to, this);
    if (isGrey) pack(pixels, width, to - from);
    const bits = new Bitmap(width, to - from, this.pixelFormat, this.shared as unknown as ArrayBuffer, offset);
    this.poco.drawBitmap(bits, x, y + from);
  }

  box(x: number, y: number, width: number, height: number): void {
    const { poco, color } = this;
    poco.fillRectangle(color, x, y, width, 1);
    poco.fillRectangle(color, x, y + height - 1, width, 1);
    poco.fillRectangle(color, x, y, 1, height);
    poco.fillRectangle(color, x + width - 1, y, 1, height);
  }

  paint(drawList: DrawList): void {
    const { pictures } = this.lettering;
    const marks = marksOf(drawList, pictures.version);
    const rows = changedRows(this.painted, marks, this.poco.height);
    this.painted = marks;
    pictures.beginScreen();
    for (let y = rows.top; y < rows.bottom; ) {
      const height = Math.min(bandRows(drawList, y), rows.bottom - y);
      this.paintBand(drawList, y, height, y + height < rows.bottom);
      y += height;
    }
  }

  private paintBand(drawList: DrawList, y: number, height: number, more: boolean): void {
    const poco = this.poco;
    this.top = y;
    this.bottom = y + height;
    this.sharedUsed = 0;
    poco.begin(0, y, poco.width, height);
    try {
      this.draw(drawList, y, y + height);
      (poco as PocoEnd).end(more);
    } catch (error) {
      // Poco only says that it failed. The one failure that can be helped is a full buffer.
      const half = (height >> 1) & ~(BAND_ROWS_MIN - 1);
      if (half === 0) throw error;
      this.paintBand(drawList, y, half, true);
      this.paintBand(drawList, y + half, height - half, more);
    }
  }

  private draw(drawList: DrawList, top: number, bottom: number): void {
    for (const command of drawList)
      if (command.y < bottom && command.y + heightOf(command) > top) this.drawOne(command);
  }

  private drawOne(command: DrawCommand): void {
    const poco = this.poco;
    if (command.kind === "picture") {
      this.piece(command);
      return;
    }
    const color = this.pixelOf(command.color);
    switch (command.kind) {
      case "fill":
        poco.fillRectangle(color, command.x, command.y, command.width, command.height);
        break;
      case "text":
        this.color = color;
        this.lettering.draw(this, command);
        break;
      case "bitmap":
        if (command.width <= ICON_PIXELS_MAX) this.drawIcon(command, color);
        else {
          const { buffer, byteOffset } = command.bits;
          const bits = new Bitmap(command.width, command.height, Bitmap.Monochrome, buffer as ArrayBuffer, byteOffset);
          poco.drawMonochrome(bits, color, undefined, command.x, command.y);
        }
        break;
    }
  }

  /**
   * Fills each run of set bits. From the first bitmap on Poco lets nobody collect garbage until the band is sent, and a screen with
   * icons would run out of memory.
   */
  private drawIcon({ x, y, width, height, bits, offset = 0 }: Bits, color: number): void {
    const rowBytes = (width + 7) >> 3;
    for (let row = 0; row < height; row += 1) {
      let start = 0;
      for (let column = 0; column <= width; column += 1) {
        const byte = column < width ? (bits[offset + row * rowBytes + (column >> 3)] as number) : 0;
        if (byte & (0x80 >> (column & 7))) continue;
        if (column > start) this.poco.fillRectangle(color, x + start, y + row, column - start, 1);
        start = column + 1;
      }
    }
  }
}

/** Packs a byte for each pixel into half a byte, the left one in the upper half. Each row takes whole bytes. */
function pack(pixels: Uint8Array | Uint16Array, width: number, rows: number): void {
  let to = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let at = row * width, end = at + width; at < end; at += 2) {
      pixels[to] = ((pixels[at] as number) << 4) | (at + 1 < end ? (pixels[at + 1] as number) : 0);
      to += 1;
    }
  }
}

/** A picture of at most this width is drawn run by run, in pixels. */
const ICON_PIXELS_MAX = 16;

/** How many rows to paint at once from `top` on: fewer where a message's picture needs the room. */
function bandRows(drawList: DrawList, top: number): number {
  let rows = BAND_ROWS;
  for (const command of drawList)
    if (command.kind === "picture" && command.y < top + rows && command.y + command.height > top)
      rows = Math.min(rows, Math.floor(PICTURES_BYTES / (2 * command.width)) & ~(BAND_ROWS_MIN - 1));
  return Math.max(BAND_ROWS_MIN, rows);
}

function heightOf(command: DrawCommand): number {
  return command.kind === "text" ? FONTS[command.font].lineHeight : command.height;
}

/** Numbers of each command: a hash of all that it paints, its first row, the row after its last one. */
const MARK_LENGTH = 3;

/** @param version of the pictures of text */
function marksOf(drawList: DrawList, version: number): Int32Array {
  const marks = new Int32Array(MARK_LENGTH * drawList.length);
  for (let index = 0; index < drawList.length; index += 1) {
    const command = drawList[index] as DrawCommand;
    const at = MARK_LENGTH * index;
    marks[at] = hashOf(command, version);
    marks[at + 1] = command.y;
    marks[at + 2] = command.y + heightOf(command);
  }
  return marks;
}

/** FNV-1a over the numbers and the characters of a command. A line with pictures of text differs when pictures have come. */
function hashOf(command: DrawCommand, version: number): number {
  let hash = mixed(mixed(mixed(FNV_START, command.kind.charCodeAt(0)), command.x), command.y);
  if (command.kind === "text") {
    const { font, text, color, isBold, isRightToLeft } = command;
    hash = mixed(mixed(mixed(hash, color), FONTS[font].sizePixels), (isBold ? 1 : 0) + (isRightToLeft ? 2 : 0));
    if (!isAscii(text)) hash = mixed(hash, version);
    for (let at = 0; at < text.length; at += 1) hash = mixed(hash, text.charCodeAt(at));
    return hash;
  }
  hash = mixed(mixed(hash, command.width), command.height);
  if (command.kind === "picture") return mixed(mixed(hash, command.source.key), command.piece);
  hash = mixed(hash, command.color);
  if (command.kind === "fill") return hash;
  const { bits, offset } = command;
  if (offset !== undefined) return mixed(hash, offset);
  for (let at = 0; at < bits.length; at += 1) hash = mixed(hash, bits[at] as number);
  return hash;
}

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function mixed(hash: number, value: number): number {
  return Math.imul(hash ^ value, FNV_PRIME);
}

/** The rows from the first to the last command that differs, in whole groups of four. */
function changedRows(before: Int32Array, after: Int32Array, height: number): { top: number; bottom: number } {
  if (before.length === 0) return { top: 0, bottom: height };
  let top = height;
  let bottom = 0;
  for (let at = 0; at < before.length || at < after.length; at += MARK_LENGTH) {
    if (at < before.length && before[at] === after[at]) continue;
    for (const marks of [before, after]) {
      if (at >= marks.length) continue;
      top = Math.min(top, marks[at + 1] as number);
      bottom = Math.max(bottom, marks[at + 2] as number);
    }
  }
  return { top: Math.max(0, top) & ~3, bottom: Math.min(height, (bottom + 3) & ~3) };
}
