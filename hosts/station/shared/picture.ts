/** What the console and the HTTP interface of pictures share. Nothing here needs Node. */

/** Types of pictures that are taken. A browser knows each by the name of its file. */
export const UPLOAD_TYPES = Object.freeze(["image/jpeg", "image/png", "image/webp", "image/gif"] as const);

/** A piece of a picture as it is drawn on a device. */
export interface DrawnRows {
  /** Its first row, in pixels of the picture. */
  readonly row: number;
  /** Blocks in base64, see `src/pager/screen/picture-blocks.ts`. */
  readonly blocks: string;
}

/** A picture as a device would show it: the answer of `GET /api/pictures/{token}`. */
export interface DrawnPicture {
  /** In pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** Side of such a pixel, in pixels of the screen. */
  readonly scale: number;
  readonly pieces: readonly DrawnRows[];
}
