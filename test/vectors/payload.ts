/** Payloads of the wire format, valid and refused. */
import { type Content, decodeContent, decodePlainPage, encodeReceipt, encodeText } from "../../src/payload/content.ts";
import { decodeMessage, encodeMessage } from "../../src/payload/message.ts";
import { decodePresence, encodePresence } from "../../src/payload/presence.ts";
import { encodeTelemetry, type Reading } from "../../src/payload/telemetry.ts";
import { complaintOf, fromHex, toHex, type Vector } from "./vector.ts";

const TABLE_4 = "wire format, table 4";
const TABLE_5 = "wire format, tables 5 and 6";

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
  { name: "status 5, kept", origin: TABLE_4, hex: "55", expected: { status: 5, context: "" } },
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

/** These a reader takes and a writer does not make. */
const PRESENCE_READ_ONLY: readonly Vector[] = [
  { name: "Context after Type 1, ignored", origin: TABLE_4, hex: "51 61", expected: { status: 1, context: "" } },
];

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

/** Content Type in the first byte, the content behind it. */
export const CONTENT_VECTORS: readonly Vector[] = [
  content("text", 0, '{"co":"hi"}', { type: "text", keys: keys({}), text: "hi" }),
  content(
    "text with every key",
    0,
    '{"id":"7","pr":5,"ex":60,"cl":"k","ti":"T","co":"hi","ur":"u","re":["yes","no"]}',
    {
      type: "text",
      keys: keys({
        id: "7",
        priority: 5,
        expirySeconds: 60,
        collapseKey: "k",
        title: "T",
        uri: "u",
        choices: ["yes", "no"],
      }),
      text: "hi",
    },
  ),
  content("unknown keys", 0, '{"co":"hi","zz":[1,{"a":2}]}', { type: "text", keys: keys({}), text: "hi" }),
  content("priority out of range counts as absent", 0, '{"co":"hi","pr":6}', {
    type: "text",
    keys: keys({}),
    text: "hi",
  }),
  content("three choices of four", 0, '{"co":"hi","re":["a","b","c","d"]}', {
    type: "text",
    keys: keys({ choices: ["a", "b", "c"] }),
    text: "hi",
  }),
  content("id of 23 bytes", 0, `{"co":"hi","id":"${"i".repeat(23)}"}`, {
    type: "text",
    keys: keys({ id: "i".repeat(23) }),
    text: "hi",
  }),
  { ...content("id of 24 bytes", 0, `{"co":"hi","id":"${"i".repeat(24)}"}`, undefined), refused: "Content id" },
  { ...content("text without co", 0, '{"ti":"hi"}', undefined), refused: "Content co" },
  { ...content("co is a number", 0, '{"co":7}', undefined), refused: "Content co" },
  { ...content("no JSON", 0, '{"co":"hi"', undefined), refused: "not JSON" },
  { ...content("an array", 0, "[]", undefined), refused: "expected an object" },
  { ...content("too deep", 0, `{"co":${"[".repeat(9)}${"]".repeat(9)}}`, undefined), refused: "nested deeper" },
  { name: "not UTF-8", origin: "table 8", hex: "00 22 ff 22", refused: "not UTF-8" },
  content("receipt", 5, '{"id":"7","st":"shown"}', { type: "receipt", id: "7", state: "shown" }),
  content("receipt with an answer", 5, '{"id":"7","st":"answered","co":"yes"}', {
    type: "receipt",
    id: "7",
    state: "answered",
    answer: "yes",
  }),
  { ...content("receipt of an unknown state", 5, '{"id":"7","st":"seen"}', undefined), refused: "Content st" },
  content("image", 1, '{"co":"http://x/y"}', { type: "other", keys: keys({}), contentType: 1 }),
  content("a type of the future is skipped unread", 9, "\u0001", { type: "other", keys: keys({}), contentType: 9 }),
];

export const PAGE_VECTORS: readonly Vector[] = [
  page("text", "Pump 3 hot", { keys: keys({}), text: "Pump 3 hot" }),
  page("object", '{"co":"hot","pr":4}', { keys: keys({ priority: 4 }), text: "hot" }),
  page("begins like an object", "{hot}", { keys: keys({}), text: "{hot}" }),
  page("object without co", '{"ti":"x"}', { keys: keys({}), text: '{"ti":"x"}' }),
  { name: "page: empty", origin: "wire format, plain page", hex: "", refused: "page at byte 0" },
  { name: "page: not UTF-8", origin: "wire format, plain page", hex: "61 fe", refused: "page at byte 1" },
];

