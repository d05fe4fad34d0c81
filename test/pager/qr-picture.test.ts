import { describe, expect, it } from "vitest";
import { makeQrCode } from "../../hosts/browser/qr-code.ts";
import { wifiQrText } from "../../hosts/moddable/setup/wifi-qr-text.ts";
import { SETUP_CODE_CHARACTERS_MAX } from "../../src/limits.ts";
import { qrPicture, qrSide } from "../../src/pager/screen/qr-picture.ts";
import type { QrCode } from "../../src/seams.ts";
import { pixelsOf, readQrCode } from "../qr-reader.ts";

const WIFI = wifiQrText("fieldpager-aabbcc", 'a;b,c:d"e\\f');
const codeOf = (text: string) => makeQrCode(text) as QrCode;

describe("a QR code", () => {
  it.each([
    [WIFI, 128, 64],
    [WIFI, 135, 240],
    [WIFI, 320, 240],
    [WIFI, 540, 960],
    ["\u00e4\u4e2d\u{1f600}", 320, 240],
    ["FP1:AQAAQMJQFYYC4MBOGKK4TYLS", 320, 240],
    [`FP1:${"A7".repeat(300)}`, 320, 240],
  ])("of %j on %i by %i pixels can be read", (text, width, height) => {
    const picture = qrPicture(codeOf(text), 0, 0, Math.min(width, height));
    expect(readQrCode({ width, height }, pixelsOf(picture, { width, height }))).toBe(text);
  });

  it("has four light modules around it, and is as large as the screen allows, up to six pixels a module", () => {
    const code = codeOf("A");
    expect(code.size).toBe(21);
    expect([28, 29, 57, 58, 200, 1_000].map((pixels) => qrSide(code, pixels))).toEqual([0, 29, 29, 58, 174, 174]);
    const [ground, bits] = qrPicture(code, 10, 20, 60);
    expect(ground).toMatchObject({ kind: "fill", x: 10, y: 20, width: 58, height: 58, color: 0xffffff });
    expect(bits).toMatchObject({ kind: "bitmap", x: 18, y: 28, width: 42, height: 42, color: 0 });
    expect(qrPicture(code, 0, 0, 28)).toEqual([]);
  });

  it("holds the longest set-up code, and nothing longer", () => {
    expect(makeQrCode("A".repeat(SETUP_CODE_CHARACTERS_MAX))?.size).toBe(177);
    expect(makeQrCode("A".repeat(SETUP_CODE_CHARACTERS_MAX + 1))).toBeUndefined();
  });

  it("of a network escapes the characters that separate its parts", () => {
    expect(WIFI).toBe('WIFI:T:WPA;S:fieldpager-aabbcc;P:a\\;b\\,c\\:d\\"e\\\\f;;');
  });
});
