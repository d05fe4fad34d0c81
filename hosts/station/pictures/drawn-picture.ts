/** Decodes a picture, scales it to the room on a screen, and cuts it into pieces (wire format, pictures of messages). */
import { createHash } from "node:crypto";
import type { Sharp } from "sharp";
import {
  PICTURE_BYTES_MAX,
  PICTURE_PIECE_BYTES_MAX,
  PICTURE_PIECES_MAX,
  PICTURE_SCALE_MAX,
} from "../../../src/limits.ts";
import { BLOCK } from "../../../src/pager/screen/picture-blocks.ts";
import { type Colours, PICTURE_HEAD_BYTES, type PicturePiece } from "../../../src/payload/message-picture.ts";
import { PICTURE_DECODE_SECONDS_MAX, PICTURE_DECODED_PIXELS_MAX, UPLOADED_SIDE_MAX } from "../shared/limits.ts";
import { encodeBlocks, type Pixels } from "./block-encoder.ts";
import { PictureError } from "./picture-error.ts";

/** The room for a picture, and what the screen can show. */
export interface Room {
  readonly colours: Colours;
  readonly widthMax: number;
  readonly heightMax: number;
}

/** All but what each request has of its own. */
export type DrawnPiece = Omit<PicturePiece, "number" | "piece">;

/** Parts of the size that are tried before the pixels get coarser, and those for the coarsest pixels. */
const SHRINKS = [1, 0.92, 0.84, 0.77, 0.7];
const SHRINKS_LAST = [...SHRINKS, 0.6, 0.5, 0.4, 0.3, 0.2];

/** Behind what is transparent: most such pictures are made for a white page. */
const GROUND = "#ffffff";

const BLOCKS_BYTES_MAX = PICTURE_PIECE_BYTES_MAX - PICTURE_HEAD_BYTES;

/** Throws a `PictureError`. */
export async function drawPicture(bytes: Buffer, room: Room): Promise<readonly DrawnPiece[]> {
  const { colours } = room;
  const whole = await decode(bytes, room);
  /** The part of its rows that had room when it was tried last. */
  let fitting = 1;
  for (let scale = 1; scale <= PICTURE_SCALE_MAX; scale += 1) {
    for (const shrink of scale < PICTURE_SCALE_MAX ? SHRINKS : SHRINKS_LAST) {
      const part = shrink / scale;
      // The bytes grow with the pixels, so there is no use in trying what is far too large.
      if (part * part > 1.2 * fitting) continue;
      const pixels = await resized(whole, part, colours);
      const pieces = await cut(pixels, scale, colours);
      if (typeof pieces !== "number") return pieces;
      fitting = Math.min(fitting, part * part * pieces);
    }
  }
  throw new PictureError("the picture has no room here");
}

let loading: Promise<typeof import("sharp")["default"]> | undefined;

/** The library is loaded with the first picture. It gets only the decoders of the usual formats. */
function loadSharp(): Promise<typeof import("sharp")["default"]> {
  loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: ["Jpeg", "Png", "Webp", "Nsgif"].map((each) => `VipsForeignLoad${each}Buffer`) });
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}

/**
 * What is kept of a picture that was uploaded: a JPEG without what a camera writes beside the pixels, such as the place. It is decoded
 * whole, so it is a picture. Throws a `PictureError`.
 */
export function photoOf(bytes: Buffer): Promise<Buffer> {
  return decoded(bytes, UPLOADED_SIDE_MAX, UPLOADED_SIDE_MAX, (picture) =>
    picture.toColourspace("srgb").jpeg({ quality: PHOTO_QUALITY }).toBuffer(),
  );
}

const PHOTO_QUALITY = 90;

function decode(bytes: Buffer, { widthMax, heightMax, colours }: Room): Promise<Pixels> {
  return decoded(bytes, widthMax, heightMax, (picture) => pixelsOf(picture, colours));
}

/** Only the first picture of a moving one. It is upright, and fits into the room. */
async function decoded<Result>(
  bytes: Buffer,
  width: number,
  height: number,
  take: (picture: Sharp) => Promise<Result>,
): Promise<Result> {
  const sharp = await loadSharp();
  try {
    return await take(
      sharp(bytes, { limitInputPixels: PICTURE_DECODED_PIXELS_MAX, pages: 1, failOn: "error" })
        .timeout({ seconds: PICTURE_DECODE_SECONDS_MAX })
        .autoOrient()
        .flatten({ background: GROUND })
        .resize({ width, height, fit: "inside", withoutEnlargement: true }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : "";
    throw new PictureError(
      /pixel limit/.test(reason)
        ? "the picture has too many pixels"
        : /timeout/.test(reason)
          ? "the picture takes too long"
          : "this is not a picture that can be shown",
    );
  }
}

async function resized(picture: Pixels, part: number, colours: Colours): Promise<Pixels> {
  if (part === 1) return picture;
  const { width, height, data } = picture;
  const sharp = await loadSharp();
  const raw = { width, height, channels: colours === 5 ? 3 : 1 } as const;
  const [toWidth, toHeight] = [width, height].map((side) => Math.max(1, Math.floor(side * part)));
  return pixelsOf(sharp(data, { raw }).resize(toWidth, toHeight, { fit: "fill" }), colours);
}

async function pixelsOf(picture: Sharp, colours: Colours): Promise<Pixels> {
  const { data, info } = await picture
    .toColourspace(colours === 5 ? "srgb" : "b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Returns the pieces, or which part of the picture has room in them. Others have their turn between two rows of blocks. */
async function cut(pixels: Pixels, scale: number, colours: Colours): Promise<readonly DrawnPiece[] | number> {
  const { width, height } = pixels;
  const parts: { readonly row: number; blocks: Buffer }[] = [];
  const hash = createHash("sha256").update(JSON.stringify([width, height, scale, colours]));
  let bytes = 0;
  let row = 0;
  for (const blocks of encodeBlocks(pixels, colours)) {
    const last = parts.at(-1);
    if (last && last.blocks.length + blocks.length <= BLOCKS_BYTES_MAX)
      last.blocks = Buffer.concat([last.blocks, blocks]);
    else parts.push({ row, blocks: Buffer.from(blocks) });
    bytes += blocks.length;
    // Too wide for a piece: that says nothing of the bytes of all.
    if (blocks.length > BLOCKS_BYTES_MAX) return 1;
    const isTooLarge = bytes + parts.length * PICTURE_HEAD_BYTES > PICTURE_BYTES_MAX;
    if (isTooLarge || parts.length > PICTURE_PIECES_MAX) return Math.max(row, BLOCK) / height;
    hash.update(blocks);
    row += BLOCK;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const version = hash.digest().readUInt32BE();
  return parts.map((part) => ({ colours, pieces: parts.length, version, width, height, scale, ...part }));
}
