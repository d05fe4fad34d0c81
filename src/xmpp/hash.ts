/**
 * SHA-1, SHA-256 (FIPS 180-4), HMAC (RFC 2104) and PBKDF2 (RFC 8018). Login needs them, and the boards' engine has none. PBKDF2 works
 * in steps, because its thousands of rounds take a board seconds.
 */

export interface HashAlgorithm {
  /** As SASL names it. */
  readonly name: "SHA-1" | "SHA-256";
  readonly digestBytes: number;
  readonly initial: readonly number[];
  /** Mixes one block of 64 bytes into the state. @param words 16 of the block, and room for the rest of the schedule */
  readonly mix: (state: Int32Array, words: Int32Array) => void;
}

const BLOCK_BYTES = 64;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

// The rotations are written out: a call costs a board more than the rotation.
function mixSha1(state: Int32Array, words: Int32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let round = 0; round < 80; round += 1) {
    if (round >= 16) {
      const mixed =
        (words[round - 3] as number) ^
        (words[round - 8] as number) ^
        (words[round - 14] as number) ^
        (words[round - 16] as number);
      words[round] = (mixed << 1) | (mixed >>> 31);
    }
    const part = round < 20 ? 0 : round < 40 ? 1 : round < 60 ? 2 : 3;
    const chosen = part === 0 ? ((c ^ d) & b) ^ d : part === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
    const next =
      (((a << 5) | (a >>> 27)) + chosen + e + (SHA1_CONSTANTS[part] as number) + (words[round] as number)) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
}

function mixSha256(state: Int32Array, words: Int32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let round = 0; round < 64; round += 1) {
    if (round >= 16) {
      const x = words[round - 15] as number;
      const y = words[round - 2] as number;
      words[round] =
        ((words[round - 16] as number) +
          (((x << 25) | (x >>> 7)) ^ ((x << 14) | (x >>> 18)) ^ (x >>> 3)) +
          (words[round - 7] as number) +
          (((y << 15) | (y >>> 17)) ^ ((y << 13) | (y >>> 19)) ^ (y >>> 10))) |
        0;
    }
    const first =
      (h +
        (((e << 26) | (e >>> 6)) ^ ((e << 21) | (e >>> 11)) ^ ((e << 7) | (e >>> 25))) +
        ((e & f) ^ (~e & g)) +
        (SHA256_CONSTANTS[round] as number) +
        (words[round] as number)) |
      0;
    const second =
      (((a << 30) | (a >>> 2)) ^ ((a << 19) | (a >>> 13)) ^ ((a << 10) | (a >>> 22))) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

const SHA1_CONSTANTS = Object.freeze([0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]);

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const SHA256_CONSTANTS = Object.freeze([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

export const SHA1: HashAlgorithm = Object.freeze({
  name: "SHA-1",
  digestBytes: 20,
  initial: Object.freeze([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]),
  mix: mixSha1,
});

export const SHA256: HashAlgorithm = Object.freeze({
  name: "SHA-256",
  digestBytes: 32,
  initial: Object.freeze([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]),
  mix: mixSha256,
});

/** Returns the digest of the parts, one after the other. */
export function digest(algorithm: HashAlgorithm, ...parts: readonly Uint8Array[]): Uint8Array {
  return digestFrom(algorithm, Int32Array.from(algorithm.initial), 0, parts);
}

export function hmac(algorithm: HashAlgorithm, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const padded = paddedKey(algorithm, key);
  const inner = digestFrom(algorithm, keyedState(algorithm, padded, INNER_PAD), BLOCK_BYTES, parts);
  return digestFrom(algorithm, keyedState(algorithm, padded, OUTER_PAD), BLOCK_BYTES, [inner]);
}

/** The first block of PBKDF2 with HMAC: as many bytes as the digest has. SCRAM needs no more. */
export class Pbkdf2 {
  private readonly algorithm: HashAlgorithm;
  private readonly inner: Int32Array;
  private readonly outer: Int32Array;
  private readonly state: Int32Array;
  private readonly words = new Int32Array(80);
  private readonly last: Int32Array;
  private readonly sum: Int32Array;
  private roundsLeft: number;

  /** @param rounds at least 1 */
  constructor(algorithm: HashAlgorithm, password: Uint8Array, salt: Uint8Array, rounds: number) {
    this.algorithm = algorithm;
    const padded = paddedKey(algorithm, password);
    this.inner = keyedState(algorithm, padded, INNER_PAD);
    this.outer = keyedState(algorithm, padded, OUTER_PAD);
    this.state = new Int32Array(this.inner.length);
    this.last = wordsOf(hmac(algorithm, password, salt, Uint8Array.of(0, 0, 0, 1)));
    this.sum = this.last.slice();
    this.roundsLeft = rounds - 1;
  }

  /** Does at most so many rounds. Returns whether all are done. */
  step(rounds: number): boolean {
    for (let left = rounds; left > 0 && this.roundsLeft > 0; left -= 1) {
      this.roundsLeft -= 1;
      this.hashLast(this.inner);
      this.hashLast(this.outer);
      for (let index = 0; index < this.sum.length; index += 1)
        this.sum[index] = (this.sum[index] as number) ^ (this.last[index] as number);
    }
    return this.roundsLeft === 0;
  }

  /** Once all rounds are done. */
  get result(): Uint8Array {
    return bytesOf(this.sum);
  }

  /** Replaces the last digest by the digest of itself behind a keyed block. Both fit into two blocks. */
  private hashLast(keyed: Int32Array): void {
    const state = this.state;
    const words = this.words;
    const length = this.last.length;
    state.set(keyed);
    words.set(this.last);
    words.fill(0, length, 16);
    words[length] = 0x8000_0000 | 0;
    words[15] = 8 * (BLOCK_BYTES + this.algorithm.digestBytes);
    this.algorithm.mix(state, words);
    this.last.set(state);
  }
}

/** Goes on with a state into which whole blocks of `mixedBytes` bytes have been mixed. */
function digestFrom(
  algorithm: HashAlgorithm,
  state: Int32Array,
  mixedBytes: number,
  parts: readonly Uint8Array[],
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // A bit that is set, then zeros, then 8 bytes of length.
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] = 0x80;
  const bits = 8 * (mixedBytes + length);
  for (let index = 0; index < 4; index += 1) padded[padded.length - 1 - index] = bits >>> (8 * index);
  const words = new Int32Array(80);
  for (let block = 0; block < padded.length; block += BLOCK_BYTES) {
    words.set(wordsOf(padded.subarray(block, block + BLOCK_BYTES)));
    algorithm.mix(state, words);
  }
  return bytesOf(state);
}

function paddedKey(algorithm: HashAlgorithm, key: Uint8Array): Uint8Array {
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(key.length > BLOCK_BYTES ? digest(algorithm, key) : key);
  return padded;
}

function keyedState(algorithm: HashAlgorithm, paddedKey: Uint8Array, pad: number): Int32Array {
  const state = Int32Array.from(algorithm.initial);
  const words = new Int32Array(80);
  words.set(wordsOf(paddedKey.map((byte) => byte ^ pad)));
  algorithm.mix(state, words);
  return state;
}

/** Big-endian. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(bytes.length / 4);
  for (let index = 0; index < bytes.length; index += 1)
    words[index >> 2] = ((words[index >> 2] as number) << 8) | (bytes[index] as number);
  return words;
}

function bytesOf(words: Int32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  for (let index = 0; index < bytes.length; index += 1)
    bytes[index] = (words[index >> 2] as number) >>> (24 - 8 * (index & 3));
  return bytes;
}
