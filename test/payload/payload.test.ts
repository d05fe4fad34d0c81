import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { decodeContent, decodePlainPage } from "../../src/payload/content.ts";
import { decodeMessage, encodeMessage } from "../../src/payload/message.ts";
import { decodePresence } from "../../src/payload/presence.ts";
import { isUid } from "../../src/payload/uid.ts";
import { checkPayloadVectors, MESSAGE_VECTORS } from "../vectors/payload.ts";
import { fromHex } from "../vectors/vector.ts";

describe("payload codecs", () => {
  it("agree with every vector", () => {
    expect(checkPayloadVectors()).toEqual([]);
  });

  it("refuse a message cut at any byte before the sender, by field and offset", () => {
    const whole = fromHex(MESSAGE_VECTORS[0]?.hex ?? "");
    for (let length = 0; length <= whole.length - 3; length += 1)
      expect(() => decodeMessage(whole.subarray(0, length)), `cut to ${length}`).toThrow(/ at byte \d+: /);
  });

  it("throw nothing but a FormatError, whatever comes", () => {
    const decoders = [
      decodePresence,
      decodeMessage,
      decodePlainPage,
      (bytes: Uint8Array) => decodeContent({ contentType: (bytes[0] ?? 0) % 8, content: bytes.subarray(1) }),
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const decode of decoders) {
          try {
            decode(bytes);
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("bring a message back as it was", () => {
    const rawContent = fc.record({
      contentType: fc.integer({ min: 0, max: 255 }),
      content: fc.uint8Array({ maxLength: 50 }),
    });
    const message = fc.record({
      timestampSeconds: fc.integer({ min: 0, max: 0xffff_ffff }),
      imType: fc.integer({ min: 1, max: 15 }),
      contents: fc.array(rawContent, { minLength: 1, maxLength: 15 }),
      sender: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter(isUid),
    });
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual(value);
      }),
    );
  });

  it("refuse to write what could not be read", () => {
    const good = {
      timestampSeconds: 0,
      imType: 1,
      contents: [{ contentType: 0, content: new Uint8Array() }],
      sender: "a",
    };
    expect(() => encodeMessage({ ...good, imType: 0 })).toThrow("IM Type 0");
    expect(() => encodeMessage({ ...good, imType: 16 })).toThrow("IM Type 16");
    expect(() => encodeMessage({ ...good, contents: [] })).toThrow("0 contents");
    expect(() => encodeMessage({ ...good, contents: Array(16).fill(good.contents[0]) })).toThrow("16 contents");
    expect(() => encodeMessage({ ...good, sender: "" })).toThrow("sender of 0 bytes");
    expect(() => encodeMessage({ ...good, sender: "s".repeat(65) })).toThrow("sender of 65 bytes");
  });
});
