import { describe, expect, it } from "vitest";
import { PACKET_BYTES_MAX } from "../../src/limits.ts";
import { checkMqttVectors, decodeAll } from "../vectors/mqtt.ts";
import { fromHex, toHex } from "../vectors/vector.ts";

describe("decoder and encoder", () => {
  it("agree with every vector: whole, byte by byte, in pieces, with bytes behind", () => {
    expect(checkMqttVectors()).toEqual([]);
  });

  it("reads a packet of the limit and skips one of a byte more, keeping what an acknowledgement needs", () => {
    const limit = 64;
    const packet = (payloadBytes: number) =>
      fromHex(`32 ${(7 + payloadBytes).toString(16)} 0003612f62 0102 ${"00".repeat(payloadBytes)}`);
    // The fixed header of 2 bytes counts.
    const atLimit = packet(limit - 2 - 7);
    const above = packet(limit - 2 - 7 + 1);
    expect(decodeAll([atLimit], limit)).toMatchObject([{ type: "publish", topic: "a/b", packetIdentifier: 0x0102 }]);
    const skipped = {
      type: "largePublish",
      topic: "a/b",
      qos: 1,
      retain: false,
      dup: false,
      packetIdentifier: 0x0102,
      properties: {},
      packetBytes: above.length,
    };
    const payload = { type: "payload", payload: "00".repeat(limit - 2 - 7 + 1), isLast: true };
    expect(decodeLarge([above], limit)).toEqual([skipped, payload]);
    expect(decodeLarge(bytewise(above), limit)).toEqual([skipped, payload]);
    expect(decodeLarge([Uint8Array.of(...above, 0xd0, 0)], limit)).toEqual([skipped, payload, { type: "pingresp" }]);
  });

  it("counts the fixed header to the limit of the engine: 4,096 bytes whole, one more skipped", () => {
    const packet = (bytes: number) =>
      Uint8Array.of(0x30, ((bytes - 3) & 0x7f) | 0x80, (bytes - 3) >> 7, 0, 1, 0x61, ...new Uint8Array(bytes - 6));
    const [whole] = decodeAll([packet(PACKET_BYTES_MAX)], PACKET_BYTES_MAX) as [{ payload: Uint8Array }];
    expect(whole).toMatchObject({ type: "publish", payload: { length: PACKET_BYTES_MAX - 6 } });
    expect(decodeAll([packet(PACKET_BYTES_MAX + 1)], PACKET_BYTES_MAX)[0]).toMatchObject({
      type: "largePublish",
      packetBytes: PACKET_BYTES_MAX + 1,
    });
  });

  it("skips a packet whose topic alone is above the limit, and still finds its identifier", () => {
    const topic = "61".repeat(300);
    const bytes = fromHex(`32 b2 02 01 2c ${topic} beef 78 78`);
    const expected = [
      {
        type: "largePublish",
        topic: "",
        qos: 1,
        retain: false,
        dup: false,
        packetIdentifier: 0xbeef,
        properties: undefined,
        packetBytes: bytes.length,
      },
      { type: "payload", payload: "7878".slice(0, 2 * (bytes.length - 3 - 2 - 300 - 2)), isLast: true },
    ];
    for (const size of [bytes.length, 1, 2, 3, 64, 301]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      expect(decodeLarge(pieces, 64)).toEqual(expected);
    }
  });

  it("refuses an oversize packet whose topic runs past its end, or that has QoS 3 or identifier 0", () => {
    expect(() => decodeAll([fromHex(`32 46 00 ff ${"61".repeat(68)}`)], 64)).toThrow("PUBLISH topic");
    expect(() => decodeAll([fromHex(`36 46 00 01 ${"61".repeat(68)}`)], 64)).toThrow("QoS 3");
    expect(() => decodeAll([fromHex(`32 46 00 01 61 0000 ${"61".repeat(65)}`)], 64)).toThrow("packet identifier");
  });

  it("gives views of the input where a packet came whole: nothing is copied", () => {
    const bytes = fromHex("30 07 00 03 61 2f 62 68 69");
    const [packet] = decodeAll([bytes]) as [{ payload: Uint8Array }];
    expect(toHex(packet.payload)).toBe("6869");
  });
});

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The result of `decodeAll`, with the parts of a payload joined, as hexadecimal digits. */
function decodeLarge(pieces: readonly Uint8Array[], packetBytesMax: number): unknown[] {
  const joined: unknown[] = [];
  let payload = "";
  for (const packet of decodeAll(pieces, packetBytesMax) as { type: string; payload: Uint8Array; isLast: boolean }[]) {
    if (packet.type !== "payload") joined.push(packet);
    else {
      payload += toHex(packet.payload);
      if (packet.isLast) joined.push({ type: "payload", payload, isLast: true });
    }
  }
  return joined;
}
