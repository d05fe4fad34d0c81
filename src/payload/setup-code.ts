/**
 * A set-up code: one line of text, or the content of a QR code, with the settings that bring a device to its broker. It holds
 * secrets. So it is shown once and never logged.
 *
 * The text is `FP1:` and then bytes in base32 (RFC 4648, section 6, without padding). Small letters, blanks and line feeds are
 * taken too. The bytes are fields in the order of their keys, and then the FNV-1a hash of all fields (4 bytes).
 *
 * | bytes of a field | content |
 * |---|---|
 * | 1 | key, see `SETUP_CODE_FIELDS` |
 * | 2, 3 | length of the value, at least 1 |
 * | 4 … | the value: UTF-8, or for `broker.ca` one authority's certificate in DER |
 *
 * `broker.ca` may stand there several times, once for each authority. The whole certificate stands there and not its
 * fingerprint: a server need not send the certificate of its authority, and then there is nothing that a device could compare
 * with a fingerprint.
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { FormatError, UsageError } from "../errors.ts";
import { fnv1a } from "../fnv.ts";
import { SETUP_CODE_CHARACTERS_MAX, SETUP_TEXT_BYTES_MAX } from "../limits.ts";
import { pemBlocks, pemOf } from "../pem.ts";
import { utf8Length } from "../utf8.ts";

/** The settings that a code can hold, each with its key. */
export const SETUP_CODE_FIELDS = Object.freeze([
  [1, "env"],
  [2, "uid"],
  [3, "broker.transport"],
  [4, "broker.host"],
  [5, "broker.port"],
  [6, "broker.serverName"],
  [7, "broker.userName"],
  [8, "broker.password"],
  [9, "broker.ca"],
  [10, "screen.timeZone"],
  [11, "wifi.ssid"],
  [12, "wifi.password"],
] as const);

const AUTHORITY = "broker.ca";
const LABEL = "CERTIFICATE";

export type SetupCodeSetting = (typeof SETUP_CODE_FIELDS)[number][1];

/** Values of settings as text. An authority is PEM. A setting that is not there keeps its default. */
export type SetupCodeSettings = Readonly<Partial<Record<SetupCodeSetting, string>>>;

const PREFIX = "FP1:";
const CODE = "set-up code";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HASH_BYTES = 4;

/**
 * Reads a code. The values are text that still has to be checked as settings. Throws a `FormatError` with the place in the
 * code; it never repeats a value.
 */
export function decodeSetupCode(code: Uint8Array): SetupCodeSettings {
  if (code.length > SETUP_CODE_CHARACTERS_MAX)
    throw new FormatError(CODE, 0, `${code.length} characters, expected at most ${SETUP_CODE_CHARACTERS_MAX}`);
  const fields = checkedFields(decodeBase32(code, endOfPrefix(code)), code.length);
  return decodeFields(fields, code.length);
}

/** Writes a code. Throws a `UsageError` for a setting or a value that a code cannot hold, and above the longest code. */
export function encodeSetupCode(settings: SetupCodeSettings): string {
  for (const name of Object.keys(settings))
    if (!SETUP_CODE_FIELDS.some(([, known]) => known === name))
      throw new UsageError(`${CODE}: no setting ${name} in it`);
  const writer = new ByteWriter(SETUP_CODE_CHARACTERS_MAX);
  for (const [key, name] of SETUP_CODE_FIELDS) {
    const value = settings[name];
    if (value === undefined) continue;
    if (name === AUTHORITY) {
      for (const certificate of pemBlocks(value, LABEL)) {
        writer.uint8(key);
        writer.prefixedBytes(certificate);
      }
      continue;
    }
    const bytes = utf8Length(value);
    if (bytes < 1 || bytes > SETUP_TEXT_BYTES_MAX)
      throw new UsageError(`${CODE}: ${name} of ${bytes} bytes, expected 1 to ${SETUP_TEXT_BYTES_MAX}`);
    writer.uint8(key);
    writer.prefixedText(value);
  }
  writer.uint32(fnv1a(writer.view()));
  const code = PREFIX + encodeBase32(writer.view());
  if (code.length > SETUP_CODE_CHARACTERS_MAX)
    throw new UsageError(`${CODE}: ${code.length} characters, expected at most ${SETUP_CODE_CHARACTERS_MAX}`);
  return code;
}

