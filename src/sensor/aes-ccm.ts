/**
 * AES-CCM (NIST SP 800-38C, RFC 3610) as BTHome uses it: a nonce of 13 bytes, a MIC of 4 bytes, and no further data. The host lends
 * the cipher of one block.
 */

/** Returns 16 encrypted bytes for 16 bytes. The key is fixed. */
export type BlockCipher = (block: Uint8Array) => Uint8Array;

const BLOCK_BYTES = 16;
const NONCE_BYTES = 13;
const MIC_BYTES = 4;

/** Flags of the first block of the MIC: a MIC of 4 bytes, a length of 2 bytes (RFC 3610, 2.2), and of a counter block (2.3). */
const MIC_FLAGS = 0x09;
const COUNTER_FLAGS = 0x01;

/** Returns the plain text. undefined: the MIC is not that of the key and the nonce. */
export function openCcm(
  cipher: BlockCipher,
  nonce: Uint8Array,
  sealed: Uint8Array,
  mic: Uint8Array,
): Uint8Array | undefined {
  if (nonce.length !== NONCE_BYTES || mic.length !== MIC_BYTES) return undefined;
  const plain = new Uint8Array(sealed.length);
  for (let at = 0; at < sealed.length; at += BLOCK_BYTES) {
    const stream = cipher(block(COUNTER_FLAGS, nonce, at / BLOCK_BYTES + 1));
    for (let index = at; index < Math.min(at + BLOCK_BYTES, sealed.length); index += 1)
      plain[index] = (sealed[index] as number) ^ (stream[index - at] as number);
  }
  let state = cipher(block(MIC_FLAGS, nonce, plain.length));
  for (let at = 0; at < plain.length; at += BLOCK_BYTES) {
    const mixed = state.slice();
    for (let index = at; index < Math.min(at + BLOCK_BYTES, plain.length); index += 1)
      mixed[index - at] = (mixed[index - at] as number) ^ (plain[index] as number);
    state = cipher(mixed);
  }
  const first = cipher(block(COUNTER_FLAGS, nonce, 0));
  let difference = 0;
  for (let index = 0; index < MIC_BYTES; index += 1)
    difference |= (mic[index] as number) ^ (state[index] as number) ^ (first[index] as number);
  return difference === 0 ? plain : undefined;
}

function block(flags: number, nonce: Uint8Array, number: number): Uint8Array {
  return Uint8Array.of(flags, ...nonce, number >> 8, number & 0xff);
}
