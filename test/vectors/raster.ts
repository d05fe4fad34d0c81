/** Requests for pictures of text, and replies. Depth, number and width stand in the first bytes. */
import { checkPicture, rowsAbove, rowsBelow, unpackRows } from "../../src/pager/screen/run-picture.ts";
import { type DrawnRun, encodePicture, encodeRasterReplies } from "../../src/payload/optional/raster.ts";
import { type RasterHead, RasterReply } from "../../src/payload/raster.ts";
import { fromHex, type Vector } from "./vector.ts";

const TEXT = "wire format, pictures of text";
const HEAD = { depth: 4, number: 7 };
const REQUEST = "14 0007 ff";

export const RASTER_REQUEST_VECTORS: readonly Vector[] = [
  {
    name: "two runs",
    origin: TEXT,
    hex: `${REQUEST} 10 02 d985 1c 04 f09f918d`,
    expected: {
      ...HEAD,
      widthMax: 255,
      runs: [
        { sizePixels: 16, text: "\u0645" },
        { sizePixels: 28, text: "\u{1f44d}" },
      ],
    },
  },
  {
    name: "one bit, the smallest",
    origin: TEXT,
    hex: "11 ffff 01 08 01 61",
    expected: { depth: 1, number: 65535, widthMax: 1, runs: [{ sizePixels: 8, text: "a" }] },
  },
  {
    name: "the longest run in the largest size",
    origin: TEXT,
    hex: `${REQUEST} 40 80 ${"61".repeat(128)}`,
    expected: { ...HEAD, widthMax: 255, runs: [{ sizePixels: 64, text: "a".repeat(128) }] },
  },
  { name: "a request: empty", origin: TEXT, hex: "", refused: "Kind at byte 0" },
  { name: "a request: another kind", origin: TEXT, hex: "24 0007 ff 10 01 61", refused: "Kind at byte 0: 2" },
  { name: "a request: Depth 2", origin: TEXT, hex: "12 0007 ff 10 01 61", refused: "Depth at byte 0: 2" },
  { name: "Width Max 0", origin: TEXT, hex: "14 0007 00 10 01 61", refused: "Width Max at byte 3: 0" },
  { name: "no run", origin: TEXT, hex: REQUEST, refused: "run Size at byte 4" },
  {
    name: "33 runs",
    origin: TEXT,
    hex: `${REQUEST} ${"100161".repeat(33)}`,
    refused: "runs at byte 100: more than 32",
  },
  { name: "Size 7", origin: TEXT, hex: `${REQUEST} 07 01 61`, refused: "run Size at byte 4: 7" },
  { name: "Size 65", origin: TEXT, hex: `${REQUEST} 41 01 61`, refused: "run Size at byte 4: 65" },
  { name: "a run of no bytes", origin: TEXT, hex: `${REQUEST} 10 00`, refused: "run Length at byte 5: 0" },
  {
    name: "a run of 129 bytes",
    origin: TEXT,
    hex: `${REQUEST} 10 81 ${"61".repeat(129)}`,
    refused: "run Length at byte 5: 129",
  },
  { name: "a run past the end", origin: TEXT, hex: `${REQUEST} 10 02 61`, refused: "run at byte 6" },
  { name: "a run that is not UTF-8", origin: TEXT, hex: `${REQUEST} 10 01 ff`, refused: "run at byte 6: not UTF-8" },
];

const DRAWN = { advance: 6, left: 1, top: 12, width: 3, height: 2, levels: [15, 8, 15, 15, 15, 15] };
const REPLY = "14 0007";
const BOX = "06 01 0c 03 02";

