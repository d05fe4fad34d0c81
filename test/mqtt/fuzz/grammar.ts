/**
 * Inputs for the fuzzer: packets of both versions that a server may send, with changes. Mostly the remaining length is put right after
 * a change of the body, so that the packet passes the first check.
 */
import type { Random } from "../../../src/seams.ts";
import { integerBetween } from "../../random.ts";
import { MQTT_3_VECTORS } from "../../vectors/mqtt-3.ts";
import { MQTT_5_VECTORS } from "../../vectors/mqtt-5.ts";
import { fromHex, type Vector } from "../../vectors/vector.ts";
import { SCRIPTED_CASES } from "../scripted/cases.ts";

/** Bytes at the edges of lengths, flags and identifiers. */
const EDGES = [0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xff, 0x23, 0x0b, 0x26];
const PACKETS_MAX = 6;
const BODY_BYTES_MAX = 6_000;

const seedsOf = (level: 4 | 5, vectors: readonly Vector[], isValid: boolean) => [
  ...vectors.filter(({ refused }) => (refused === undefined) === isValid).map(({ hex }) => fromHex(hex)),
  ...SCRIPTED_CASES.filter((row) => row.level === level && (row.answers !== undefined) === isValid).map(({ hex }) =>
    fromHex(hex),
  ),
];
const VALID = { 4: seedsOf(4, MQTT_3_VECTORS, true), 5: seedsOf(5, MQTT_5_VECTORS, true) } as const;
const REFUSED = { 4: seedsOf(4, MQTT_3_VECTORS, false), 5: seedsOf(5, MQTT_5_VECTORS, false) } as const;

/** Packets to begin with. */
export interface Seeds {
  readonly valid: readonly Uint8Array[];
  readonly refused: readonly Uint8Array[];
}

/** Refusals are rare: nothing behind them is read. */
const seed = (random: Random, { valid, refused }: Seeds) => pick(random, random() < 0.95 ? valid : refused);

/** One input for a client: a stream of 1 to 6 packets, in pieces as a network may bring them. */
export function fuzzInput(random: Random, level: 4 | 5): Uint8Array[] {
  return fuzzStream(random, { valid: VALID[level], refused: REFUSED[level] });
}

/** The same of other packets. */
export function fuzzStream(random: Random, seeds: Seeds): Uint8Array[] {
  const stream: number[] = [];
  for (let count = integerBetween(random, 1, PACKETS_MAX); count > 0; count -= 1) {
    const packet = [...seed(random, seeds)];
    for (let changes = random() < 0.6 ? 0 : integerBetween(random, 1, 3); changes > 0; changes -= 1)
      change(random, packet, seeds);
    if (random() < 0.7) measure(packet);
    for (const byte of packet) stream.push(byte);
  }
  const pieces: Uint8Array[] = [];
  const bytes = Uint8Array.from(stream);
  for (let at = 0; at < bytes.length; ) {
    const length = random() < 0.5 ? bytes.length : integerBetween(random, 1, 40);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function change(random: Random, packet: number[], seeds: Seeds): void {
  const at = integerBetween(random, 0, Math.max(0, packet.length - 1));
  switch (integerBetween(random, 0, 7)) {
    case 0:
      packet[at] = ((packet[at] ?? 0) ^ (1 << integerBetween(random, 0, 7))) & 0xff;
      break;
    case 1:
      packet[at] = pick(random, EDGES);
      break;
    case 2:
      packet.splice(at, 0, pick(random, EDGES));
      break;
    case 3:
      packet.splice(at, integerBetween(random, 1, 4));
      break;
    case 4:
      packet.splice(at, 0, ...packet.slice(at, at + integerBetween(random, 1, 12)));
      break;
    case 5: {
      const other = seed(random, seeds);
      packet.splice(at, packet.length, ...other.subarray(integerBetween(random, 0, other.length - 1)));
      break;
    }
    case 6:
      // A few are too large for memory, and are skipped.
      if (random() < 0.02)
        for (let more = integerBetween(random, 0, BODY_BYTES_MAX); more > 0; more -= 1) packet.push(0x61);
      break;
    default:
      packet[0] = integerBetween(random, 0, 255);
  }
}

/** Sets the remaining length to the length of the body. */
function measure(packet: number[]): void {
  if (packet.length < 2) return;
  let lengthBytes = 1;
  while (lengthBytes < 4 && (packet[lengthBytes] ?? 0) >= 0x80) lengthBytes += 1;
  const body = packet.length - 1 - lengthBytes;
  if (body < 0) return;
  const length: number[] = [];
  for (let rest = body; length.length === 0 || rest > 0; rest >>= 7)
    length.push((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0));
  packet.splice(1, lengthBytes, ...length);
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[integerBetween(random, 0, values.length - 1)] as Value;
}
