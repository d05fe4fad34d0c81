/** The photo as it is on a device, encoded by the station's encoder. Nothing is scaled, so its pixels are the same on each machine. */
import { encodeBlocks, type Pixels } from "../../hosts/station/pictures/block-encoder.ts";
import { PICTURE_BYTES_MAX, PICTURE_PIECE_BYTES_MAX, PICTURE_SCALE_MAX } from "../../src/limits.ts";
import type { Size } from "../../src/pager/screen/draw-list.ts";
import type { ShownPicture } from "../../src/pager/screen/message-picture.ts";
import type { BlockColours } from "../../src/pager/screen/picture-blocks.ts";
import type { ScreenKind } from "../../src/pager/screen/theme.ts";
import { photo } from "./photo.ts";

const RATIO = 4 / 3;
const COLOURS = { color: 5, grey: 4, "one bit": 1 } as const satisfies Record<ScreenKind, BlockColours>;

interface Piece {
  readonly row: number;
  readonly blocks: Uint8Array;
}

/** @param part how much of it has come, from 0 to 1 */
export function shownPhoto(room: Size, kind: ScreenKind, part: number): ShownPicture {
  const colours = COLOURS[kind];
  const wide = Math.min(room.width, Math.floor(room.height * RATIO));
  for (let scale = 1; scale <= PICTURE_SCALE_MAX; scale += 1) {
    const width = Math.floor(wide / scale);
    const height = Math.floor(width / RATIO);
    const pieces = piecesOf(pixelsOf(width, height, colours), colours);
    if (pieces.reduce((sum, { blocks }) => sum + blocks.length, 0) > PICTURE_BYTES_MAX) continue;
    return {
      key: 1,
      width: scale * width,
      height: scale * height,
      length: Math.ceil(part * pieces.length),
      rowOf: (piece) => scale * (pieces[piece]?.row ?? height),
      read: (piece) => ({ colours, width, scale, blocks: (pieces[piece] as Piece).blocks }),
    };
  }
  throw new Error("no room for the photo");
}

function pixelsOf(width: number, height: number, colours: BlockColours): Pixels {
  const data = photo(width, height);
  if (colours === 5) return { width, height, data };
  const levels = Uint8Array.from({ length: width * height }, (_, at) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * at, 3 * at + 3);
    return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  });
  return { width, height, data: levels };
}

function piecesOf(pixels: Pixels, colours: BlockColours): readonly Piece[] {
  const pieces: Piece[] = [];
  let row = 0;
  for (const blocks of encodeBlocks(pixels, colours)) {
    const last = pieces.at(-1);
    if (last && last.blocks.length + blocks.length <= PICTURE_PIECE_BYTES_MAX)
      pieces[pieces.length - 1] = { ...last, blocks: Buffer.concat([last.blocks, blocks]) };
    else pieces.push({ row, blocks });
    row += 4;
  }
  return pieces;
}
