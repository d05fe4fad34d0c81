/** Every codec of `src/payload` against its vectors: whole, inside a larger buffer, cut at every byte, written again. */
import { FormatError } from "../../src/errors.ts";
import { decodeCommand, decodeCommandHead } from "../../src/payload/command.ts";
import {
  type Content,
  decodeContent,
  decodePlainPage,
  encodeLink,
  encodeReceipt,
  encodeText,
} from "../../src/payload/content.ts";
import { encodeDiscovery } from "../../src/payload/discovery.ts";
import { decodeMessage, encodeMessage } from "../../src/payload/message.ts";
import { decodePictureRequest, encodePictureRequest } from "../../src/payload/optional/message-picture.ts";
import {
  decodeDirectoryLine,
  decodePresubscription,
  encodeDirectoryLine,
  encodePresubscription,
} from "../../src/payload/optional/presubscription.ts";
import { decodeRasterRequest, encodeRasterRequest } from "../../src/payload/optional/raster.ts";
import { decodePresence, encodePresence } from "../../src/payload/presence.ts";
import { decodeSetupCode, encodeSetupCode, type SetupCodeSettings } from "../../src/payload/setup-code.ts";
import { encodeTelemetry } from "../../src/payload/telemetry.ts";
import { decodeUtf8, encodeUtf8 } from "../../src/utf8.ts";
import { COMMAND_VECTORS, DISCOVERY_VECTOR } from "./command.ts";
import { CONTENT_VECTORS, PAGE_VECTORS } from "./content.ts";
import { MESSAGE_BYTES, MESSAGE_VECTORS } from "./message.ts";
import {
  endsInId,
  endsOfRows,
  PICTURE_REPLY_VECTORS,
  PICTURE_REQUEST_VECTORS,
  readPicture,
  writePicture,
} from "./message-picture.ts";
import { PRESENCE_BYTES, PRESENCE_READ_ONLY, PRESENCE_VECTORS } from "./presence.ts";
import { DIRECTORY_READ_ONLY, DIRECTORY_VECTORS, PRESUBSCRIPTION_VECTORS } from "./presubscription.ts";
import { endsOfPictures, RASTER_REPLY_VECTORS, RASTER_REQUEST_VECTORS, readReply, writeReply } from "./raster.ts";
import { SETUP_CODE_READ_ONLY, SETUP_CODE_VECTORS } from "./setup-code.ts";
import { TELEMETRY_VECTORS } from "./telemetry.ts";
import { complaintOf, describeValue, fromHex, toHex, type Vector } from "./vector.ts";

/** Payloads are cut at each byte up to this. Longer ones only repeat themselves. */
const CUT_BYTES_MAX = 400;

interface Codec {
  readonly vectors: readonly Vector[];
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Writes the same bytes again. Left out if several payloads have the same value. */
  readonly encode?: (value: never) => Uint8Array;
  /** Whether a payload that is cut to a length is still valid and only says less. */
  readonly saysLess: (bytes: Uint8Array) => (length: number) => boolean;
}

const behindFirst = () => (length: number) => length >= 1;

const CODECS: readonly Codec[] = [
  { vectors: PRESENCE_VECTORS, decode: decodePresence, encode: encodePresence, saysLess: behindFirst },
  { vectors: [...PRESENCE_READ_ONLY, ...PRESENCE_BYTES], decode: decodePresence, saysLess: behindFirst },
  {
    vectors: [...MESSAGE_VECTORS, ...MESSAGE_BYTES],
    decode: decodeMessage,
    encode: encodeMessage,
    saysLess: (bytes) => {
      const senderAt = bytes.length - decodeMessage(bytes).sender.length;
      return (length) => length > senderAt;
    },
  },
  {
    vectors: CONTENT_VECTORS,
    decode: (bytes) => decodeContent({ contentType: bytes[0] ?? 0, content: bytes.subarray(1) }),
    // Content that is no JSON object is read as text.
    saysLess: () => () => true,
  },
  {
    vectors: COMMAND_VECTORS,
    decode: (bytes) => decodeCommand(decodeCommandHead(bytes)),
    saysLess: () => () => false,
  },
  { vectors: PAGE_VECTORS, decode: (bytes) => decodePlainPage(bytes), saysLess: () => () => true },
  {
    vectors: PRESUBSCRIPTION_VECTORS,
    decode: decodePresubscription,
    encode: encodePresubscription,
    saysLess: (bytes) => {
      const { uid, topics } = decodePresubscription(bytes);
      const ends = topics
        .slice(0, CUT_BYTES_MAX)
        .map((_, index) => encodePresubscription({ uid, topics: topics.slice(0, index + 1) }).length);
      return (length) => ends.includes(length);
    },
  },
  {
    vectors: DIRECTORY_VECTORS,
    decode: decodeDirectoryLine,
    encode: encodeDirectoryLine,
    saysLess: (bytes) => {
      const topicsAt = decodeDirectoryLine(bytes).uid.length + "-<sub>-1-".length;
      return (length) => length > topicsAt && bytes[length - 1] !== 0x2c;
    },
  },
  {
    vectors: DIRECTORY_READ_ONLY,
    decode: decodeDirectoryLine,
    saysLess: () => (length) => length > "a-<sub>-1-".length,
  },
  {
    vectors: RASTER_REQUEST_VECTORS,
    decode: decodeRasterRequest,
    encode: encodeRasterRequest,
    saysLess: (bytes) => {
      const { runs, ...rest } = decodeRasterRequest(bytes);
      const ends = runs.map((_, index) => encodeRasterRequest({ ...rest, runs: runs.slice(0, index + 1) }).length);
      return (length) => ends.includes(length);
    },
  },
  { vectors: RASTER_REPLY_VECTORS, decode: readReply, encode: writeReply, saysLess: endsOfPictures },
  {
    vectors: PICTURE_REQUEST_VECTORS,
    decode: decodePictureRequest,
    encode: encodePictureRequest,
    saysLess: endsInId,
  },
  { vectors: PICTURE_REPLY_VECTORS, decode: readPicture, encode: writePicture, saysLess: endsOfRows },
  {
    vectors: SETUP_CODE_VECTORS,
    decode: decodeSetupCode,
    encode: (settings: SetupCodeSettings) => encodeUtf8(encodeSetupCode(settings)),
    saysLess: () => () => false,
  },
  {
    vectors: SETUP_CODE_READ_ONLY,
    decode: decodeSetupCode,
    // Blanks at the end are optional.
    saysLess: (bytes) => {
      const lastDigit = bytes.findLastIndex((byte) => byte > 0x20);
      return (length) => length > lastDigit;
    },
  },
];

