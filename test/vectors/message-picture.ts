/** Requests for pictures of messages, and replies. */
import { checkBlocks, drawBlocks } from "../../src/pager/screen/picture-blocks.ts";
import { type PicturePiece, type PictureRefusal, readPictureReply } from "../../src/payload/message-picture.ts";
import { decodePictureRequest, encodePictureReply } from "../../src/payload/optional/message-picture.ts";
import type { Vector } from "./vector.ts";

const TEXT = "wire format, pictures of messages";
const ROOM = "25 0007 0130 00a4 00";
const FIELDS = { colours: 5, number: 7, widthMax: 304, heightMax: 164, piece: 0 };

export const PICTURE_REQUEST_VECTORS: readonly Vector[] = [
  {
    name: "the first piece of a picture",
    origin: TEXT,
    hex: `${ROOM} 07 73746174696f6e 7033`,
    expected: { ...FIELDS, sender: "station", id: "p3" },
  },
  {
    name: "the least and the largest room, grey and one bit",
    origin: TEXT,
    hex: "21 ffff 0001 0800 ff 01 61 62",
    expected: { colours: 1, number: 65535, widthMax: 1, heightMax: 2048, piece: 255, sender: "a", id: "b" },
  },
  {
    name: "the longest names",
    origin: TEXT,
    hex: `24 0007 0800 0001 3f 40 ${"61".repeat(64)} ${"62".repeat(64)}`,
    expected: {
      colours: 4,
      number: 7,
      widthMax: 2048,
      heightMax: 1,
      piece: 63,
      sender: "a".repeat(64),
      id: "b".repeat(64),
    },
  },
  { name: "a picture's request: empty", origin: TEXT, hex: "", refused: "Kind at byte 0" },
  { name: "a picture's request: Kind 3", origin: TEXT, hex: "35 0007", refused: "Kind at byte 0: 3" },
  { name: "a picture's request: Colours 2", origin: TEXT, hex: "22 0007", refused: "Colours at byte 0: 2" },
  { name: "Width Max 0", origin: TEXT, hex: "25 0007 0000 00a4 00 01 61 62", refused: "Width Max at byte 3: 0" },
  {
    name: "Height Max 2049",
    origin: TEXT,
    hex: "25 0007 0001 0801 00 01 61 62",
    refused: "Height Max at byte 5: 2049",
  },
  { name: "no sender", origin: TEXT, hex: `${ROOM} 00 62`, refused: "sender at byte 9: 0" },
  { name: "a sender of 65 bytes", origin: TEXT, hex: `${ROOM} 41 ${"61".repeat(66)}`, refused: "sender at byte 9: 65" },
  { name: "a sender past the end", origin: TEXT, hex: `${ROOM} 02 61`, refused: "sender at byte 9" },
  { name: "a sender that is not UTF-8", origin: TEXT, hex: `${ROOM} 01 ff 62`, refused: "sender at byte 9: not UTF-8" },
  { name: "no id", origin: TEXT, hex: `${ROOM} 01 61`, refused: "id at byte 10: 0" },
  { name: "an id of 65 bytes", origin: TEXT, hex: `${ROOM} 01 61 ${"62".repeat(65)}`, refused: "id at byte 10: 65" },
];

const HEAD = "25 0007 00 01 12345678";
const PIECE = { colours: 5, number: 7, piece: 0, pieces: 1, version: 0x12345678, scale: 1, row: 0 };

