import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DerReader, hexOf } from "../../../hosts/moddable/tls/der.ts";
import { deterministicNonce, type Hmac } from "../../../hosts/moddable/tls/deterministic-nonce.ts";
import { parsePrivateKey } from "../../../hosts/moddable/tls/private-key.ts";
import { type KeyForm, type KeyKind, keyPem, makeIdentity } from "../../x509-maker.ts";

const bytesOf = (base64url: string | undefined) => Buffer.from(base64url ?? "", "base64url");
const withoutZeros = (bytes: Uint8Array) => hexOf(bytes).replace(/^(00)+/, "");

describe("the key of a device", () => {
  it.each([
    ["P-256", "pkcs8"],
    ["P-256", "sec1"],
    ["P-384", "pkcs8"],
    ["P-384", "sec1"],
  ] as const)("on the curve %s in %s", (kind, form) => {
    const identity = makeIdentity({ name: "device", key: kind });
    const jwk = identity.key.export({ format: "jwk" });
    expect(parsePrivateKey(keyPem(identity, form))).toEqual({
      algorithm: "ec",
      curve: kind === "P-256" ? "secp256r1" : "secp384r1",
      secret: Uint8Array.from(bytesOf(jwk.d)),
    });
  });

  it.each(["pkcs8", "pkcs1"] as const)("of RSA in %s", (form) => {
    const identity = makeIdentity({ name: "device", key: "RSA" });
    const { n, e, d, p, q, dp, dq, qi } = identity.key.export({ format: "jwk" });
    const { algorithm, ...numbers } = parsePrivateKey(keyPem(identity, form));
    expect(algorithm).toBe("rsa");
    expect(Object.values(numbers as Record<string, Uint8Array>).map(withoutZeros)).toEqual(
      [n, e, d, p, q, dp, dq, qi].map((number) => withoutZeros(bytesOf(number))),
    );
  });

  const UNUSABLE: readonly [what: string, pem: () => string, words: string][] = [
    ["nothing", () => "", "expected PEM with a PRIVATE KEY"],
    ["a key with a password", () => "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n", "that has no password"],
    ["another curve", () => keyPem(makeIdentity({ name: "device", key: "P-521" })), "expected P-256 or P-384"],
    ["another curve in SEC 1", () => keyPem(makeIdentity({ name: "device", key: "P-521" }), "sec1"), "expected P-256"],
    [
      "no DER",
      () => "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
      "DER: tag 0 at byte 0, expected 48",
    ],
    ["half a key", () => cut(keyPem(makeIdentity({ name: "device" }))), "DER: the element at byte 0 has no end"],
  ];
  it.each(UNUSABLE)("that is %s is refused with the reason", (_what, pem, words) => {
    expect(() => parsePrivateKey(pem())).toThrow(words);
  });

  it("is refused wherever it is cut, and a changed byte causes no other error", () => {
    for (const [kind, form] of [
      ["P-256", "sec1"],
      ["P-384", "pkcs8"],
      ["RSA", "pkcs1"],
    ] as readonly [KeyKind, KeyForm][]) {
      const [begin, ...lines] = keyPem(makeIdentity({ name: "device", key: kind }), form)
        .trim()
        .split("\n");
      const end = lines.pop();
      const der = Buffer.from(lines.join(""), "base64");
      const pem = (bytes: Uint8Array) => `${begin}\n${Buffer.from(bytes).toString("base64")}\n${end}`;
      for (let length = 1; length < der.length; length += 7)
        expect(() => parsePrivateKey(pem(der.subarray(0, length)))).toThrow(/^DER: |^a key/);
      for (let at = 0; at < Math.min(der.length, 60); at += 1) {
        const changed = Uint8Array.from(der);
        changed[at] = (changed[at] ?? 0) ^ 0xff;
        try {
          parsePrivateKey(pem(changed));
        } catch (error) {
          expect((error as Error).message).toMatch(/^DER: |^a key/);
        }
      }
    }
  });
});

function cut(pem: string): string {
  const lines = pem.trim().split("\n");
  return [lines[0], lines[1], lines.at(-1)].join("\n");
}

describe("DER", () => {
  it.each([
    ["30", "DER: the element at byte 0 has no end"],
    ["3080", "DER: the element at byte 0 has no end"],
    ["3001", "DER: the element at byte 0 has no end"],
    ["30820001", "DER: the element at byte 0 has no end"],
    ["308300000100", "DER: a length of 3 bytes at byte 0, expected at most 2"],
    ["0500", "DER: tag 5 at byte 0, expected 48"],
    ["", "DER: tag undefined at byte 0, expected 48"],
  ])("of %s is refused", (hex, words) => {
    expect(() => new DerReader(Buffer.from(hex, "hex")).read(0x30)).toThrow(words);
  });

  it("is read with lengths of one, two and three bytes", () => {
    for (const length of [0, 127, 128, 255, 256, 70_000 & 0xffff]) {
      const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
      const reader = new DerReader(Uint8Array.from([4, ...head, ...new Uint8Array(length).fill(7), 5, 0]));
      expect(reader.read(4)).toHaveLength(length);
      expect(reader.readIf(4)).toBeUndefined();
      expect(reader.isAtEnd).toBe(false);
      expect(reader.read(5)).toHaveLength(0);
      expect(reader.isAtEnd).toBe(true);
    }
  });
});

describe("the number of a signature", () => {
  const hmac: Hmac = (key, parts) => {
    const mac = createHmac("sha256", key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  const sha256 = (text: string) => createHash("sha256").update(text).digest();
  const P256 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const P384 = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

  // RFC 6979, appendices A.2.5 and A.2.6, with SHA-256.
  it.each([
    [
      P256,
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
      "sample",
      "a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60",
    ],
    [
      P256,
      "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
      "test",
      "d16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0",
    ],
    [
      P384,
      "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
      "sample",
      "180ae9f9aec5438a44bc159a1fcb277c7be54fa20e7cf404b490650a8acc414e375572342863c899f9f2edf9747a9b60",
    ],
  ])("on the curve of order %s, with key %s and message %s", (order, key, message, nonce) => {
    const [orderBytes, secret] = [order, key].map((hex) => Uint8Array.from(Buffer.from(hex, "hex"))) as [
      Uint8Array,
      Uint8Array,
    ];
    expect(BigInt(`0x${hexOf(deterministicNonce(secret, sha256(message), orderBytes, hmac))}`)).toBe(
      BigInt(`0x${nonce}`),
    );
  });

  it("is never 0 and always below the order, also if the digest is above the order", () => {
    const order = Uint8Array.from(Buffer.from(P256, "hex"));
    const calls: number[] = [];
    // The HMAC gives a number above the order, then 0, then a good number.
    const answers = [0, 0, 0, 0, 0xff, 0, 0, 0x00, 0, 0, 0x7f];
    const stub: Hmac = () => new Uint8Array(32).fill(answers[calls.push(1) - 1] ?? 1);
    const nonce = deterministicNonce(new Uint8Array(32).fill(1), new Uint8Array(32).fill(0xff), order, stub);
    expect(hexOf(nonce)).toBe("7f".repeat(32));
    expect(calls).toHaveLength(answers.length);
  });
});