/** The number of rows in all tables. So an empty table is noticed. */
export const PAYLOAD_ROWS = CODECS.reduce((rows, { vectors }) => rows + vectors.length, 0) + TELEMETRY_VECTORS.length;

/** Runs every vector. Returns the complaints. */
export function checkPayloadVectors(): string[] {
  const complaints: (string | undefined)[] = [];
  for (const codec of CODECS) for (const vector of codec.vectors) complaints.push(...complaintsOf(codec, vector));
  for (const vector of CONTENT_VECTORS) complaints.push(encodedAgain(vector));
  for (const { name, format, readings, nowSeconds, expected } of TELEMETRY_VECTORS) {
    const bytes = encodeTelemetry(format, "p", readings, nowSeconds);
    const got = format === "cbor" ? toHex(bytes) : String.fromCharCode(...bytes);
    const wanted = format === "cbor" ? expected.replace(/\s+/g, "") : expected;
    if (got !== wanted) complaints.push(`${name}: ${got}, expected ${wanted}`);
  }
  const document = encodeDiscovery(DISCOVERY_VECTOR.device, 1_000).payload;
  const text = decodeUtf8(document, 0, document.length, "document");
  if (text !== DISCOVERY_VECTOR.expected) complaints.push(`discovery: ${text}, expected ${DISCOVERY_VECTOR.expected}`);
  return complaints.filter((complaint) => complaint !== undefined);
}

function complaintsOf({ decode, encode, saysLess }: Codec, vector: Vector): (string | undefined)[] {
  const bytes = fromHex(vector.hex);
  const larger = new Uint8Array(bytes.length + 2).fill(7);
  larger.set(bytes, 1);
  const complaints = [
    complaintOf(vector, "decoded", () => decode(bytes)),
    complaintOf(vector, "in a larger buffer", () => decode(larger.subarray(1, -1))),
  ];
  if (vector.refused !== undefined || complaints[0] !== undefined) return complaints;
  if (encode) {
    const again = toHex(encode(decode(bytes) as never));
    if (again !== toHex(bytes)) complaints.push(`${vector.name}, encoded again: ${again}`);
  }
  const isWhole = saysLess(bytes);
  for (let length = 0; length < Math.min(bytes.length, CUT_BYTES_MAX); length += 1)
    complaints.push(cutComplaint(vector, decode, bytes.subarray(0, length), isWhole(length)));
  return complaints;
}

/** A cut payload must be refused at one of its bytes or directly behind, unless it is still valid. */
function cutComplaint(
  { name }: Vector,
  decode: (bytes: Uint8Array) => unknown,
  bytes: Uint8Array,
  isWhole: boolean,
): string | undefined {
  try {
    const value = decode(bytes);
    return isWhole ? undefined : `${name}, cut to ${bytes.length}: ${describeValue(value)}, expected a refusal`;
  } catch (error) {
    const where = `${name}, cut to ${bytes.length}: ${error}`;
    if (!(error instanceof FormatError)) return `${where}, expected a FormatError`;
    if (isWhole) return `${where}, expected what is left`;
    return error.field !== "" && error.offset <= bytes.length ? undefined : `${where}, a place outside`;
  }
}

/** A value that is written must be read as the same. */
function encodedAgain(vector: Vector): string | undefined {
  const value = vector.expected as Content | undefined;
  if (!value || value.type === "other") return undefined;
  return complaintOf(vector, "written and read", () => decodeContent(encodeContent(value)));
}

function encodeContent(content: Exclude<Content, { type: "other" }>) {
  if (content.type === "text") return encodeText(content.text, content.keys);
  if (content.type === "receipt") return encodeReceipt(content.id, content.state, content.answer);
  return encodeLink(content);
}
