/** Instant messages, valid and refused. Their contents are not decoded. */
import { toHex, type Vector } from "./vector.ts";

const TABLE_5 = "wire format, tables 5 and 6";

const HI = { contentType: 0, content: "7b22636f223a226869227d" };

export const MESSAGE_VECTORS: readonly Vector[] = [
  {
    name: "hi from bob",
    origin: "wire format, example",
    hex: "65 53 f1 00 11 00 00 00 00 0b 7b 22 63 6f 22 3a 22 68 69 22 7d 62 6f 62",
    expected: { timestampSeconds: 1_700_000_000, imType: 1, contents: [HI], sender: "bob" },
  },
  {
    name: "two contents, no clock, latest type",
    origin: TABLE_5,
    hex: "00000000 f2 00 00000002 7b7d 01 00000000 61",
    expected: {
      timestampSeconds: 0,
      imType: 15,
      contents: [
        { contentType: 0, content: "7b7d" },
        { contentType: 1, content: "" },
      ],
      sender: "a",
    },
  },
  {
    name: "the last second, a sender of 64 bytes",
    origin: TABLE_5,
    hex: `ffffffff 31 00 00000000 ${"62".repeat(64)}`,
    expected: {
      timestampSeconds: 0xffff_ffff,
      imType: 3,
      contents: [{ contentType: 0, content: "" }],
      sender: "b".repeat(64),
    },
  },
  { name: "IM Type 0", origin: TABLE_5, hex: "00000000 01 00 00000000 61", refused: "IM Type" },
  { name: "IM Count 0", origin: TABLE_5, hex: "00000000 10 61", refused: "IM Count" },
  {
    name: "a Content Length past the end",
    origin: TABLE_5,
    hex: "00000000 11 00 00000003 7b7d",
    refused: "Content 1 at byte 10",
  },
  { name: "a Content Length of 4 GB", origin: TABLE_5, hex: "00000000 11 00 ffffffff 7b7d61", refused: "Content 1" },
  { name: "no sender", origin: TABLE_5, hex: "00000000 11 00 00000000", refused: "Sender Client UID at byte 10" },
  {
    name: "a sender of 65 bytes",
    origin: TABLE_5,
    hex: `00000000 11 00 00000000 ${"62".repeat(65)}`,
    refused: "Sender Client UID",
  },
  {
    name: "a sender that is no topic level",
    origin: "wire format, topics",
    hex: "00000000 11 00 00000000 612f62",
    refused: "Sender Client UID",
  },
  {
    name: "a sender with +",
    origin: "wire format, topics",
    hex: "00000000 11 00 00000000 2b",
    refused: "Sender Client UID",
  },
  {
    name: "a sender that is not UTF-8",
    origin: TABLE_5,
    hex: "00000000 11 00 00000000 ff",
    refused: "Sender Client UID",
  },
  { name: "empty", origin: TABLE_5, hex: "", refused: "Time Stamp at byte 0" },
];

/** Byte 5 with each of its 256 values, and as many empty contents of the types 0, 1, 2 … as it says. */
export const MESSAGE_BYTES: readonly Vector[] = Array.from({ length: 256 }, (_, byte) => {
  const [imType, count] = [byte >> 4, byte & 15];
  const contents = Array.from({ length: count }, (_, index) => ({ contentType: index, content: "" }));
  const hex = `00000001 ${toHex(Uint8Array.of(byte))} ${contents.map(({ contentType }) => `0${contentType.toString(16)}00000000`).join("")} 61`;
  const row = { name: `message ${byte.toString(16)}`, origin: TABLE_5, hex };
  if (imType === 0) return { ...row, refused: "IM Type at byte 4" };
  if (count === 0) return { ...row, refused: "IM Count at byte 4" };
  return { ...row, expected: { timestampSeconds: 1, imType, contents, sender: "a" } };
});
