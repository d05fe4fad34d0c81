/** What a server sends, in MQTT 3.1.1, and how it is refused; and what a client sends. */
import { ByteWriter } from "../../src/bytes.ts";
import { Decoder } from "../../src/mqtt/decoder.ts";
import {
  writeAcknowledgement,
  writeConnect,
  writeDisconnect,
  writePingreq,
  writePublish,
  writeSubscribe,
} from "../../src/mqtt/encoder.ts";
import { complaintOf, fromHex, toHex, type Vector } from "./vector.ts";

const publish = { type: "publish", qos: 0, retain: false, dup: false, packetIdentifier: 0, topic: "a/b", payload: "" };

/** `expected` is the list of packets in the bytes. */
export const MQTT_VECTORS: readonly Vector[] = [
  {
    name: "CONNACK accepted, new session",
    origin: "3.2",
    hex: "20 02 00 00",
    expected: [{ type: "connack", sessionPresent: false, returnCode: 0 }],
  },
  {
    name: "CONNACK accepted, session present",
    origin: "3.2.2.2",
    hex: "20 02 01 00",
    expected: [{ type: "connack", sessionPresent: true, returnCode: 0 }],
  },
  {
    name: "CONNACK not authorised",
    origin: "table 3.1",
    hex: "20 02 00 05",
    expected: [{ type: "connack", sessionPresent: false, returnCode: 5 }],
  },
  { name: "CONNACK with a reserved acknowledge flag", origin: "3.2.2.1", hex: "20 02 02 00", refused: "CONNACK flags" },
  {
    name: "CONNACK refused with session present",
    origin: "MQTT-3.2.2-4",
    hex: "20 02 01 05",
    refused: "session present with return code 5",
  },
  {
    name: "CONNACK with flags in the fixed header",
    origin: "MQTT-2.2.2-2",
    hex: "21 02 00 00",
    refused: "CONNACK flags",
  },
  { name: "CONNACK one byte short", origin: "3.2.2", hex: "20 01 00", refused: "CONNACK return code" },
  { name: "CONNACK one byte long", origin: "3.2.2", hex: "20 03 00 00 00", refused: "CONNACK" },
  { name: "PUBLISH QoS 0, empty payload", origin: "3.3", hex: "30 05 00 03 61 2f 62", expected: [publish] },
  {
    name: "PUBLISH QoS 0, payload",
    origin: "3.3",
    hex: "30 07 00 03 61 2f 62 68 69",
    expected: [{ ...publish, payload: "6869" }],
  },
  {
    name: "PUBLISH QoS 1, retained",
    origin: "3.3",
    hex: "33 08 00 03 61 2f 62 00 0a 78",
    expected: [{ ...publish, qos: 1, retain: true, packetIdentifier: 10, payload: "78" }],
  },
  {
    name: "PUBLISH QoS 1, DUP, identifier 65,535",
    origin: "3.3.1.1",
    hex: "3a 07 00 03 61 2f 62 ff ff",
    expected: [{ ...publish, qos: 1, dup: true, packetIdentifier: 65_535 }],
  },
  {
    name: "PUBLISH QoS 2",
    origin: "3.3",
    hex: "34 07 00 03 61 2f 62 00 01",
    expected: [{ ...publish, qos: 2, packetIdentifier: 1 }],
  },
  {
    name: "PUBLISH of text in UTF-8",
    origin: "1.5.3",
    hex: "30 07 00 05 70 c3 bc 2f 78",
    expected: [{ ...publish, topic: "pü/x" }],
  },
  {
    name: "PUBLISH, remaining length in two bytes of which one is spare",
    origin: "2.2.3",
    hex: "30 85 00 00 03 61 2f 62",
    expected: [publish],
  },
  { name: "PUBLISH QoS 3", origin: "MQTT-3.3.1-4", hex: "36 07 00 03 61 2f 62 00 01", refused: "QoS 3" },
  { name: "PUBLISH DUP with QoS 0", origin: "MQTT-3.3.1-2", hex: "38 05 00 03 61 2f 62", refused: "DUP with QoS 0" },
  {
    name: "PUBLISH identifier 0",
    origin: "MQTT-2.3.1-1",
    hex: "32 07 00 03 61 2f 62 00 00",
    refused: "packet identifier",
  },
  { name: "PUBLISH topic with +", origin: "MQTT-3.3.2-2", hex: "30 05 00 03 61 2f 2b", refused: "PUBLISH topic" },
  { name: "PUBLISH topic with #", origin: "MQTT-3.3.2-2", hex: "30 05 00 03 61 2f 23", refused: "PUBLISH topic" },
  { name: "PUBLISH topic with U+0000", origin: "MQTT-1.5.3-2", hex: "30 05 00 03 61 00 62", refused: "PUBLISH topic" },
  { name: "PUBLISH empty topic", origin: "MQTT-4.7.3-1", hex: "30 02 00 00", refused: "PUBLISH topic" },
  { name: "PUBLISH topic is not UTF-8", origin: "MQTT-1.5.3-1", hex: "30 05 00 03 61 c0 80", refused: "not UTF-8" },
  { name: "PUBLISH topic with a surrogate", origin: "MQTT-1.5.3-1", hex: "30 05 00 03 ed a0 80", refused: "not UTF-8" },
  { name: "PUBLISH topic past the end", origin: "3.3.2.1", hex: "30 05 00 04 61 2f 62", refused: "PUBLISH topic" },
  { name: "PUBLISH without identifier", origin: "3.3.2.2", hex: "32 05 00 03 61 2f 62", refused: "packet identifier" },
  { name: "PUBACK", origin: "3.4", hex: "40 02 12 34", expected: [{ type: "puback", packetIdentifier: 0x1234 }] },
  { name: "PUBACK with flags", origin: "MQTT-2.2.2-2", hex: "42 02 12 34", refused: "PUBACK flags" },
  { name: "PUBACK identifier 0", origin: "MQTT-2.3.1-1", hex: "40 02 00 00", refused: "PUBACK packet identifier" },
  { name: "PUBACK one byte long", origin: "3.4", hex: "40 03 12 34 00", refused: "PUBACK" },
  { name: "PUBREC", origin: "3.5", hex: "50 02 00 01", expected: [{ type: "pubrec", packetIdentifier: 1 }] },
  { name: "PUBREL", origin: "3.6", hex: "62 02 00 01", expected: [{ type: "pubrel", packetIdentifier: 1 }] },
  { name: "PUBREL without its flags", origin: "MQTT-3.6.1-1", hex: "60 02 00 01", refused: "PUBREL flags" },
  { name: "PUBCOMP", origin: "3.7", hex: "70 02 00 01", expected: [{ type: "pubcomp", packetIdentifier: 1 }] },
  {
    name: "SUBACK",
    origin: "3.9",
    hex: "90 04 00 01 01 80",
    expected: [{ type: "suback", packetIdentifier: 1, returnCodes: "0180" }],
  },
  { name: "SUBACK with return code 3", origin: "MQTT-3.9.3-2", hex: "90 03 00 01 03", refused: "SUBACK return code" },
  { name: "UNSUBACK", origin: "3.11", hex: "b0 02 00 01", expected: [{ type: "unsuback", packetIdentifier: 1 }] },
  { name: "PINGRESP", origin: "3.13", hex: "d0 00", expected: [{ type: "pingresp" }] },
  { name: "PINGRESP with a body", origin: "3.13", hex: "d0 01 00", refused: "PINGRESP" },
  {
    name: "two packets",
    origin: "2",
    hex: "d0 00 40 02 00 07",
    expected: [{ type: "pingresp" }, { type: "puback", packetIdentifier: 7 }],
  },
  { name: "packet type 0", origin: "2.2.1", hex: "00 00", refused: "packet type 0" },
  { name: "packet type 15", origin: "2.2.1", hex: "f0 00", refused: "packet type 15" },
  { name: "CONNECT from a server", origin: "2.2.1", hex: "10 00", refused: "packet type 1" },
  { name: "SUBSCRIBE from a server", origin: "2.2.1", hex: "82 02 00 01", refused: "packet type 8" },
  { name: "PINGREQ from a server", origin: "2.2.1", hex: "c0 00", refused: "packet type 12" },
  { name: "DISCONNECT from a server", origin: "2.2.1", hex: "e0 00", refused: "packet type 14" },
  { name: "remaining length of five bytes", origin: "2.2.3", hex: "30 ff ff ff ff 01", refused: "remaining length" },
  { name: "PUBACK that says 200 MB", origin: "2.2.3", hex: "40 80 80 80 64", refused: "remaining length" },
];

