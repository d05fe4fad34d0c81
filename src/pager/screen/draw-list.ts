/**
 * What the screen is made of: a list of fills, text runs, bitmaps and clips with pixel positions, painted in order. The
 * origin is the top left corner; colours are 0xRRGGBB. A host only paints; it decides nothing.
 */
import type { Font } from "./fonts.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A filled rectangle. */
export interface Fill {
  readonly kind: "fill";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: number;
}

/** One line of text; `x`, `y` is the top left corner of its line box. Already wrapped and cut to fit. */
export interface TextRun {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly font: Font;
  readonly color: number;
  readonly text: string;
}

/** A one-bit picture, rows padded to whole bytes, most significant bit left; set bits are painted in `color`. */
export interface Bitmap {
  readonly kind: "bitmap";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: number;
  readonly bits: Uint8Array;
}

/** What follows is painted inside this rectangle only, until the next clip. The whole screen ends it. */
export interface Clip {
  readonly kind: "clip";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type DrawCommand = Fill | TextRun | Bitmap | Clip;
export type DrawList = readonly DrawCommand[];