/** Returns the offset after the prefix. */
function endOfPrefix(code: Uint8Array): number {
  let start = 0;
  while (isBlank(code[start])) start += 1;
  for (let at = 0; at < PREFIX.length; at += 1) {
    const byte = code[start + at];
    if (byte !== undefined && upperCase(byte) === PREFIX.charCodeAt(at)) continue;
    if (at === 2 && byte !== undefined && byte >= 0x30 && byte <= 0x39)
      throw new FormatError(
        CODE,
        start + at,
        `version ${byte - 0x30}, expected version 1: this firmware knows no other`,
      );
    throw new FormatError(CODE, Math.min(start + at, code.length), `expected ${PREFIX} at the beginning`);
  }
  return start + PREFIX.length;
}

function decodeBase32(code: Uint8Array, start: number): Uint8Array {
  const bytes = new Uint8Array(((code.length - start) * 5) >> 3);
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (let at = start; at < code.length; at += 1) {
    const byte = code[at] as number;
    if (isBlank(byte)) continue;
    bits = ((bits << 5) | fiveBits(byte, at)) & 0xfff;
    bitCount += 5;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[length] = bits >> bitCount;
    length += 1;
  }
  // What is left of the last digit fills up. A digit of its own is one too many.
  if (bitCount >= 5 || (bits & ((1 << bitCount) - 1)) !== 0)
    throw new FormatError(CODE, code.length, "a character is missing or one too many");
  return bytes.subarray(0, length);
}

function fiveBits(byte: number, at: number): number {
  const upper = upperCase(byte);
  if (upper >= 0x41 && upper <= 0x5a) return upper - 0x41;
  if (upper >= 0x32 && upper <= 0x37) return upper - 0x32 + 26;
  throw new FormatError(CODE, at, "no character of a code, expected A to Z and 2 to 7");
}

function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    for (bitCount += 8; bitCount >= 5; ) {
      bitCount -= 5;
      text += DIGITS.charAt((bits >> bitCount) & 31);
    }
  }
  return bitCount === 0 ? text : text + DIGITS.charAt((bits << (5 - bitCount)) & 31);
}

/** Checks the hash and returns the bytes before it. */
function checkedFields(bytes: Uint8Array, end: number): Uint8Array {
  const length = bytes.length - HASH_BYTES;
  if (length <= 0) throw new FormatError(CODE, end, "too short, its end is missing");
  const fields = bytes.subarray(0, length);
  if (new ByteReader(bytes, length).uint32(CODE) !== fnv1a(fields))
    throw new FormatError(CODE, end, "its checksum is wrong: a character is missing, wrong or at another place");
  return fields;
}

/** @param end length of the code: no place in it is the place of a field */
function decodeFields(bytes: Uint8Array, end: number): SetupCodeSettings {
  const settings: Partial<Record<SetupCodeSetting, string>> = {};
  const reader = new ByteReader(bytes);
  let last = 0;
  while (reader.remaining > 0) {
    const key = reader.uint8(CODE);
    const name = SETUP_CODE_FIELDS.find(([known]) => known === key)?.[1];
    if (name === undefined) throw new FormatError(CODE, end, `field ${key}, which this firmware does not know`);
    if (key < last || (key === last && name !== AUTHORITY))
      throw new FormatError(CODE, end, `${name} at the wrong place or a second time`);
    last = key;
    if (reader.remaining < 2) throw new FormatError(CODE, end, `${name} has no length`);
    const length = reader.uint16(CODE);
    if (length < 1 || length > reader.remaining || (name !== AUTHORITY && length > SETUP_TEXT_BYTES_MAX))
      throw new FormatError(CODE, end, `${name} of ${length} bytes, ${reader.remaining} left`);
    if (name === AUTHORITY) settings[name] = (settings[name] ?? "") + pemOf(reader.view(length, CODE), LABEL);
    else settings[name] = textOf(reader, length, name, end);
  }
  return settings;
}

function textOf(reader: ByteReader, length: number, name: string, end: number): string {
  try {
    return reader.text(length, name);
  } catch {
    throw new FormatError(CODE, end, `${name} is not UTF-8`);
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function upperCase(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}