/** What this client sends, and the bytes of the standard for it. */
export const SENT_VECTORS: readonly { name: string; origin: string; hex: string; write(writer: ByteWriter): void }[] = [
  {
    name: "CONNECT as small as it can be",
    origin: "3.1",
    hex: "10 0d 00 04 4d515454 04 00 00 3c 00 01 70",
    write: (writer) =>
      writeConnect(writer, {
        clientIdentifier: "p",
        cleanSession: false,
        keepAliveSeconds: 60,
        will: undefined,
        userName: "",
        password: "",
      }),
  },
  {
    name: "CONNECT with will, user name and password",
    origin: "3.1",
    hex: "10 1a 00 04 4d515454 04 ee 01 2c 00 01 70 00 01 77 00 01 52 00 01 75 00 02 7077",
    write: (writer) =>
      writeConnect(writer, {
        clientIdentifier: "p",
        cleanSession: true,
        keepAliveSeconds: 300,
        will: { topic: "w", payload: Uint8Array.of(0x52), qos: 1, retain: true },
        userName: "u",
        password: "pw",
      }),
  },
  {
    name: "PUBLISH QoS 0",
    origin: "3.3",
    hex: "30 06 00 03 61 2f 62 78",
    write: (writer) => writePublish(writer, "a/b", Uint8Array.of(0x78), 0, false, false, 0),
  },
  {
    name: "PUBLISH QoS 1, retained, DUP",
    origin: "3.3",
    hex: "3b 08 00 03 61 2f 62 00 0a 51",
    write: (writer) => writePublish(writer, "a/b", Uint8Array.of(0x51), 1, true, true, 10),
  },
  {
    name: "PUBACK",
    origin: "3.4",
    hex: "40 02 ff ff",
    write: (writer) => writeAcknowledgement(writer, "puback", 65_535),
  },
  { name: "PUBREL", origin: "3.6", hex: "62 02 00 01", write: (writer) => writeAcknowledgement(writer, "pubrel", 1) },
  {
    name: "SUBSCRIBE",
    origin: "3.8",
    hex: "82 0c 00 01 00 01 61 01 00 03 2f 62 63 00",
    write: (writer) =>
      writeSubscribe(writer, 1, [
        { topicFilter: "a", qos: 1 },
        { topicFilter: "/bc", qos: 0 },
      ]),
  },
  { name: "PINGREQ", origin: "3.12", hex: "c0 00", write: writePingreq },
  { name: "DISCONNECT", origin: "3.14", hex: "e0 00", write: writeDisconnect },
];