/** Beside the fields: how the device draws the piece, as 0xRRGGBB, row by row. */
export const PICTURE_REPLY_VECTORS: readonly Vector[] = [
  {
    name: "4 colours, each a column",
    origin: TEXT,
    hex: `${HEAD} 0004 0002 01 0000 ffff0000 2d2d2d2d`,
    expected: {
      ...PIECE,
      width: 4,
      height: 2,
      blocks: "ffff00002d2d2d2d",
      drawn: [...lineOf("ffffff a5a6a5 5a595a 000000"), ...lineOf("ffffff a5a6a5 5a595a 000000")],
    },
  },
  {
    name: "2 colours and one, and blocks that reach beyond the picture",
    origin: TEXT,
    hex: `${HEAD} 0005 0001 01 0000 001ff800 5000 07e007e0`,
    expected: {
      ...PIECE,
      width: 5,
      height: 1,
      blocks: "001ff800500007e007e0",
      drawn: lineOf("0000ff ff0000 0000ff ff0000 00ff00"),
    },
  },
  {
    name: "grey: 4 levels, 2 and one; the second piece",
    origin: TEXT,
    hex: "24 0007 01 02 00000000 000c 0005 02 0004 f0 2d000000 0f 5000 77",
    expected: {
      colours: 4,
      number: 7,
      piece: 1,
      pieces: 2,
      version: 0,
      width: 12,
      height: 5,
      scale: 2,
      row: 4,
      blocks: "f02d0000000f500077",
      drawn: lineOf("ffffff aaaaaa 555555 000000 000000 ffffff 000000 ffffff 777777 777777 777777 777777"),
    },
  },
  {
    name: "black and white",
    origin: TEXT,
    hex: "21 0007 00 01 12345678 0004 0001 04 0000 a000",
    expected: {
      ...PIECE,
      colours: 1,
      width: 4,
      height: 1,
      scale: 4,
      blocks: "a000",
      drawn: lineOf("ffffff 000000 ffffff 000000"),
    },
  },
  {
    name: "no picture, and why",
    origin: TEXT,
    hex: "25 0007 00 00 676f6e65",
    expected: { colours: 5, number: 7, piece: 0, pieces: 0, words: "gone" },
  },
  {
    name: "no picture, and no reason",
    origin: TEXT,
    hex: "25 0007 03 00",
    expected: { colours: 5, number: 7, piece: 3, pieces: 0, words: "" },
  },
  { name: "a picture's reply: empty", origin: TEXT, hex: "", refused: "Kind at byte 0" },
  { name: "a picture's reply: Kind 1", origin: TEXT, hex: "15 0007 00 00", refused: "Kind at byte 0: 1" },
  {
    name: "65 pieces",
    origin: TEXT,
    hex: "25 0007 00 41 12345678 0004 0001 01 0000 07e007e0",
    refused: "piece at byte 3: 0 of 65",
  },
  {
    name: "piece 1 of 1",
    origin: TEXT,
    hex: "25 0007 01 01 12345678 0004 0001 01 0000 07e007e0",
    refused: "piece at byte 3: 1 of 1",
  },
  { name: "Width 0", origin: TEXT, hex: `${HEAD} 0000 0001 01 0000 07e007e0`, refused: "Width at byte 9: 0" },
  { name: "Height 2049", origin: TEXT, hex: `${HEAD} 0004 0801 01 0000 07e007e0`, refused: "Height at byte 11: 2049" },
  {
    name: "Scale 0",
    origin: TEXT,
    hex: `${HEAD} 0004 0001 00 0000 07e007e0`,
    refused: "piece at byte 3: 0 of 1, Scale 0",
  },
  {
    name: "Scale 5",
    origin: TEXT,
    hex: `${HEAD} 0004 0001 05 0000 07e007e0`,
    refused: "piece at byte 3: 0 of 1, Scale 5",
  },
  {
    name: "Row 2",
    origin: TEXT,
    hex: `${HEAD} 0004 0008 01 0002 07e007e0`,
    refused: "piece at byte 3: 0 of 1, Scale 1, Row 2",
  },
  {
    name: "Row behind the picture",
    origin: TEXT,
    hex: `${HEAD} 0004 0008 01 0008 07e007e0`,
    refused: "piece at byte 3: 0 of 1, Scale 1, Row 8",
  },
  { name: "no blocks", origin: TEXT, hex: `${HEAD} 0004 0001 01 0000`, refused: "Row 0, 0 bytes" },
  {
    name: "blocks above all bounds",
    origin: TEXT,
    hex: `${HEAD} 0004 0001 01 0000 ${"07e007e0".repeat(5_121)}`,
    refused: "Row 0, 20484 bytes",
  },
  {
    name: "a block that ends early",
    origin: TEXT,
    hex: `${HEAD} 0004 0001 01 0000 ffff0000 2d2d2d`,
    refused: "blocks at byte 7",
  },
  {
    name: "half a row of blocks",
    origin: TEXT,
    hex: `${HEAD} 0005 0001 01 0000 07e007e0`,
    refused: "blocks at byte 4: 1 of 2",
  },
  {
    name: "words of 65 bytes",
    origin: TEXT,
    hex: `25 0007 00 00 ${"61".repeat(65)}`,
    refused: "words at byte 5: too long",
  },
  { name: "words that are not UTF-8", origin: TEXT, hex: "25 0007 00 00 ff", refused: "words at byte 5: not UTF-8" },
];

function lineOf(colors: string): number[] {
  return colors.split(" ").map((color) => Number.parseInt(color, 16));
}

type ReadReply = PictureRefusal | (PicturePiece & { readonly drawn: readonly number[] });

/** Reads a reply as a device does, and draws it. */
export function readPicture(payload: Uint8Array): ReadReply {
  const reply = readPictureReply(payload);
  if ("words" in reply) return reply;
  const { blocks, colours, width, height, row } = reply;
  const rows = Math.min(height - row, 4 * checkBlocks(blocks, colours, width));
  const pixels = new Uint16Array(rows * width);
  const palette: number[] = [];
  const pixelOf = (color: number) => palette.push(color) - 1;
  // A pixel of a host has 16 bits at most: here it is a place in a table.
  drawBlocks(blocks, { colours, width, scale: 1 }, 0, rows, { pixels, pixelOf });
  return { ...reply, drawn: [...pixels].map((pixel) => palette[pixel] as number) };
}

export function writePicture(reply: ReadReply): Uint8Array {
  return encodePictureReply(reply);
}

/** Whether a request that is cut to a length is one: its id is the rest. */
export function endsInId(payload: Uint8Array): (length: number) => boolean {
  const { sender } = decodePictureRequest(payload);
  return (length) => length > 9 + sender.length;
}

/** Whether a reply that is cut to a length says less: shorter words, or fewer rows of blocks. */
export function endsOfRows(payload: Uint8Array): (length: number) => boolean {
  const reply = readPictureReply(payload);
  if ("words" in reply) return (length) => length >= 5;
  return (length) => {
    try {
      return length > 16 && checkBlocks(payload.subarray(16, length), reply.colours, reply.width) > 0;
    } catch {
      return false;
    }
  };
}
