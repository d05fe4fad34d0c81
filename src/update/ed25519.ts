/**
 * Verifies signatures of Ed25519 (RFC 8032, section 5.1.7). It works on big integers and takes some hundred milliseconds on a board.
 * Nothing here is secret, so the time may depend on the values.
 *
 * It is strict: it refuses a number S that is not below the order (section 8.4), a coordinate that is not below the prime, and a
 * public key or a point R of small order.
 */

/** SHA-512 of the parts, one after the other. */
export type Sha512 = (parts: readonly Uint8Array[]) => Uint8Array;

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** The prime of the field, the order of the base point, and the constant of the curve (RFC 8032, section 5.1). */
const P = 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffedn;
const ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;

/** A square root of -1. */
const ROOT_OF_MINUS_1 = 0x2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0n;

const BASE_X = 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an;
const BASE_Y = 0x6666666666666666666666666666666666666666666666666666666666666658n;

/** Extended coordinates: x = X / Z, y = Y / Z, x y = T / Z. */
interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

/** Returns whether the key signed the message. Returns false for a key or a signature that is malformed. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  sha512: Sha512,
): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = decodePoint(publicKey);
  const encodedR = signature.subarray(0, PUBLIC_KEY_BYTES);
  const r = decodePoint(encodedR);
  const s = littleEndian(signature.subarray(PUBLIC_KEY_BYTES));
  if (!key || !r || s >= ORDER || isOfSmallOrder(key) || isOfSmallOrder(r)) return false;
  const k = littleEndian(sha512([encodedR, publicKey, message])) % ORDER;
  const base: Point = { x: BASE_X, y: BASE_Y, z: 1n, t: (BASE_X * BASE_Y) % P };
  // S B = R + k A is checked as S B + k (-A) = R.
  return isSame(sumOfProducts(s, base, k, negative(key)), r);
}

/** Little-endian. */
function littleEndian(bytes: Uint8Array): bigint {
  let hex = "";
  for (let at = bytes.length - 1; at >= 0; at -= 1) hex += (bytes[at] as number).toString(16).padStart(2, "0");
  return BigInt(`0x${hex}`);
}

/** Not negative. */
function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % P;
    if (bit === "1") result = (result * base) % P;
  }
  return result;
}

/** RFC 8032, section 5.1.3. undefined for bytes that are no point, or not the only encoding of one. */
function decodePoint(bytes: Uint8Array): Point | undefined {
  const value = littleEndian(bytes);
  const sign = value >> 255n;
  const y = value & ((1n << 255n) - 1n);
  if (y >= P) return undefined;
  const u = modulo(y * y - 1n);
  const v = modulo(D * y * y + 1n);
  const v3 = modulo(v * v * v);
  let x = modulo(u * v3 * power(modulo(u * v3 * v3 * v), (P - 5n) / 8n));
  const square = modulo(v * x * x);
  if (square !== u) {
    if (square !== modulo(-u)) return undefined;
    x = modulo(x * ROOT_OF_MINUS_1);
  }
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return { x, y, z: 1n, t: modulo(x * y) };
}

function isSame(a: Point, b: Point): boolean {
  return modulo(a.x * b.z - b.x * a.z) === 0n && modulo(a.y * b.z - b.y * a.z) === 0n;
}

function negative({ x, y, z, t }: Point): Point {
  return { x: modulo(-x), y, z, t: modulo(-t) };
}

/** Whether eight times the point is the neutral point. */
function isOfSmallOrder(point: Point): boolean {
  const { x, y, z } = twice(twice(twice(point)));
  return x === 0n && y === z;
}

/** RFC 8032, section 5.1.4. */
function sum(a: Point, b: Point): Point {
  const first = (a.y - a.x) * (b.y - b.x);
  const second = (a.y + a.x) * (b.y + b.x);
  const third = ((a.t * 2n * D) % P) * b.t;
  const fourth = a.z * 2n * b.z;
  return joined(second - first, fourth - third, fourth + third, second + first);
}

function twice({ x, y, z }: Point): Point {
  const a = x * x;
  const b = y * y;
  const h = a + b;
  const e = h - (x + y) * (x + y);
  const g = a - b;
  return joined(e, 2n * z * z + g, g, h);
}

/** The last step of both formulas. */
function joined(e: bigint, f: bigint, g: bigint, h: bigint): Point {
  const [e1, f1, g1, h1] = [e % P, f % P, g % P, h % P];
  return { x: modulo(e1 * f1), y: modulo(g1 * h1), z: modulo(f1 * g1), t: modulo(e1 * h1) };
}

/** m A + n B, both numbers bit by bit at the same time. */
function sumOfProducts(m: bigint, a: Point, n: bigint, b: Point): Point {
  const both = sum(a, b);
  const length = Math.max(m.toString(2).length, n.toString(2).length);
  const mBits = m.toString(2).padStart(length, "0");
  const nBits = n.toString(2).padStart(length, "0");
  let result: Point = { x: 0n, y: 1n, z: 1n, t: 0n };
  for (let at = 0; at < length; at += 1) {
    result = twice(result);
    const [isM, isN] = [mBits[at] === "1", nBits[at] === "1"];
    if (isM || isN) result = sum(result, isM && isN ? both : isM ? a : b);
  }
  return result;
}
