/** Runs the vectors of both versions. It runs in every engine. */
import { ByteWriter } from "../../src/bytes.ts";
import { Decoder } from "../../src/mqtt/decoder.ts";
import type { ProtocolLevel, ReceivedPacket } from "../../src/mqtt/packet.ts";
import { MQTT_3_VECTORS } from "./mqtt-3.ts";
import { MQTT_5_VECTORS } from "./mqtt-5.ts";
import { SENT_VECTORS } from "./mqtt-sent.ts";
import { complaintOf, fromHex, toHex } from "./vector.ts";

/** Runs every vector whole, byte by byte, in two pieces and with a packet behind it. Returns the complaints. */
export function checkMqttVectors(): string[] {
  return [...checkReceived(4), ...checkReceived(5), ...checkSent()];
}

function checkReceived(protocolLevel: ProtocolLevel): string[] {
  const complaints: (string | undefined)[] = [];
  const decode = (pieces: readonly Uint8Array[]) => decodeAll(pieces, 4096, protocolLevel);
  for (const vector of protocolLevel === 4 ? MQTT_3_VECTORS : MQTT_5_VECTORS) {
    const bytes = fromHex(vector.hex);
    const trailed = { ...vector, expected: [...((vector.expected as unknown[]) ?? []), { type: "pingresp" }] };
    const half = bytes.length >> 1;
    complaints.push(
      complaintOf(vector, "whole", () => decode([bytes])),
      complaintOf(vector, "byte by byte", () => decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))),
      complaintOf(vector, "in two pieces", () => decode([bytes.subarray(0, half), bytes.subarray(half)])),
      complaintOf(trailed, "with a PINGRESP behind it", () => decode([Uint8Array.of(...bytes, 0xd0, 0)])),
      complaintOf(vector, "in a larger buffer", () => decode([Uint8Array.of(9, 9, ...bytes, 9).subarray(2, -1)])),
    );
  }
  return complaints.filter((complaint) => complaint !== undefined);
}

function checkSent(): string[] {
  const complaints: string[] = [];
  for (const { name, hex, write } of SENT_VECTORS) {
    const writer = new ByteWriter(256);
    write(writer);
    const got = toHex(writer.view());
    const expected = hex.replace(/\s+/g, "");
    if (got !== expected) complaints.push(`${name}: ${got}, expected ${expected}`);
  }
  return complaints;
}

/** All packets of a stream that comes in these pieces. They are copied, because views do not last. */
export function decodeAll(
  pieces: readonly Uint8Array[],
  packetBytesMax = 4096,
  protocolLevel: ProtocolLevel = 4,
): unknown[] {
  const decoder = new Decoder(packetBytesMax, protocolLevel);
  const packets: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let packet = decoder.next(); packet; packet = decoder.next()) packets.push(ownFields(packet));
  }
  return packets;
}

/** A copy of the fields that a packet of this type has. All others must be empty. */
export function ownFields(packet: ReceivedPacket): unknown {
  const fields = FIELDS[packet.type];
  const foreign = ([name, value]: [string, unknown]) =>
    fields && !fields.includes(name) && NOTHING.includes(JSON.stringify(value));
  return copyOf(Object.fromEntries(Object.entries(packet).filter((entry) => !foreign(entry))));
}

const ACKNOWLEDGEMENT = ["type", "packetIdentifier", "reasonCode", "properties"];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  connack: ["type", "sessionPresent", "reasonCode", "properties"],
  puback: ACKNOWLEDGEMENT,
  pubrec: ACKNOWLEDGEMENT,
  pubrel: ACKNOWLEDGEMENT,
  pubcomp: ACKNOWLEDGEMENT,
  suback: ["type", "packetIdentifier", "reasonCodes", "properties"],
  unsuback: ["type", "packetIdentifier", "reasonCodes", "properties"],
  disconnect: ["type", "reasonCode", "properties"],
  auth: ["type", "reasonCode", "properties"],
};
const NOTHING = ["0", "false", "{}"];

function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)]));
}
