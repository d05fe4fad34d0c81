/** Pre-subscriptions: the payload of `/connect/presub`, and the directory's line as text in hexadecimal digits. */
import { toHex, type Vector } from "./vector.ts";

const TABLE_3 = "wire format, table 3";
const LINE = "wire format, pre-subscription, step 3";
const A_TO_B = { uid: "a", topics: [{ topicFilter: "b", qos: 1 }] };

export const PRESUBSCRIPTION_VECTORS: readonly Vector[] = [
  {
    name: "two contacts",
    origin: TABLE_3,
    hex: "07 6c 6f 2d 62 61 79 37 04 00 0c 2f 61 63 6d 65 2f 70 72 65 73 2f 62 01 00 01 63 00",
    expected: {
      uid: "lo-bay7",
      topics: [
        { topicFilter: "/acme/pres/b", qos: 1 },
        { topicFilter: "c", qos: 0 },
      ],
    },
  },
  {
    name: "QoS 2",
    origin: TABLE_3,
    hex: "0161 04 000162 02",
    expected: { uid: "a", topics: [{ topicFilter: "b", qos: 2 }] },
  },
  {
    name: "a uid of 64 bytes",
    origin: TABLE_3,
    hex: `40 ${"61".repeat(64)} 04 000162 01`,
    expected: { ...A_TO_B, uid: "a".repeat(64) },
  },
  { name: "empty", origin: TABLE_3, hex: "", refused: "uid length at byte 0" },
  { name: "a uid of no bytes", origin: TABLE_3, hex: "00 04 000162 01", refused: "uid length at byte 0: 0" },
  {
    name: "a uid of 65 bytes",
    origin: TABLE_3,
    hex: `41 ${"61".repeat(65)} 04 000162 01`,
    refused: "uid length at byte 0: 65",
  },
  { name: "a uid that is no topic level", origin: TABLE_3, hex: "02 612b 04 000162 01", refused: "uid at byte 1" },
  {
    name: "a uid that is not UTF-8",
    origin: TABLE_3,
    hex: "02 61ff 04 000162 01",
    refused: "uid at byte 2: not UTF-8",
  },
  { name: "the Presub Flag missing", origin: TABLE_3, hex: "0161", refused: "Presub Flag at byte 2" },
  { name: "another bit in the flag", origin: TABLE_3, hex: "0161 05 000162 01", refused: "Presub Flag at byte 2: 5" },
  { name: "flag 0", origin: TABLE_3, hex: "0161 00 000162 01", refused: "Presub Flag at byte 2: 0" },
  { name: "no topic", origin: TABLE_3, hex: "0161 04", refused: "topic 1 length at byte 3" },
  { name: "a topic of no bytes", origin: TABLE_3, hex: "0161 04 0000 01", refused: "topic 1 at byte 5" },
  { name: "a topic with U+0000", origin: TABLE_3, hex: "0161 04 000100 01", refused: "topic 1 at byte 5" },
  { name: "a topic past the end", origin: TABLE_3, hex: "0161 04 000262", refused: "topic 1 at byte 5" },
  { name: "the QoS missing", origin: TABLE_3, hex: "0161 04 000162", refused: "topic 1 QoS at byte 6" },
  { name: "QoS 3", origin: TABLE_3, hex: "0161 04 000162 01 000163 03", refused: "topic 2 QoS at byte 10" },
];

export const DIRECTORY_VECTORS: readonly Vector[] = [
  line("one topic", "a-<sub>-1-b", A_TO_B),
  line("a uid with -, two topics with -", "bay-7-<sub>-0-/acme/pres/x-1,/acme/pres/y-<sub>-1", {
    uid: "bay-7",
    topics: [
      { topicFilter: "/acme/pres/x-1", qos: 0 },
      { topicFilter: "/acme/pres/y-<sub>-1", qos: 0 },
    ],
  }),
  { ...line("no mark", "a-1-b"), refused: "line at byte 0: no -<sub>-" },
  { ...line("no uid", "-<sub>-1-b"), refused: "uid at byte 0" },
  { ...line("a uid of two levels", "a/b-<sub>-1-b"), refused: "uid at byte 0" },
  { ...line("QoS 3", "a-<sub>-3-b"), refused: "QoS at byte 8" },
  { ...line("a QoS of two digits", "a-<sub>-11-b"), refused: "QoS at byte 9" },
  { ...line("nothing behind the mark", "a-<sub>-"), refused: "QoS at byte 8" },
  { ...line("no topic", "a-<sub>-1-"), refused: "topic 1 at byte 10" },
  { ...line("an empty topic", "a-<sub>-1-b,,c"), refused: "topic 2 at byte 12" },
  { ...line("a topic with U+0000", "a-<sub>-1-b,\0"), refused: "topic 2 at byte 12" },
  { name: "line: not UTF-8", origin: LINE, hex: "612d3c7375623e2d312dff", refused: "line at byte 10: not UTF-8" },
  { name: "line: empty", origin: LINE, hex: "", refused: "line at byte 0" },
];

/** A reader accepts an end of line, but a writer does not make one. */
export const DIRECTORY_READ_ONLY: readonly Vector[] = [
  line("LF behind it", "a-<sub>-1-b\n", A_TO_B),
  line("CR LF behind it", "a-<sub>-1-b\r\n", A_TO_B),
];

function line(name: string, text: string, expected?: unknown): Vector {
  const hex = toHex(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return { name: `line: ${name}`, origin: LINE, hex, expected };
}