/** In the size of 16 pixels, at most 100 wide. */
export const RASTER_REPLY_VECTORS: readonly Vector[] = [
  {
    name: "a picture of 3 by 2, and a run that cannot be drawn",
    origin: TEXT,
    hex: `${REPLY} 00 0008 ${BOX} f08f30 01 0000`,
    expected: { ...HEAD, pictures: [DRAWN, null] },
  },
  {
    name: "a space",
    origin: TEXT,
    hex: `${REPLY} 00 0005 64 00 00 00 00`,
    expected: { ...HEAD, pictures: [{ advance: 100, left: 0, top: 0, width: 0, height: 0, levels: [] }] },
  },
  {
    name: "a whole box of 16 by 22 with 16 pixels a count",
    origin: TEXT,
    hex: `${REPLY} 00 001b 10 00 00 10 16 ${"ff".repeat(22)}`,
    expected: {
      ...HEAD,
      pictures: [{ advance: 16, left: 0, top: 0, width: 16, height: 22, levels: Array(352).fill(15) }],
    },
  },
  { name: "no picture", origin: TEXT, hex: REPLY, expected: { ...HEAD, pictures: [] } },
  { name: "a reply: empty", origin: TEXT, hex: "", refused: "Kind at byte 0" },
  { name: "a reply: Kind 0", origin: TEXT, hex: "04 0007", refused: "Kind at byte 0: 0" },
  { name: "a reply: Depth 8", origin: TEXT, hex: "18 0007", refused: "Depth at byte 0: 8" },
  { name: "Index 32", origin: TEXT, hex: `${REPLY} 20 0000`, refused: "Index at byte 3: 32" },
  { name: "a picture past the end", origin: TEXT, hex: `${REPLY} 00 0009 ${BOX} f08f30`, refused: "picture at byte 6" },
  {
    name: "a picture of 4 bytes",
    origin: TEXT,
    hex: `${REPLY} 00 0004 06 01 0c 03`,
    refused: "picture length at byte 6: 4",
  },
  { name: "Advance 0", origin: TEXT, hex: `${REPLY} 00 0005 00 00 00 00 00`, refused: "picture Advance at byte 6: 0" },
  {
    name: "Advance 101",
    origin: TEXT,
    hex: `${REPLY} 00 0005 65 00 00 00 00`,
    refused: "picture Advance at byte 6: 101",
  },
  {
    name: "ink behind the box",
    origin: TEXT,
    hex: `${REPLY} 00 0008 03 01 0c 03 02 f08f30`,
    refused: "picture Width at byte 9",
  },
  {
    name: "ink below the box",
    origin: TEXT,
    hex: `${REPLY} 00 0008 06 01 15 03 02 f08f30`,
    refused: "picture Height at byte 10",
  },
  {
    name: "a pixel too few",
    origin: TEXT,
    hex: `${REPLY} 00 0007 06 01 0c 03 02 f0f3`,
    refused: "picture pixels at byte 13: 5",
  },
  {
    name: "a pixel too many",
    origin: TEXT,
    hex: `${REPLY} 00 0008 ${BOX} f08f40`,
    refused: "picture pixels at byte 14: 7",
  },
  {
    name: "a count missing",
    origin: TEXT,
    hex: `${REPLY} 00 0007 ${BOX} f08f`,
    refused: "picture pixels at byte 13: 9",
  },
  {
    name: "a nibble left over that is not 0",
    origin: TEXT,
    hex: `${REPLY} 00 0008 ${BOX} f08f31`,
    refused: "picture end at byte 13",
  },
  {
    name: "a byte left over",
    origin: TEXT,
    hex: `${REPLY} 00 0009 ${BOX} f08f3000`,
    refused: "picture end at byte 13",
  },
  {
    name: "ink without rows, and pixels",
    origin: TEXT,
    hex: `${REPLY} 00 0006 06 01 0c 03 00 00`,
    refused: "picture end at byte 11",
  },
];

interface ReadReply extends RasterHead {
  /** null: it cannot be drawn. */
  readonly pictures: readonly ((Omit<DrawnRun, "levels"> & { readonly levels: readonly number[] }) | null)[];
}

/** Reads a reply as a device does. The pictures are in the order of their runs. */
export function readReply(payload: Uint8Array): ReadReply {
  const reply = new RasterReply(payload);
  const pictures: ReadReply["pictures"][number][] = [];
  while (reply.next()) {
    const { start, end } = reply;
    pictures.push(start === end ? null : readPicture(payload, start, end));
  }
  return { ...reply.head, pictures };
}

function readPicture(bytes: Uint8Array, start: number, end: number) {
  checkPicture(bytes, start, end, rowsAbove(16) + rowsBelow(16), 100);
  const [advance = 0, left = 0, top = 0, width = 0, height = 0] = bytes.subarray(start, start + 5);
  const rowBytes = (width + 1) >> 1;
  const rows = new Uint8Array(rowBytes * height);
  unpackRows(bytes, start, 0, height, rows, 0);
  const levels = Array.from({ length: width * height }, (_, at) => {
    const x = at % width;
    const packed = rows[Math.floor(at / width) * rowBytes + (x >> 1)] as number;
    return x % 2 === 0 ? packed >> 4 : packed & 15;
  });
  return { advance, left, top, width, height, levels };
}

export function writeReply({ pictures, ...head }: ReadReply): Uint8Array {
  const packed = pictures.map((each) =>
    each ? encodePicture({ ...each, levels: Uint8Array.from(each.levels) }) : undefined,
  );
  const [reply = fromHex(head.depth === 4 ? "14 0000" : "11 0000")] = encodeRasterReplies(head, packed, 65_535);
  reply.set([head.number >> 8, head.number & 255], 1);
  return reply;
}

/** Whether a reply that is cut to a length says less: it ends behind a picture. */
export function endsOfPictures(payload: Uint8Array): (length: number) => boolean {
  const reply = new RasterReply(payload);
  const ends = [3];
  while (reply.next()) ends.push(reply.end);
  return (length) => ends.includes(length);
}
