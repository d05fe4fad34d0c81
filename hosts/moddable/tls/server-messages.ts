/**
 * Checks what a server chooses (RFC 5246, section 7.4). The SDK accepts choices that it has not offered, and key
 * exchanges that nobody signed.
 */
import Curve from "curve";
import suites from "ssl/ciphersuites";
import type { PublicKey } from "x509";
import { isEcdsaSignature } from "./certificate-check.ts";
import { TlsError } from "./tls-failure.ts";

/** TLS 1.2, the only version. */
export const VERSION = 0x303;

/**
 * The curves of the key exchange (RFC 8422, section 5.1.1). Many brokers also allow only these in the certificates of
 * both sides.
 */
const CURVES = Object.freeze({ 23: "secp256r1", 24: "secp384r1" } as const);
export const CURVE_NUMBERS: readonly number[] = Object.freeze([23, 24]);

/** Hash SHA-256 (4), then SHA-384 (5), each with ECDSA (3) and RSA (1) (RFC 5246, section 7.4.1.4.1). */
export const SIGNATURES = Object.freeze([
  Object.freeze({ hash: 4, sig: 3 }),
  Object.freeze({ hash: 4, sig: 1 }),
  Object.freeze({ hash: 5, sig: 3 }),
  Object.freeze({ hash: 5, sig: 1 }),
]);
const RSA = 1;
const ECDSA = 3;

const RANDOM_BYTES = 32;
const NAMED_CURVE = 3;
const UNCOMPRESSED = 4;

/** ServerHello: version 2, random 32, length of session 1, session, cipher 2, compression 1. */
export function checkServerHello(body: Uint8Array): void {
  const version = twoBytes(body, 0);
  if (version !== VERSION) throw new TlsError(`TLS: the broker chooses version ${version.toString(16)}, expected 303`);
  const at = 2 + RANDOM_BYTES + 1 + (body[2 + RANDOM_BYTES] ?? 0);
  const cipher = twoBytes(body, at);
  if (!suites.some(({ value }) => ((value[0] ?? 0) << 8) + (value[1] ?? 0) === cipher))
    throw new TlsError(`TLS: the broker chooses cipher ${cipher.toString(16)}, which was not offered`);
  if (body[at + 2] !== 0) throw new TlsError("TLS: the broker chooses to compress");
}

/**
 * ServerKeyExchange with ECDHE (RFC 8422, section 5.4): 03, curve 2, length of point 1, point, hash 1, signer 1,
 * signature. The SDK checks the signature, but only if there is one of a kind that it knows.
 */
export function checkKeyExchange(body: Uint8Array, key: PublicKey | undefined): void {
  const number = twoBytes(body, 1);
  const name = CURVES[number as keyof typeof CURVES];
  if (body[0] !== NAMED_CURVE || !name)
    throw new TlsError(`TLS: the broker chooses curve ${number}, which was not offered`);
  const at = 4 + (body[3] ?? 0);
  if (!isOnCurve(body.subarray(4, at), new Curve(name)))
    throw new TlsError("TLS: the broker's point is not on its curve");
  const signer = key?.curve ? ECDSA : RSA;
  if (!key || !SIGNATURES.some(({ hash, sig }) => hash === body[at] && sig === body[at + 1] && sig === signer))
    throw new TlsError("TLS: the broker does not sign its key");
  if (key.curve && !isEcdsaSignature(body.subarray(at + 4), key.curve.n))
    throw new TlsError("TLS: the broker's signature is malformed");
}

/** RFC 8422, section 5.11: y² = x³ + ax + b, with both below the modulus. */
function isOnCurve(point: Uint8Array, { ec, orderSize }: Curve): boolean {
  if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * orderSize) return false;
  const number = (from: number) => BigInt.fromArrayBuffer(point.slice(from, from + orderSize).buffer as ArrayBuffer);
  const x = number(1);
  const y = number(1 + orderSize);
  return x < ec.m && y < ec.m && (y * y - x * x * x - ec.a * x - ec.b) % ec.m === 0n;
}

function twoBytes(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