/** Runs every vector whole, byte by byte, in two pieces and with a packet behind it. Returns the complaints. */
export function checkMqttVectors(): string[] {
  const complaints: (string | undefined)[] = [];
  for (const vector of MQTT_VECTORS) {
    const bytes = fromHex(vector.hex);
    const trailed = { ...vector, expected: [...((vector.expected as unknown[]) ?? []), { type: "pingresp" }] };
    const half = bytes.length >> 1;
    complaints.push(
      complaintOf(vector, "whole", () => decodeAll([bytes])),
      complaintOf(vector, "byte by byte", () => decodeAll(Array.from(bytes, (byte) => Uint8Array.of(byte)))),
      complaintOf(vector, "in two pieces", () => decodeAll([bytes.subarray(0, half), bytes.subarray(half)])),
      complaintOf(trailed, "with a PINGRESP behind it", () => decodeAll([Uint8Array.of(...bytes, 0xd0, 0)])),
      complaintOf(vector, "in a larger buffer", () => decodeAll([Uint8Array.of(9, 9, ...bytes, 9).subarray(2, -1)])),
    );
  }
  for (const { name, hex, write } of SENT_VECTORS) {
    const writer = new ByteWriter(256);
    write(writer);
    const got = toHex(writer.view());
    const expected = hex.replace(/\s+/g, "");
    if (got !== expected) complaints.push(`${name}: ${got}, expected ${expected}`);
  }
  return complaints.filter((complaint) => complaint !== undefined);
}

/** All packets of a stream that comes in these pieces, each copied since its views do not last. */
export function decodeAll(pieces: readonly Uint8Array[], packetBytesMax = 4096): unknown[] {
  const decoder = new Decoder(packetBytesMax);
  const packets: unknown[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let packet = decoder.next(); packet; packet = decoder.next())
      packets.push(
        Object.fromEntries(
          Object.entries(packet).map(([key, value]) => [key, value instanceof Uint8Array ? value.slice() : value]),
        ),
      );
  }
  return packets;
}
