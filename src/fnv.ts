/** FNV-1a of 32 bits: short names for long things, not a protection. @param start the standard's offset, or what went before */
export function fnv1a(bytes: Uint8Array, start = 0x811c9dc5): number {
  let hash = start;
  // An index costs the engine on the boards two thirds of an iterator.
  for (let at = 0, { length } = bytes; at < length; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
}

/** A word of 32 bits as 8 hexadecimal digits. */
export function hexWord(word: number): string {
  return word.toString(16).padStart(8, "0");
}
