/**
 * The screen as a list of fills, text runs, bitmaps and pictures with pixel positions, painted in order. The origin is the
 * top left corner. Colours are 0xRRGGBB. A host only paints; it decides nothing.
 */
import type { Font } from "./fonts.ts";
import type { BlockPicture } from "./picture-blocks.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Fill {
  readonly kind: "fill";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: number;
  /** What it says, for the text copy. Absent: nothing. */
  readonly words?: string;
}

/**
 * One line of text, already wrapped and cut to fit. `x`, `y` is the top left corner of its line box. Where its paragraph runs
 * from right to left, it is the top right corner.
 */
export interface TextRun {
  readonly kind: "text";
  readonly x: number;
  readonly y: number;
  readonly font: Font;
  readonly color: number;
  readonly text: string;
  /** Drawn once more, one pixel to the right. */
  readonly isBold?: boolean;
  /** What the text copy has in the place of the text. */
  readonly words?: string;
  /** Whether its paragraph runs from right to left. undefined: as the first letter does. */
  readonly isRightToLeft?: boolean;
}

/**
 * A one-bit picture. Rows are padded to whole bytes; the most significant bit is on the left. Set bits are painted in
 * `color`.
 */
export interface Bitmap {
  readonly kind: "bitmap";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: number;
  readonly bits: Uint8Array;
  /** Where the picture begins in `bits`, in bytes. Absent: at the beginning. */
  readonly offset?: number;
  /** What it says, for the text copy. Absent: nothing. */
  readonly words?: string;
}

/** Some rows of a message's picture, see `picture-blocks.ts`. */
export interface PictureRows extends BlockPicture {
  readonly blocks: Uint8Array;
}

/** Where the host gets a message's picture from while it paints. */
export interface PictureSource {
  /** Another picture has another key. */
  readonly key: number;
  /** undefined: the piece cannot be had. Nothing is painted then. */
  read(piece: number): PictureRows | undefined;
}

/** One piece of a message's picture. */
export interface PicturePart {
  readonly kind: "picture";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly source: PictureSource;
  readonly piece: number;
  /** What it says, for the text copy. Absent: nothing. */
  readonly words?: string;
}

export type DrawCommand = Fill | TextRun | Bitmap | PicturePart;
export type DrawList = readonly DrawCommand[];
