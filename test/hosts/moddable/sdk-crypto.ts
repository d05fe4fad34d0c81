/**
 * Replaces the SDK's modules that the check of certificates uses, with Node's cryptography. It counts verifications, because they
 * take most of a board's time. In the simulator the check runs with the SDK's own modules.
 */
import { createPublicKey, type KeyObject, verify, X509Certificate } from "node:crypto";
import { DER, DerReader } from "../../../hosts/moddable/tls/der.ts";

/** Verifications of signatures so far. */
export const count = { verifications: 0 };

/** Order of the curve P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The last input of the digest. Node computes the digest itself when it verifies. */
let digested: Uint8Array = new Uint8Array();

export class Digest {
  write(bytes: ArrayBuffer): void {
    digested = new Uint8Array(bytes);
  }
  close(): ArrayBuffer {
    return new ArrayBuffer(32);
  }
}

export class ECDSA {
  readonly #key: KeyObject;
  constructor(key: KeyObject) {
    this.#key = key;
  }
  verify(_digest: ArrayBuffer, signature: Uint8Array): boolean {
    count.verifications += 1;
    return verify("sha256", digested, this.#key, signature);
  }
}

/** Milliseconds since 1970 of a UTCTime, `YYMMDDhhmmssZ`. */
function msOf(utcTime: Uint8Array): number {
  const [year, month, day, hour, minute, second] = Buffer.from(utcTime).toString("latin1").match(/\d\d/g) ?? [];
  return Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** No certificate of the test has such a key. */
export class PKCS1_5 {
  verify(): boolean {
    throw new Error("RSA");
  }
}

export class BER {
  readonly #reader: DerReader;
  constructor(bytes: Uint8Array) {
    this.#reader = new DerReader(bytes);
  }
  getSequence(): Uint8Array {
    return this.#reader.read(DER.sequence);
  }
  getInteger(): bigint {
    return BigInt(`0x${Buffer.from(this.#reader.read(DER.integer)).toString("hex")}`);
  }
}

export const X509 = {
  decode(certificate: Uint8Array) {
    const outer = new DerReader(certificate).read(DER.sequence);
    const reader = new DerReader(outer);
    const { length } = reader.read(DER.sequence);
    const head = length < 0x80 ? 2 : length < 0x100 ? 3 : 4;
    const tbs = outer.subarray(0, head + length);
    reader.read(DER.sequence);
    // ecdsa-with-SHA256.
    const algo = Uint32Array.of(1, 2, 840, 10045, 4, 3, 2);
    return { tbs, algo, sig: reader.read(DER.bitString).subarray(1) };
  },
  decodeTBS(tbs: Uint8Array) {
    const reader = new DerReader(new DerReader(tbs).read(DER.sequence));
    // The validity stands behind version, serial number, algorithm and issuer.
    for (let skipped = 0; skipped < 4; skipped += 1) reader.skip();
    const validity = new DerReader(reader.read(DER.sequence));
    const [from, to] = [msOf(validity.skip()), msOf(validity.skip())];
    return { validity: { from, to } };
  },
  decodeSPKI(certificate: Uint8Array) {
    const { publicKey } = new X509Certificate(certificate);
    return { curve: { n: ORDER }, pub: createPublicKey(publicKey.export({ type: "spki", format: "pem" })) };
  },
  decodeSAN: () => [{ tag: 2, value: "broker.example" }],
};

// XS has this extension.
Object.assign(ArrayBuffer, { fromBigInt: () => new ArrayBuffer(32) });
