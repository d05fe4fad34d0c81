/** Where the picture of a message stands, and how it is drawn: in a frame, its pieces one below the other as they come. */
import type { PictureSource, Size } from "./draw-list.ts";
import { type Area, type DrawListBuilder, GAP, innerWidth, isLow, viewArea } from "./layout.ts";

/** A picture on the screen. Its message lends it. */
export interface ShownPicture extends PictureSource {
  /** In pixels of the screen. Before the first piece has come it is that of its room. */
  readonly width: number;
  readonly height: number;
  /** How many pieces can be drawn. */
  readonly length: number;
  /** The first row of a piece, or of what is missing, in pixels of the screen. */
  rowOf(piece: number): number;
}

/** Below a text a picture has at least this part of the view, or else a page of its own. */
const PART_BELOW_MIN = 0.4;

/** Thickness of the frame. */
const FRAME = 1;

/** The room of a picture that has a page of its own, in pixels. */
export function pictureRoom(size: Size): Size {
  const { top, bottom } = viewArea(size);
  return { width: innerWidth(size) - 2 * FRAME, height: bottom - top - 2 * FRAME };
}

/** The height of the room for a picture below a text that leaves so many rows. 0: it gets a page of its own. */
export function heightBelow(size: Size, rows: number): number {
  const height = rows - GAP - 2 * FRAME;
  return isLow(size) || height < PART_BELOW_MIN * pictureRoom(size).height ? 0 : height;
}

/** Whether a picture has room below a text that leaves so many rows. */
export function fitsBelow({ height }: ShownPicture, rows: number): boolean {
  return height + GAP + 2 * FRAME <= rows;
}

/**
 * Draws it in the middle of an area. A piece that has come changes only the rows from there on: nothing else is drawn behind the
 * pieces.
 */
export function drawPicture(builder: DrawListBuilder, picture: ShownPicture, { top, bottom }: Area): void {
  const { theme, size, commands } = builder;
  const { width, height, length } = picture;
  const missing = picture.rowOf(length);
  const x = (size.width - width) >> 1;
  const y = top + Math.max(FRAME, (bottom - top - height) >> 1);
  const words = missing === height ? "picture" : `picture, ${Math.floor((100 * missing) / height)} %`;
  builder.fill(x - FRAME, y - FRAME, width + 2 * FRAME, height + 2 * FRAME, theme.dim, words);
  builder.fill(x, y + missing, width, height - missing, theme.bar);
  for (let piece = 0; piece < length; piece += 1) {
    const row = picture.rowOf(piece);
    const end = Math.min(height, picture.rowOf(piece + 1));
    commands.push({ kind: "picture", x, y: y + row, width, height: end - row, source: picture, piece });
  }
}
