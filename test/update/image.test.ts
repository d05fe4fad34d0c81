import { describe, expect, it } from "vitest";
import { parseImageAddress } from "../../src/update/address.ts";
import {
  decodeImageHeader,
  encodeSignedPart,
  IMAGE_HEADER_BYTES,
  parsePublicKey,
  whyNotInstall,
} from "../../src/update/image.ts";
import { compareVersions, formatVersion, parseVersion, type Version } from "../../src/update/version.ts";
import { installed, programOf, ReleaseKey, sha512 } from "./images.ts";

const key = new ReleaseKey();
const program = programOf(1000);
const newer = key.image(program, [1, 3, 0]);
const condition = { slotBytes: 1000, mayBeOlder: false, sha512 };

describe("the header of an image", () => {
  it("tells board, version, length and digest", () => {
    expect(decodeImageHeader(newer)).toEqual({
      board: "m5stack",
      version: [1, 3, 0],
      length: 1000,
      digest: sha512([program]),
    });
    const longest = key.image(program, [65_535, 65_535, 65_535], "b".repeat(32));
    expect(decodeImageHeader(longest)).toMatchObject({ board: "b".repeat(32), version: [65_535, 65_535, 65_535] });
  });

  it.each([
    ["its first byte", 0, 0x47, /no firmware image/],
    ["its format", 4, 2, /format at byte 4: 2, expected 1/],
    ["the reserved byte", 5, 1, /reserved at byte 5: 1, expected 0/],
    ["the board", 16, 0, /no name of a board/],
    ["what fills the board's name up", 40, 0x61, /no name of a board/],
  ])("is refused if %s is wrong", (_name, at, byte, message) => {
    const bytes = newer.slice();
    bytes[at] = byte;
    expect(() => decodeImageHeader(bytes)).toThrow(message);
  });

  it("is refused without a program, and wherever it is cut", () => {
    const empty = newer.slice();
    empty.fill(0, 12, 16);
    expect(() => decodeImageHeader(empty)).toThrow(/length at byte 12: 0/);
    for (let length = 0; length < IMAGE_HEADER_BYTES; length += 1)
      expect(() => decodeImageHeader(newer.subarray(0, length)), `${length} bytes`).toThrow();
  });

  it("cannot be made for a board whose name is too long", () => {
    const parts = { version: [1, 0, 0] as Version, length: 1, digest: new Uint8Array(64) };
    for (const board of ["", "b".repeat(33), "M5Stack", "böard"])
      expect(() => encodeSignedPart({ ...parts, board })).toThrow(/expected 1 to 32/);
  });
});

describe("a device", () => {
  const whyNot = (bytes: Uint8Array, version: Version = [1, 2, 0], mayBeOlder = false) =>
    whyNotInstall(bytes, installed(key, version), { ...condition, mayBeOlder });

  it("takes a newer image of its board that is signed with its key", () => {
    expect(whyNot(newer)).toBeUndefined();
    expect(whyNot(newer, [1, 2, 65_535])).toBeUndefined();
    expect(whyNot(newer, [0, 65_535, 0])).toBeUndefined();
  });

  it("refuses every header with a changed bit", () => {
    for (let bit = 0; bit < 8 * IMAGE_HEADER_BYTES; bit += 5) {
      const bytes = newer.slice(0, IMAGE_HEADER_BYTES);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(whyNot(bytes), `bit ${bit}`).toBeDefined();
    }
  });

  it("refuses a foreign signature, and every signature if it has no key", () => {
    expect(whyNot(new ReleaseKey().image(program, [1, 3, 0]))).toBe(
      "the image is not signed with the release key of this device",
    );
    expect(whyNotInstall(newer, { ...installed(key), publicKey: undefined }, condition)).toMatch(
      /without a release key/,
    );
  });

  it("refuses the image of another board", () => {
    expect(whyNot(key.image(program, [1, 3, 0], "esp32c3"))).toBe("the image is for esp32c3, this is m5stack");
  });

  it("refuses an older image and the same one, unless an older one is allowed", () => {
    expect(whyNot(newer, [1, 3, 0])).toBe("the image is the same version: 1.3.0, this is 1.3.0");
    expect(whyNot(newer, [1, 3, 1])).toBe("the image is older: 1.3.0, this is 1.3.1");
    expect(whyNot(newer, [2, 0, 0])).toBe("the image is older: 1.3.0, this is 2.0.0");
    expect(whyNot(newer, [2, 0, 0], true)).toBeUndefined();
  });

  it("refuses an image that does not fit into the slot", () => {
    expect(whyNot(key.image(programOf(1001), [1, 3, 0]))).toBe("the image has 1001 bytes, the slot has 1000");
  });
});

it("versions have three numbers", () => {
  expect(parseVersion("0.1.65535")).toEqual([0, 1, 65_535]);
  for (const text of ["", "1.2", "1.2.3.4", "1.2.65536", "01.2.3", "1.2.-3", "1.2.3-beta", " 1.2.3"])
    expect(parseVersion(text), text).toBeUndefined();
  expect(formatVersion([1, 2, 3])).toBe("1.2.3");
  expect(compareVersions([1, 10, 0], [1, 9, 9])).toBeGreaterThan(0);
});

it("addresses are of HTTP", () => {
  const parse = parseImageAddress;
  expect(parse("https://station.example/images/a.fpui?x=1")).toEqual({
    isSecure: true,
    host: "station.example",
    port: 443,
    path: "/images/a.fpui?x=1",
  });
  expect(parse("http://10.0.0.5:8080/a")).toEqual({ isSecure: false, host: "10.0.0.5", port: 8080, path: "/a" });
  const wrong = ["ftp://a/b", "https://a", "https:///b", "https://u:p@a/b", "https://a:0/b", "https://a:65536/b"];
  for (const text of [...wrong, "https://a/b c", "https://a/b\r\nX: y", "https://a/b#c", "https://a/ü", " https://a/b"])
    expect(parse(text), text).toBeUndefined();
});

it("public keys are 64 hexadecimal digits", () => {
  expect(parsePublicKey("00ff".repeat(16))).toEqual(Uint8Array.from({ length: 32 }, (_, at) => (at % 2) * 255));
  for (const text of ["", "0".repeat(63), "0".repeat(65), "g".repeat(64), "A".repeat(64)])
    expect(parsePublicKey(text)).toBeUndefined();
});
