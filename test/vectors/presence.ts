/** Presence, valid and refused. */
import { toHex, type Vector } from "./vector.ts";

const TABLE_4 = "wire format, table 4";

export const PRESENCE_VECTORS: readonly Vector[] = [
  { name: "online", origin: TABLE_4, hex: "51", expected: { status: 1, context: "" } },
  { name: "offline", origin: TABLE_4, hex: "52", expected: { status: 2, context: "" } },
  { name: "busy", origin: TABLE_4, hex: "53", expected: { status: 3, context: "" } },
  { name: "away", origin: TABLE_4, hex: "54", expected: { status: 4, context: "" } },
  { name: "busy, lunch", origin: TABLE_4, hex: "93 6c 75 6e 63 68", expected: { status: 3, context: "lunch" } },
  {
    name: "custom, on call",
    origin: TABLE_4,
    hex: "af 6f 6e 20 63 61 6c 6c",
    expected: { status: 15, context: "on call" },
  },
  { name: "asleep", origin: TABLE_4, hex: "55", expected: { status: 5, context: "" } },
  {
    name: "asleep until 1700000000",
    origin: TABLE_4,
    hex: "9531373030303030303030",
    expected: { status: 5, context: "1700000000" },
  },
  { name: "status 6, kept", origin: TABLE_4, hex: "56", expected: { status: 6, context: "" } },
  { name: "status 14, kept", origin: TABLE_4, hex: "5e", expected: { status: 14, context: "" } },
  {
    name: "Context of 255 bytes",
    origin: TABLE_4,
    hex: `91 ${"61".repeat(255)}`,
    expected: { status: 1, context: "a".repeat(255) },
  },
  { name: "Context of 256 bytes", origin: TABLE_4, hex: `91 ${"61".repeat(256)}`, refused: "presence Context" },
  { name: "empty", origin: TABLE_4, hex: "", refused: "presence at byte 0" },
  { name: "Type 0", origin: TABLE_4, hex: "11", refused: "presence Type" },
  { name: "Type 3", origin: TABLE_4, hex: "d1", refused: "presence Type" },
  { name: "Flag 0", origin: TABLE_4, hex: "41", refused: "presence Flag" },
  { name: "Flag 3", origin: TABLE_4, hex: "71", refused: "presence Flag" },
  { name: "Status 0", origin: TABLE_4, hex: "50", refused: "presence Status" },
  { name: "Status 15 with Flag 1", origin: TABLE_4, hex: "5f", refused: "presence Flag" },
  { name: "Status 1 with Flag 2", origin: TABLE_4, hex: "61", refused: "presence Flag" },
  { name: "Context is not UTF-8", origin: TABLE_4, hex: "91 ff", refused: "presence Context at byte 1" },
];

/** A reader accepts these, but a writer does not make them. */
export const PRESENCE_READ_ONLY: readonly Vector[] = [
  { name: "Context after Type 1, ignored", origin: TABLE_4, hex: "51 61", expected: { status: 1, context: "" } },
  {
    name: "bytes that are no text after Type 1, ignored",
    origin: TABLE_4,
    hex: "54 ff",
    expected: { status: 4, context: "" },
  },
  {
    name: "256 bytes after Type 1, ignored",
    origin: TABLE_4,
    hex: `53 ${"61".repeat(256)}`,
    expected: { status: 3, context: "" },
  },
  { name: "Type 2 without Context", origin: TABLE_4, hex: "91", expected: { status: 1, context: "" } },
];

/** The first byte alone with each of its 256 values: 30 of them are valid, the others are refused with the field. */
export const PRESENCE_BYTES: readonly Vector[] = Array.from({ length: 256 }, (_, byte) => {
  const [type, flag, status] = [byte >> 6, (byte >> 4) & 3, byte & 15];
  const row = { name: `presence ${byte.toString(16)}`, origin: TABLE_4, hex: toHex(Uint8Array.of(byte)) };
  if (type === 0 || type === 3) return { ...row, refused: "presence Type at byte 0" };
  if (flag === 0 || flag === 3) return { ...row, refused: "presence Flag at byte 0" };
  if (status === 0) return { ...row, refused: "presence Status at byte 0" };
  if (flag !== (status === 15 ? 2 : 1)) return { ...row, refused: "presence Flag at byte 0" };
  return { ...row, expected: { status, context: "" } };
});
