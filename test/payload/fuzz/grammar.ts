/**
 * Payloads for the fuzzer: the vectors of the wire format, and new ones made of its keys with wrong values. Most changes correct
 * the lengths afterwards, so that the payload passes the first check.
 */
import { encodeMessage, type RawContent } from "../../../src/payload/message.ts";
import type { Random } from "../../../src/seams.ts";
import { encodeUtf8 } from "../../../src/utf8.ts";
import { integerBetween } from "../../random.ts";
import { CONTENT_VECTORS, PAGE_VECTORS } from "../../vectors/content.ts";
import { MESSAGE_VECTORS } from "../../vectors/message.ts";
import { PICTURE_REPLY_VECTORS, PICTURE_REQUEST_VECTORS } from "../../vectors/message-picture.ts";
import { PRESENCE_BYTES, PRESENCE_READ_ONLY, PRESENCE_VECTORS } from "../../vectors/presence.ts";
import { DIRECTORY_VECTORS, PRESUBSCRIPTION_VECTORS } from "../../vectors/presubscription.ts";
import { RASTER_REPLY_VECTORS, RASTER_REQUEST_VECTORS } from "../../vectors/raster.ts";
import { codeOfFields, fieldOf, SETUP_CODE_READ_ONLY, SETUP_CODE_VECTORS } from "../../vectors/setup-code.ts";
import { TELEMETRY_VECTORS } from "../../vectors/telemetry.ts";
import { fromHex, type Vector } from "../../vectors/vector.ts";

export const KINDS = Object.freeze([
  "presence",
  "message",
  "page",
  "receipt",
  "telemetry",
  "presubscription",
  "directory",
  "uid",
  "command",
  "result",
  "setup",
  "raster",
  "reply",
  "picture",
  "piece",
] as const);
export type Kind = (typeof KINDS)[number];

const EDGES = [0x00, 0x01, 0x05, 0x0f, 0x10, 0x7f, 0x80, 0xc0, 0xed, 0xff, 0x22, 0x2c, 0x5b, 0x5c, 0x7b, 0x7d];
const BYTES_MAX = 5_000;

/** The vectors that can be read. Changes make refused payloads of them. */
const bytesOf = (vectors: readonly Vector[]) =>
  vectors.filter(({ refused }) => refused === undefined).map(({ hex }) => fromHex(hex));
const SEEDS: Readonly<Record<Kind, readonly Uint8Array[]>> = {
  presence: bytesOf([...PRESENCE_VECTORS, ...PRESENCE_READ_ONLY, ...PRESENCE_BYTES]),
  message: bytesOf(MESSAGE_VECTORS),
  page: bytesOf(PAGE_VECTORS),
  receipt: bytesOf(CONTENT_VECTORS.filter(({ hex }) => hex.startsWith("05"))).map((bytes) => bytes.subarray(1)),
  telemetry: TELEMETRY_VECTORS.map(({ expected, format }) =>
    format === "cbor" ? fromHex(expected) : encodeUtf8(expected),
  ),
  presubscription: bytesOf(PRESUBSCRIPTION_VECTORS),
  directory: bytesOf(DIRECTORY_VECTORS),
  command: [
    '{"id":"c","at":1700000000,"ex":60,"do":"retract","message":"7","from":"bob"}',
    '{"id":"c","at":1700000000,"ex":86400,"do":"presence","status":"busy","text":"lunch"}',
    '{"id":"c","at":1700000000,"do":"settings","set":{"screen.dwell":5,"quiet.hours":"22:00-07:00","contacts":null}}',
    '{"id":"c","at":1700000000,"do":"quiet","hours":"on"}',
    '{"id":"c","at":1700000000,"do":"identify"}',
    // It is as long as a packet may be, and the refusal quotes all of it.
    `{"id":"never done","at":1700000000,"do":"settings","set":{"quiet.hours":"${"\\u0001".repeat(600)}"}}`,
  ].map(encodeUtf8),
  result: ['{"id":"c","ok":true,"note":"done before"}', '{"ok":false,"error":"command id"}'].map(encodeUtf8),
  raster: bytesOf(RASTER_REQUEST_VECTORS),
  reply: bytesOf(RASTER_REPLY_VECTORS),
  picture: bytesOf(PICTURE_REQUEST_VECTORS),
  piece: bytesOf(PICTURE_REPLY_VECTORS),
  setup: bytesOf([...SETUP_CODE_VECTORS, ...SETUP_CODE_READ_ONLY]),
  uid: ["p", "\u00e4", "a/b", "a".repeat(65)].map(encodeUtf8),
};

/** Keys of every JSON object of the wire format, and a few that belong to none. */
const JSON_KEYS = [
  ..."id pr ex cl ti co ur re th or si fn st n u v vs vb bn bt bver t zz_".split(" "),
  ..."at do message from hours status text set ok".split(" "),
  ..."__proto__ constructor toString length".split(" "),
];
const STATES = ["stored", "shown", "read", "answered", "expired", "dropped", "seen"];
const TEXTS = [
  "",
  "hi",
  "\u00e4\u4e2d\u{1f600}",
  "\ud800",
  "\u0000",
  "a\nb\tc",
  "i".repeat(23),
  "i".repeat(24),
  // In JSON it is six times as long.
  "\u0001".repeat(150),
  ...STATES,
];
const NUMBERS = "0 -0 -1 1 3 5 6 2.5 1e300 1e999 4294967295 4294967296 9007199254740992".split(" ");

