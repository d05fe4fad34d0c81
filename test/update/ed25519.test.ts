import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Sha512, verifyEd25519 } from "../../src/update/ed25519.ts";
import { ED25519_VECTORS } from "../vectors/ed25519.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const PRIME = 2n ** 255n - 19n;

const sha512: Sha512 = (parts) => {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
  verifyEd25519(publicKey, message, signature, sha512);

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

describe.each(ED25519_VECTORS)("$name", ({ publicKey, message, signature }) => {
  const [key, text, signed] = [bytesOf(publicKey), bytesOf(message), bytesOf(signature)];

  it("is accepted, and refused with changed bits or a byte more or less", () => {
    expect(verify(key, text, signed)).toBe(true);
    for (let bit = 0; bit < 8 * signed.length; bit += 7) {
      const other = signed.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verify(key, text, other), `bit ${bit} of the signature`).toBe(false);
    }
    for (let bit = 0; bit < 8 * key.length; bit += 11) {
      const other = key.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verify(other, text, signed), `bit ${bit} of the key`).toBe(false);
    }
    expect(verify(key, Uint8Array.of(...text, 0), signed)).toBe(false);
    expect(verify(key, text, signed.subarray(0, 63))).toBe(false);
    expect(verify(key, text, Uint8Array.of(...signed, 0))).toBe(false);
    expect(verify(key.subarray(0, 31), text, signed)).toBe(false);
  });

  it("is refused if the order is added to S (RFC 8032, section 8.4)", () => {
    const s = numberOf(signed.subarray(32));
    for (const other of [s + ORDER, s + 2n * ORDER])
      expect(verify(key, text, Uint8Array.of(...signed.subarray(0, 32), ...littleEndian(other)))).toBe(false);
    expect(verify(key, text, Uint8Array.of(...signed.subarray(0, 32), ...littleEndian(s)))).toBe(true);
  });
});

describe("invalid keys and points", () => {
  /** y of the points of order 1, 2, 4 and 8, and second encodings of two of them. */
  const small = [
    1n,
    PRIME - 1n,
    0n,
    numberOf(bytesOf("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
    numberOf(bytesOf("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")),
    PRIME,
    PRIME + 1n,
  ];

  it.each(small)("a key of small order, y = %s, signs nothing", (y) => {
    for (const sign of [0n, 1n << 255n]) {
      const key = littleEndian(y | sign);
      // Without a check for small orders, R = neutral point and S = 0 would be a valid signature of at least one message in eight.
      for (let number = 0; number < 16; number += 1)
        for (const r of [littleEndian(1n), key])
          expect(verify(key, Uint8Array.of(number), Uint8Array.of(...r, ...littleEndian(0n)))).toBe(false);
    }
  });

  it("a coordinate above the prime is no point", () => {
    const [{ message, signature }] = ED25519_VECTORS;
    const signed = bytesOf(signature);
    expect(verify(littleEndian(2n ** 255n - 1n), bytesOf(message), signed)).toBe(false);
  });
});

it("agrees with OpenSSL on many messages", () => {
  for (let length = 0; length < 24; length += 1) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const key = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    const message = Uint8Array.from({ length: length * length }, (_, at) => at * length);
    const signature = sign(null, message, privateKey);
    expect(verify(key, message, signature)).toBe(true);
    const other = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    expect(verify(other, message, signature)).toBe(false);
  }
});
