import { fnv1a, hexWord } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";

/**
 * What names a message against duplicates (wire format): its sender and `id`, or where there is no `id` its sender and the
 * whole payload; both hashed to 64 bits (two FNV-1a of 32 bits with different starts), as 16 hexadecimal digits.
 */
export function messageName(sender: string, id: string | undefined, payload: Uint8Array): string {
  const senderBytes = encodeUtf8(`${id === undefined ? "p" : "i"}${sender}\0`);
  const rest = id === undefined ? payload : encodeUtf8(id);
  return wordsName(fnv1a(rest, fnv1a(senderBytes)), fnv1a(rest, fnv1a(senderBytes, 0x9747b28c)));
}

/** The two words of a name. */
export function nameWords(name: string): readonly [number, number] {
  return [Number.parseInt(name.slice(0, 8), 16), Number.parseInt(name.slice(8), 16)];
}

/** The name of two words. */
export function wordsName(high: number, low: number): string {
  return hexWord(high) + hexWord(low);
}