/** One payload of a kind, changed or not. */
export function fuzzPayload(random: Random, kind: Kind): Uint8Array {
  const chance = random();
  let payload: Uint8Array;
  if (kind === "message" && chance < 0.6) payload = composedMessage(random);
  else if (["page", "receipt", "telemetry", "command"].includes(kind) && chance < 0.6)
    payload = encodeUtf8(kind === "telemetry" ? `[${jsonObject(random, 0)}]` : jsonObject(random, 0));
  else if (kind === "setup" && chance < 0.6) return composedSetupCode(random);
  else payload = pick(random, SEEDS[kind]);
  if (random() < 0.5) return payload;
  const bytes = [...payload];
  for (let changes = integerBetween(random, 1, 3); changes > 0; changes -= 1) change(random, bytes, kind);
  return Uint8Array.from(bytes);
}

function composedMessage(random: Random): Uint8Array {
  const contents = Array.from({ length: random() < 0.8 ? 1 : integerBetween(random, 1, 15) }, (): RawContent => {
    const contentType = random() < 0.9 ? integerBetween(random, 0, 6) : integerBetween(random, 7, 255);
    if (random() < 0.1) return { contentType, content: pick(random, SEEDS.page) };
    const content = [...encodeUtf8(jsonObject(random, 0))];
    // The content is changed before its length is written. So the lengths are right.
    if (random() < 0.2) change(random, content, "message");
    return { contentType, content: Uint8Array.from(content) };
  });
  return encodeMessage({
    timestampSeconds: pick(random, [0, 1, 1_700_000_000, 0xffff_ffff]),
    imType: integerBetween(random, 1, random() < 0.9 ? 4 : 15),
    contents,
    sender: pick(random, ["bob", "\u00e4", "s".repeat(64)]),
  });
}

/** A set-up code with the right hash. Its fields may be out of order or changed. */
function composedSetupCode(random: Random): Uint8Array {
  const fields: number[] = [];
  for (let key = integerBetween(random, 1, 9); key < 14; key += integerBetween(random, random() < 0.1 ? -1 : 1, 3))
    fields.push(...fieldOf(key, [...encodeUtf8(pick(random, TEXTS))]));
  if (random() < 0.3) change(random, fields, "setup");
  return encodeUtf8(codeOfFields(fields));
}

/** Most values are allowed for their key, so that a reader goes on to the next key. */
function jsonObject(random: Random, depth: number): string {
  const action = pick(random, ["retract", "read", "quiet", "presence", "settings", "identify", "fly"]);
  const parts = [
    `"do":"${action}"`,
    '"at":1700000000',
    `"co":${JSON.stringify(pick(random, TEXTS))}`,
    `"st":"${pick(random, STATES)}"`,
    `"id":"${integerBetween(random, 0, 500)}"`,
  ];
  const kept = parts.filter(() => random() < 0.95);
  for (let more = integerBetween(random, 0, 4); more > 0; more -= 1)
    kept.push(`${JSON.stringify(pick(random, JSON_KEYS))}:${jsonValue(random, depth + 1)}`);
  return `{${kept.join(",")}}`;
}

function jsonValue(random: Random, depth: number): string {
  const choice = random();
  if (choice < 0.4) return JSON.stringify(pick(random, TEXTS));
  if (choice < 0.7) return pick(random, NUMBERS);
  if (choice < 0.8) return pick(random, ["true", "false", "null"] as const);
  if (choice < 0.81) return pick(random, ["1e", '"', "{"] as const);
  if (choice < 0.82) return `${"[".repeat(30)}${"]".repeat(30)}`;
  if (choice < 0.92 && depth < 6)
    return `[${Array.from({ length: integerBetween(random, 0, 5) }, () => jsonValue(random, depth + 1)).join(",")}]`;
  return depth < 6 ? jsonObject(random, depth) : "0";
}

function change(random: Random, bytes: number[], kind: Kind): void {
  const at = integerBetween(random, 0, Math.max(0, bytes.length - 1));
  switch (integerBetween(random, 0, 6)) {
    case 0:
      bytes[at] = ((bytes[at] ?? 0) ^ (1 << integerBetween(random, 0, 7))) & 0xff;
      break;
    case 1:
      bytes[at] = pick(random, EDGES);
      break;
    case 2:
      bytes.splice(at, 0, pick(random, EDGES));
      break;
    case 3:
      bytes.splice(at, integerBetween(random, 1, 4));
      break;
    case 4:
      bytes.splice(at, 0, ...bytes.slice(at, at + integerBetween(random, 1, 12)));
      break;
    case 5: {
      const other = pick(random, SEEDS[kind]);
      bytes.splice(at, bytes.length, ...other.subarray(integerBetween(random, 0, Math.max(0, other.length - 1))));
      break;
    }
    default:
      // Rarely the value is too large, or deeply nested.
      if (random() < 0.01) {
        const byte = pick(random, [0x61, 0x5b, 0x7b, 0x81, 0x22]);
        for (let more = integerBetween(random, 0, BYTES_MAX); more > 0; more -= 1) bytes.splice(at, 0, byte);
      }
  }
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[integerBetween(random, 0, values.length - 1)] as Value;
}
