/**
 * Makes the secret number that an ECDSA signature needs (RFC 6979, section 3.2). Nobody may guess this number, and it
 * must never be used twice. So it is made from key and message: the SDK's random numbers are only as good as their
 * seed.
 */

/** HMAC with SHA-256 over the parts, one after the other. */
export type Hmac = (key: Uint8Array, parts: readonly Uint8Array[]) => Uint8Array;

const HASH_BYTES = 32;
const ZERO = 0x00;
const ONE = 0x01;

/**
 * @param secret the key, as long as `order`
 * @param digest SHA-256 of the message
 * @param order of the curve, big-endian, a multiple of 8 bits and at least 256
 * @returns a number from 1 to `order` - 1, as long as `order`
 */
export function deterministicNonce(secret: Uint8Array, digest: Uint8Array, order: Uint8Array, hmac: Hmac): Uint8Array {
  const message = reduced(digest, order);
  let value = new Uint8Array(HASH_BYTES).fill(ONE);
  let key = new Uint8Array(HASH_BYTES);
  const renew = (separator: number, ...parts: readonly Uint8Array[]) => {
    key = Uint8Array.from(hmac(key, [value, Uint8Array.of(separator), ...parts]));
    value = Uint8Array.from(hmac(key, [value]));
  };
  renew(ZERO, secret, message);
  renew(ONE, secret, message);
  for (;;) {
    const candidate = new Uint8Array(order.length);
    for (let at = 0; at < candidate.length; at += HASH_BYTES) {
      value = Uint8Array.from(hmac(key, [value]));
      candidate.set(value.subarray(0, candidate.length - at), at);
    }
    if (candidate.some((byte) => byte !== 0) && isBelow(candidate, order)) return candidate;
    renew(ZERO);
  }
}

/**
 * The digest modulo the order, with the length of the order. One subtraction is enough, because the digest is less than
 * twice the order.
 */
function reduced(digest: Uint8Array, order: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(order.length);
  bytes.set(digest, order.length - digest.length);
  if (isBelow(bytes, order)) return bytes;
  let borrow = 0;
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const difference = (bytes[at] ?? 0) - (order[at] ?? 0) - borrow;
    borrow = difference < 0 ? 1 : 0;
    bytes[at] = difference;
  }
  return bytes;
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < b.length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