/** Readings to bytes. */
export const TELEMETRY_VECTORS: readonly {
  name: string;
  format: "cbor" | "json";
  readings: Reading[];
  nowSeconds: number | undefined;
  expected: string;
}[] = [
  {
    name: "one reading, JSON",
    format: "json",
    readings: [{ name: "temperature", unit: "Cel", value: 21.5, ageSeconds: 0 }],
    nowSeconds: 1_700_000_000,
    expected: '[{"bn":"p/","bt":1700000000,"n":"temperature","u":"Cel","v":21.5}]',
  },
  {
    name: "two readings of different age, JSON",
    format: "json",
    readings: [
      { name: "t", unit: "Cel", value: 1, ageSeconds: 60 },
      { name: "t", unit: "Cel", value: 2, ageSeconds: 0 },
    ],
    nowSeconds: 1_700_000_000,
    expected: '[{"bn":"p/","bt":1699999940,"n":"t","u":"Cel","v":1},{"n":"t","u":"Cel","v":2,"t":60}]',
  },
  {
    name: "no clock: relative times, JSON",
    format: "json",
    readings: [{ name: "t", unit: "Cel", value: 1, ageSeconds: 60 }],
    nowSeconds: undefined,
    expected: '[{"bn":"p/","n":"t","u":"Cel","v":1,"t":-60}]',
  },
  {
    name: "numbers of every size, CBOR (RFC 8949, appendix A)",
    format: "cbor",
    readings: [10, 100, 1000, 1_000_000, -10, -1000, 1.5, 1.1, 4_294_967_296].map((value) => ({
      name: "v",
      unit: "",
      value,
      ageSeconds: 0,
    })),
    nowSeconds: undefined,
    expected:
      "89 a4 21 62702f 00 6176 01 60 02 0a a3 00 6176 01 60 02 1864 a3 00 6176 01 60 02 1903e8 a3 00 6176 01 60 02 1a000f4240 a3 00 6176 01 60 02 29 a3 00 6176 01 60 02 3903e7 a3 00 6176 01 60 02 fa3fc00000 a3 00 6176 01 60 02 fb3ff199999999999a a3 00 6176 01 60 02 fa4f800000",
  },
];

/** Runs every payload vector, decoded, encoded again, and cut at every byte. Returns the complaints. */
export function checkPayloadVectors(): string[] {
  const complaints: (string | undefined)[] = [];
  const round = (vector: Vector, decode: (bytes: Uint8Array) => unknown, encode?: (value: never) => Uint8Array) => {
    const bytes = fromHex(vector.hex);
    complaints.push(complaintOf(vector, "decoded", () => decode(bytes)));
    complaints.push(
      complaintOf(vector, "in a larger buffer", () => decode(Uint8Array.of(7, ...bytes, 7).subarray(1, -1))),
    );
    if (!encode || vector.refused !== undefined) return;
    const again = toHex(encode(decode(bytes) as never));
    if (again !== toHex(bytes)) complaints.push(`${vector.name}, encoded again: ${again}`);
  };
  for (const vector of PRESENCE_VECTORS) round(vector, decodePresence, encodePresence);
  for (const vector of PRESENCE_READ_ONLY) round(vector, decodePresence);
  for (const vector of MESSAGE_VECTORS) round(vector, decodeMessage, encodeMessage);
  for (const vector of CONTENT_VECTORS)
    round(vector, (bytes) => decodeContent({ contentType: bytes[0] as number, content: bytes.subarray(1) }), undefined);
  for (const vector of PAGE_VECTORS) round(vector, decodePlainPage);
  for (const vector of CONTENT_VECTORS) complaints.push(encodedAgain(vector));
  for (const { name, format, readings, nowSeconds, expected } of TELEMETRY_VECTORS) {
    const bytes = encodeTelemetry(format, "p", readings, nowSeconds);
    const got = format === "cbor" ? toHex(bytes) : String.fromCharCode(...bytes);
    const wanted = format === "cbor" ? expected.replace(/\s+/g, "") : expected;
    if (got !== wanted) complaints.push(`${name}: ${got}, expected ${wanted}`);
  }
  return complaints.filter((complaint) => complaint !== undefined);
}

/** What is written is read as the same. */
function encodedAgain(vector: Vector): string | undefined {
  const value = vector.expected as Content | undefined;
  if (!value || value.type === "other") return undefined;
  const again =
    value.type === "text" ? encodeText(value.text, value.keys) : encodeReceipt(value.id, value.state, value.answer);
  return complaintOf(vector, "written and read", () => decodeContent(again));
}

function keys(some: object): object {
  return { priority: 3, choices: [], ...some };
}

function content(name: string, contentType: number, json: string, expected: unknown): Vector {
  const codes = [contentType, ...Array.from(json, (character) => character.charCodeAt(0))];
  return { name, origin: "wire format, table 8", hex: toHex(Uint8Array.from(codes)), expected };
}

function page(name: string, text: string, expected: unknown): Vector {
  const hex = toHex(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return { name: `page: ${name}`, origin: "wire format, plain page", hex, expected };
}
