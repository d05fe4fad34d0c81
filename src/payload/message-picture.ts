/**
 * Pictures of messages (wire format, pictures of messages). A device asks for the picture of a message that it was sent, piece by
 * piece. Whoever can fetch and scale it answers. This file has what a device needs; `optional/message-picture.ts` has the other half.
 *
 * | bytes of a request | field |
 * |---|---|
 * | 1 | bits 7 to 4: Kind, 2 picture of a message; bits 3 to 0: Colours, 1 black and white, 4 grey, 5 RGB565 |
 * | 2 to 3 | Number, which the reply repeats |
 * | 4 to 5, 6 to 7 | Width Max, Height Max: room on the screen, in pixels |
 * | 8 | Piece, from 0 |
 * | 9 … | 1 byte length of the sender; sender of the message; its id to the end |
 *
 * | bytes of a reply | field |
 * |---|---|
 * | 1 to 3 | as in the request |
 * | 4 | Piece |
 * | 5 | Pieces, 1 to 64; 0: there is no picture, and the rest is text that says why |
 * | 6 to 9 | Version: another one is another picture |
 * | 10 to 11, 12 to 13 | Width, Height of the picture, in its pixels |
 * | 14 | Scale: side of such a pixel in pixels of the screen |
 * | 15 to 16 | Row: the first one of this piece, a multiple of 4 |
 * | 17 … | blocks, see `src/pager/screen/picture-blocks.ts` |
 */
import { ByteReader, type ByteWriter } from "../bytes.ts";
import { FormatError } from "../errors.ts";
import {
  MESSAGE_ID_BYTES_MAX,
  PICTURE_BYTES_MAX,
  PICTURE_PIECES_MAX,
  PICTURE_PIXELS_MAX,
  PICTURE_SCALE_MAX,
  PICTURE_WORDS_BYTES_MAX,
  UID_BYTES_MAX,
} from "../limits.ts";
import { utf8Length } from "../utf8.ts";

const KIND_PICTURE = 2;

/** 1: black and white. 4: 16 levels of grey. 5: RGB565. */
export type Colours = 1 | 4 | 5;

export interface PictureHead {
  readonly colours: Colours;
  /** 0 to 65,535. */
  readonly number: number;
  readonly piece: number;
}

export interface PictureRequest extends PictureHead {
  /** Room on the screen, in pixels. */
  readonly widthMax: number;
  readonly heightMax: number;
  /** The message. */
  readonly sender: string;
  readonly id: string;
}

export interface PicturePiece extends PictureHead {
  /** 1 to `PICTURE_PIECES_MAX`. */
  readonly pieces: number;
  readonly version: number;
  /** In pixels of the picture. */
  readonly width: number;
  readonly height: number;
  /** Side of such a pixel, in pixels of the screen. */
  readonly scale: number;
  /** The first row of this piece. */
  readonly row: number;
  /** The blocks. */
  readonly blocks: Uint8Array;
}

/** There is no picture. */
export interface PictureRefusal extends PictureHead {
  readonly pieces: 0;
  /** Why. */
  readonly words: string;
}

/** Bytes of the longest request. */
export const PICTURE_REQUEST_BYTES_MAX = 9 + UID_BYTES_MAX + MESSAGE_ID_BYTES_MAX;

/** Bytes of a reply before its blocks. */
export const PICTURE_HEAD_BYTES = 16;

export function writePictureRequest(writer: ByteWriter, request: PictureRequest): void {
  writePictureHead(writer, request);
  writer.uint16(request.widthMax);
  writer.uint16(request.heightMax);
  writer.uint8(request.piece);
  writer.uint8(utf8Length(request.sender));
  writer.text(request.sender);
  writer.text(request.id);
}

/** Writes the bytes that begin a request and a reply. */
export function writePictureHead(writer: ByteWriter, { colours, number }: PictureHead): void {
  writer.uint8((KIND_PICTURE << 4) | colours);
  writer.uint16(number);
}

/** Reads the bytes that begin a request and a reply. Throws a `FormatError`. */
export function readPictureHead(reader: ByteReader): { readonly colours: Colours; readonly number: number } {
  const first = reader.uint8("Kind");
  const colours = first & 15;
  if (first >> 4 !== KIND_PICTURE) throw new FormatError("Kind", 0, `${first >> 4}, expected ${KIND_PICTURE}`);
  if (colours !== 1 && colours !== 4 && colours !== 5)
    throw new FormatError("Colours", 0, `${colours}, expected 1, 4 or 5`);
  return { colours, number: reader.uint16("Number") };
}

/** The Number of a reply, whatever else it holds. */
export function numberOfReply(payload: Uint8Array): number {
  return ((payload[1] ?? 0) << 8) | (payload[2] ?? 0);
}

/** Whether a payload of the topics `raster` is about the picture of a message. */
export function isAboutPicture(payload: Uint8Array): boolean {
  return (payload[0] ?? 0) >> 4 === KIND_PICTURE;
}

/** Reads a reply; its blocks are not looked at. Throws a `FormatError` that names the field and its offset. */
export function readPictureReply(payload: Uint8Array): PicturePiece | PictureRefusal {
  const reader = new ByteReader(payload);
  const { colours, number } = readPictureHead(reader);
  const piece = reader.uint8("Piece");
  const pieces = reader.uint8("Pieces");
  if (pieces === 0) {
    const words = reader.text(reader.remaining, "words");
    if (payload.length > WORDS_AT + PICTURE_WORDS_BYTES_MAX) throw new FormatError("words", WORDS_AT, "too long");
    return { colours, number, piece, pieces, words };
  }
  const version = reader.uint32("Version");
  const width = sideOf(reader, "Width");
  const height = sideOf(reader, "Height");
  const scale = reader.uint8("Scale");
  const row = reader.uint16("Row");
  const blocks = reader.view(reader.remaining, "blocks");
  const isNumbered = pieces <= PICTURE_PIECES_MAX && piece < pieces;
  const isPlaced = scale > 0 && scale <= PICTURE_SCALE_MAX && row % 4 === 0 && row < height;
  if (!isNumbered || !isPlaced || blocks.length === 0 || blocks.length > PICTURE_BYTES_MAX)
    throw new FormatError("piece", 3, `${piece} of ${pieces}, Scale ${scale}, Row ${row}, ${blocks.length} bytes`);
  return { colours, number, piece, pieces, version, width, height, scale, row, blocks };
}

const WORDS_AT = 5;

/** Reads a width or a height. */
export function sideOf(reader: ByteReader, field: string): number {
  const side = reader.uint16(field);
  if (side === 0 || side > PICTURE_PIXELS_MAX)
    throw new FormatError(field, reader.offset - 2, `${side}, expected 1 to ${PICTURE_PIXELS_MAX}`);
  return side;
}
