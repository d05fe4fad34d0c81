/**
 * The FNV-1a hash of 32 bits. It gives a long value a short name. It is no protection against forgery.
 * @param start the standard offset, or the hash of the bytes before
 */
export function fnv1a(bytes: Uint8Array, start = 0x811c9dc5): number {
  let hash = start;
  // On the boards' engine a loop by index takes two thirds of the time of an iterator.
  for (let at = 0, { length } = bytes; at < length; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
}

/** Formats 32 bits as 8 hexadecimal digits. */
export function hexWord(word: number): string {
  return word.toString(16).padStart(8, "0");
}
