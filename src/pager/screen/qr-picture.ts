import type { QrCode } from "../../seams.ts";
import type { DrawCommand } from "./draw-list.ts";

const LIGHT = 0xffffff;
const DARK = 0x000000;

/** Light modules around the code, which a reader needs to find it (ISO/IEC 18004, 5.3.8). */
const QUIET_MODULES = 4;

/** Largest side of a module, in pixels. A larger code is no easier to read, and its bits take much memory on a large screen. */
const MODULE_PIXELS_MAX = 6;

/** Side of the picture that fits into a square of `pixels`, with its quiet zone. 0 where none fits. */
export function qrSide({ size }: QrCode, pixels: number): number {
  return (size + 2 * QUIET_MODULES) * modulePixels(size, pixels);
}

/** Draws a code with its quiet zone, dark on light, with the top left corner at `x`, `y`, as large as fits into `pixels`. */
export function qrPicture(code: QrCode, x: number, y: number, pixels: number): readonly DrawCommand[] {
  const side = qrSide(code, pixels);
  if (side === 0) return [];
  const scale = modulePixels(code.size, pixels);
  const quiet = QUIET_MODULES * scale;
  const inner = code.size * scale;
  return [
    { kind: "fill", x, y, width: side, height: side, color: LIGHT },
    {
      kind: "bitmap",
      x: x + quiet,
      y: y + quiet,
      width: inner,
      height: inner,
      color: DARK,
      bits: enlarged(code, scale),
    },
  ];
}

/** Side of a module, in pixels. */
function modulePixels(size: number, pixels: number): number {
  return Math.min(MODULE_PIXELS_MAX, Math.floor(pixels / (size + 2 * QUIET_MODULES)));
}

function enlarged({ size, bits }: QrCode, scale: number): Uint8Array {
  if (scale === 1) return bits;
  const rowBytes = (size + 7) >> 3;
  const width = size * scale;
  const enlargedRowBytes = (width + 7) >> 3;
  const enlargedBits = new Uint8Array(enlargedRowBytes * width);
  for (let row = 0; row < size; row += 1) {
    const start = row * scale * enlargedRowBytes;
    for (let pixel = 0; pixel < width; pixel += 1) {
      const column = Math.floor(pixel / scale);
      const isDark = (bits[row * rowBytes + (column >> 3)] as number) & (0x80 >> (column & 7));
      if (isDark)
        enlargedBits[start + (pixel >> 3)] = (enlargedBits[start + (pixel >> 3)] as number) | (0x80 >> (pixel & 7));
    }
    for (let copy = 1; copy < scale; copy += 1)
      enlargedBits.copyWithin(start + copy * enlargedRowBytes, start, start + enlargedRowBytes);
  }
  return enlargedBits;
}
