/** Paints a draw list as a board paints it: the same pictures of characters, the same colours, pixel by pixel. */
import type { Bitmap, DrawList, PicturePart, Size } from "../../src/pager/screen/draw-list.ts";
import { drawBlocks } from "../../src/pager/screen/picture-blocks.ts";
import { unpackRows } from "../../src/pager/screen/run-picture.ts";
import type { RunPictures } from "../../src/pager/screen/runs.ts";
import type { Face } from "../face.ts";
import { type Faces, Lettering, type Pen } from "../lettering.ts";
import type { Sheet } from "./face-pictures.ts";

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Rasteriser implements Pen<Sheet> {
  private readonly lettering: Lettering<Sheet>;
  private readonly size: Size;
  /** RGB565, as on the displays of the boards. */
  private readonly pixels: Uint16Array;
  private color = 0;

  constructor(size: Size, faces: Faces<Sheet>) {
    this.size = size;
    this.lettering = new Lettering(faces);
    this.pixels = new Uint16Array(size.width * size.height);
  }

  /** The pictures of what no face holds. */
  set pictures(pictures: RunPictures) {
    this.lettering.pictures = pictures;
  }

  paint(drawList: DrawList): void {
    for (const command of drawList) {
      if (command.kind === "picture") {
        this.piece(command);
        continue;
      }
      this.color = packed(command.color);
      if (command.kind === "fill") this.fill(command);
      else if (command.kind === "bitmap") this.bitmap(command);
      else this.lettering.draw(this, command);
    }
  }

  /** Writes the picture as 8-bit channels: red, green, blue, opacity. @param rgba four bytes for each pixel */
  copyTo(rgba: Uint8ClampedArray): void {
    this.pixels.forEach((pixel, index) => {
      const [red, green, blue] = [pixel >> 11, (pixel >> 5) & 63, pixel & 31];
      // The upper bits fill the lower ones, so that white is white.
      rgba.set([(red << 3) | (red >> 2), (green << 2) | (green >> 4), (blue << 3) | (blue >> 2), 255], 4 * index);
    });
  }

  text(text: string, face: Face<Sheet>, x: number, y: number): void {
    const { file, pictures } = face;
    let pen = x;
    for (let at = 0; at < text.length; at += 1) {
      const record = face.recordOf(text.charCodeAt(at));
      const [column, row, width, height] = [4, 6, 8, 10].map((field) => file.getUint16(record + field, true)) as Four;
      const left = pen + file.getInt16(record + 12, true);
      const top = y + file.getInt16(record + 14, true);
      for (let down = 0; down < height; down += 1) {
        for (let across = 0; across < width; across += 1) {
          const level = pictures.levels[(row + down) * pictures.width + column + across] as number;
          if (level > 0) this.blend(left + across, top + down, level);
        }
      }
      pen += face.advanceOf(record);
    }
  }

  picture(picture: Uint8Array, x: number, y: number): void {
    const [, , , width = 0, height = 0] = picture;
    const rowBytes = (width + 1) >> 1;
    const rows = new Uint8Array(rowBytes * height);
    unpackRows(picture, 0, 0, height, rows, 0);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const packed = rows[row * rowBytes + (column >> 1)] as number;
        const level = column & 1 ? packed & 15 : packed >> 4;
        if (level > 0) this.blend(x + column, y + row, level);
      }
    }
  }

  /** Draws a piece of a message's picture. */
  private piece({ x, y, width, height, source, piece }: PicturePart): void {
    const rows = source.read(piece);
    if (!rows) return;
    const pixels = new Uint16Array(width * height);
    drawBlocks(rows.blocks, rows, 0, height, { pixels, pixelOf: packed });
    for (let row = 0; row < height; row += 1)
      this.pixels.set(pixels.subarray(row * width, (row + 1) * width), (y + row) * this.size.width + x);
  }

  box(x: number, y: number, width: number, height: number): void {
    this.fill({ x, y, width, height: 1 });
    this.fill({ x, y: y + height - 1, width, height: 1 });
    this.fill({ x, y, width: 1, height });
    this.fill({ x: x + width - 1, y, width: 1, height });
  }

  private fill({ x, y, width, height }: Rectangle): void {
    const { size } = this;
    const left = Math.max(x, 0);
    const right = Math.min(x + width, size.width);
    const bottom = Math.min(y + height, size.height);
    for (let row = Math.max(y, 0); row < bottom && left < right; row += 1)
      this.pixels.fill(this.color, row * size.width + left, row * size.width + right);
  }

  private bitmap({ x, y, width, height, bits, offset = 0 }: Bitmap): void {
    const rowBytes = Math.ceil(width / 8);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const byte = bits[offset + row * rowBytes + (column >> 3)] ?? 0;
        if (byte & (0x80 >> (column & 7))) this.blend(x + column, y + row, SOLID);
      }
    }
  }

  /** Lays the colour over a pixel, as Poco of the SDK does it. @param level 1 to 15 */
  private blend(x: number, y: number, level: number): void {
    const { width, height } = this.size;
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = y * width + x;
    this.pixels[at] = level === SOLID ? this.color : blended(this.pixels[at] as number, this.color, level);
  }
}

type Four = [number, number, number, number];

const SOLID = 15;

/** RGB565 of 0xRRGGBB. */
function packed(color: number): number {
  return ((color >> 8) & 0xf800) | ((color >> 5) & 0x07e0) | ((color >> 3) & 0x1f);
}

/** Red and blue in the lower half, green in the upper one, with room between them. */
const SPREAD = 0x07e0f81f;

/** Poco's arithmetic for RGB565 (`doDrawGray16RLEBitmapPart` in commodettoPocoBlit.c), with 32 bits without a sign. */
function blended(below: number, color: number, level: number): number {
  const blend = (level << 1) | (level >> 3);
  const source = spread(color);
  const ground = spread(below);
  let mixed = (Math.imul(blend, source - ground) + (ground << 5) - ground + 0x02008010) >>> 0;
  mixed = (mixed + ((mixed >>> 5) & SPREAD)) >>> 0;
  mixed = (mixed >>> 5) & SPREAD;
  return (mixed | (mixed >>> 16)) & 0xffff;
}

function spread(color: number): number {
  return (color | (color << 16)) & SPREAD;
}
