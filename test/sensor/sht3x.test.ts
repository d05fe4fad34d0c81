/** Measurements of an SHT3x, with the checksum of the data sheet (section 4.12: 0x92 for 0xBEEF). */
import { describe, expect, it } from "vitest";
import { decodeSht3x, SHT3X_BYTES } from "../../src/sensor/sht3x.ts";

describe("an SHT3x", () => {
  it("tells both quantities over their whole range", () => {
    // 0xac is the checksum of two bytes 0xff, and 0x81 of two bytes 0.
    const highest = Uint8Array.of(0xff, 0xff, 0xac, 0xff, 0xff, 0xac);
    expect(highest).toHaveLength(SHT3X_BYTES);
    expect(decodeSht3x(highest)).toEqual({ temperature: 130, humidity: 100 });
    expect(decodeSht3x(Uint8Array.of(0, 0, 0x81, 0, 0, 0x81))).toEqual({ temperature: -45, humidity: 0 });
    const { temperature, humidity } = decodeSht3x(Uint8Array.of(0xbe, 0xef, 0x92, 0xbe, 0xef, 0x92));
    expect([temperature, humidity]).toEqual([expect.closeTo(85.523, 3), expect.closeTo(74.585, 3)]);
  });

  it("tells only what has a right checksum", () => {
    for (let bit = 0; bit < 24; bit += 1) {
      const bytes = Uint8Array.of(0xbe, 0xef, 0x92, 0xbe, 0xef, 0x92);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit % 8));
      const { temperature, humidity } = decodeSht3x(bytes);
      expect([temperature, humidity], `bit ${bit}`).toEqual([undefined, expect.closeTo(74.585, 3)]);
    }
    expect(decodeSht3x(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)).humidity).toBeUndefined();
  });
});
