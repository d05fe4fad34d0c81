import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../src/bytes.ts";
import { decodeUtf8, encodeUtf8, readableUtf8, utf8Length } from "../src/utf8.ts";
import { asOnBoards } from "./code-point-text.ts";

describe("bytes", () => {
  it("are written and read in network order, with the offset of a view kept", () => {
    const writer = new ByteWriter(16);
    writer.uint8(1);
    writer.uint16(0x0203);
    writer.uint32(0xfffefdfc);
    writer.text("é");
    expect([...writer.view()]).toEqual([1, 2, 3, 0xff, 0xfe, 0xfd, 0xfc, 0xc3, 0xa9]);
    const reader = new ByteReader(Uint8Array.of(9, ...writer.view(), 9).subarray(1, -1));
    expect([reader.uint8("a"), reader.uint16("b"), reader.uint32("c"), reader.text(2, "d")]).toEqual([
      1,
      0x0203,
      0xfffefdfc,
      "é",
    ]);
    expect(() => reader.uint8("e")).toThrow("e at byte 9: 1 bytes wanted, 0 left");
  });

  it("do not go past the end, in either direction", () => {
    const writer = new ByteWriter(2);
    writer.uint16(1);
    expect(() => writer.uint8(1)).toThrow("1 bytes wanted, 0 of 2 free");
    expect(() => new ByteReader(Uint8Array.of(1, 2, 3), 0, 2).view(3, "x")).toThrow(
      "x at byte 0: 3 bytes wanted, 2 left",
    );
  });
});

describe("UTF-8", () => {
  it.each(["😀", "a😀é水😀😀", "\u{10ffff}"])(
    "is the same in an engine that counts text by code points: %s",
    (text) => {
      const board = asOnBoards(text);
      expect(utf8Length(board)).toBe(Buffer.byteLength(text));
      expect(Buffer.from(encodeUtf8(board)).toString()).toBe(text);
    },
  );

  it("agrees with the platform's coder for every text and for any bytes", () => {
    const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
    const lead = fc.constantFrom(
      0xc0,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0x80,
      0xbf,
      0x90,
      0xa0,
      0x41,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(lead, fc.integer({ min: 0, max: 255 })), { maxLength: 12 }), (bytes) => {
        const input = Uint8Array.from(bytes);
        let expected: string | undefined;
        try {
          expected = strict.decode(input);
        } catch {
          expected = undefined;
        }
        expect(readableUtf8(input, 0, input.length)).toBe(lenient.decode(input));
        let got: string | undefined;
        try {
          got = decodeUtf8(input, 0, input.length, "x");
        } catch {
          got = undefined;
        }
        expect(got).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
  });

  it("is decoded in pieces as it is decoded whole", () => {
    const text = "ü😀x".repeat(500);
    const bytes = encodeUtf8(text);
    expect(decodeUtf8(bytes, 0, bytes.length, "x")).toBe(text);
  });
});
