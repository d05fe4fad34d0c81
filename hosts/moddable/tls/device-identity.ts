/** How a device proves to a broker who it is: its certificate, and a signature with its key. */
import { Digest } from "crypt";
import Curve from "curve";
import ECDSA from "ecdsa";
import PKCS1_5 from "pkcs1_5";
import X509 from "x509";
import type { BrokerSettings } from "../../../src/gateway/settings.ts";
import { pemBlocks } from "../../../src/pem.ts";
import { deterministicNonce, type Hmac } from "./deterministic-nonce.ts";
import { type PrivateKey, parsePrivateKey } from "./private-key.ts";

/** SignatureAndHashAlgorithm (RFC 5246, section 7.4.1.4.1): SHA-256 with RSA, and with ECDSA. */
const RSA_SHA256 = Object.freeze([4, 1]);
const ECDSA_SHA256 = Object.freeze([4, 3]);

/** The identifier of SHA-256 in a PKCS #1 signature. */
const SHA256_IDENTIFIER = Object.freeze([2, 16, 840, 1, 101, 3, 4, 2, 1]);

/** Block size of SHA-256, in bytes. */
const BLOCK_BYTES = 64;

export class DeviceIdentity {
  /**
   * DER of the device's own certificate, and of those that lead to the broker's authority, in the order of the
   * settings.
   */
  readonly chain: readonly Uint8Array[];
  private readonly key: PrivateKey;

  /** Throws if the settings contain no certificate or no key. The message contains nothing of the key. */
  constructor({ certificate, key }: NonNullable<BrokerSettings["identity"]>) {
    this.chain = pemBlocks(certificate, "CERTIFICATE");
    this.key = parsePrivateKey(key);
  }

  /** Whether the key belongs to the certificate. */
  get isPair(): boolean {
    const key = this.key;
    const shown = X509.decodeSPKI(this.chain[0] as Uint8Array);
    if (key.algorithm === "rsa") return shown.modulus === number(key.modulus);
    const curve = new Curve(key.curve);
    if (shown.curve?.n !== curve.n || !shown.pub) return false;
    const point = curve.ec.mul(curve.G, number(key.secret));
    return point.X === shown.pub.X && point.Y === shown.pub.Y;
  }

  /** The body of CertificateVerify (RFC 5246, section 7.4.8): algorithm 2, length of signature 2, signature. */
  prove(digest: ArrayBuffer): Uint8Array {
    const key = this.key;
    const algorithm = key.algorithm === "rsa" ? RSA_SHA256 : ECDSA_SHA256;
    const signature = new Uint8Array(key.algorithm === "rsa" ? signRsa(key, digest) : signEc(key, digest));
    const body = new Uint8Array(4 + signature.length);
    body.set([...algorithm, signature.length >> 8, signature.length & 0xff]);
    body.set(signature, 4);
    return body;
  }
}

function signRsa(key: Extract<PrivateKey, { algorithm: "rsa" }>, digest: ArrayBuffer): ArrayBuffer {
  const numbers = {
    modulus: number(key.modulus),
    exponent: number(key.exponent),
    privExponent: number(key.privateExponent),
    prim1: number(key.prime1),
    prim2: number(key.prime2),
    exponent1: number(key.exponent1),
    exponent2: number(key.exponent2),
    coefficient: number(key.coefficient),
  };
  return new PKCS1_5(numbers, true, SHA256_IDENTIFIER).sign(digest);
}

function signEc(key: Extract<PrivateKey, { algorithm: "ec" }>, digest: ArrayBuffer): ArrayBuffer {
  const curve = new Curve(key.curve);
  const order = new Uint8Array(ArrayBuffer.fromBigInt(curve.n));
  const secret = new Uint8Array(order.length);
  secret.set(key.secret, order.length - key.secret.length);
  // The SDK takes a number of its own unless the curve has one.
  curve.k = number(deterministicNonce(secret, new Uint8Array(digest), order, hmac));
  return new ECDSA(number(secret), curve, true).sign(digest, true);
}

const hmac: Hmac = (key, parts) => {
  const pad = (byte: number) => {
    const block = new Uint8Array(BLOCK_BYTES).fill(byte);
    key.forEach((part, at) => {
      block[at] = byte ^ part;
    });
    return block;
  };
  return sha256([pad(0x5c), sha256([pad(0x36), ...parts])]);
};

function sha256(parts: readonly Uint8Array[]): Uint8Array {
  const digest = new Digest("SHA256");
  for (const part of parts) digest.write(part.slice().buffer as ArrayBuffer);
  return new Uint8Array(digest.close());
}

function number(bytes: Uint8Array): bigint {
  return BigInt.fromArrayBuffer(bytes.slice().buffer as ArrayBuffer);
}
