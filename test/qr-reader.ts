/** Reads QR codes from pixels. The library is not one of those that make them. */
import jsqr from "jsqr";
import type { DrawList, Size } from "../src/pager/screen/draw-list.ts";

// The package claims to be an ES module, but is not.
const decode =
  (jsqr as unknown as { readonly default?: typeof jsqr.default }).default ?? (jsqr as unknown as typeof jsqr.default);

/** The text of the QR code in a picture of RGB or RGBA. undefined if there is none that can be read. Light on dark is not read. */
export function readQrCode({ width, height }: Size, pixels: Uint8Array | Uint8ClampedArray): string | undefined {
  const channels = pixels.length / (width * height);
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    for (let channel = 0; channel < 3; channel += 1)
      rgba[4 * pixel + channel] = pixels[channels * pixel + channel] as number;
  return decode(rgba, width, height, { inversionAttempts: "dontInvert" })?.data;
}

/** Fills and bitmaps of a draw list as RGBA, without its texts. */
export function pixelsOf(drawList: DrawList, size: Size): Uint8Array {
  const pixels = new Uint8Array(4 * size.width * size.height);
  const set = (x: number, y: number, color: number) => {
    if (x >= size.width || y >= size.height) throw new Error(`a pixel at ${x}, ${y}, outside of the screen`);
    pixels.set([color >> 16, (color >> 8) & 255, color & 255, 255], 4 * (y * size.width + x));
  };
  for (const command of drawList) {
    if (command.kind !== "fill" && command.kind !== "bitmap") continue;
    for (let y = 0; y < command.height; y += 1)
      for (let x = 0; x < command.width; x += 1)
        if (command.kind === "fill" || isSet(command, x, y)) set(command.x + x, command.y + y, command.color);
  }
  return pixels;
}

function isSet({ width, bits }: { readonly width: number; readonly bits: Uint8Array }, x: number, y: number): boolean {
  return ((bits[y * Math.ceil(width / 8) + (x >> 3)] as number) & (0x80 >> (x & 7))) !== 0;
}
