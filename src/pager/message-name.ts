import { fnv1a, hexWord } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";

/**
 * What names a message against duplicates (wire format): its sender and `id`, or where there is no `id` its sender and the
 * whole payload; both hashed to 64 bits (two FNV-1a of 32 bits with different starts), as 16 hexadecimal digits.
 */
export function messageName(sender: string, id: string | undefined, payload: Uint8Array): string {
  const senderBytes = encodeUtf8(`${id === undefined ? "p" : "i"}${sender}\0`);
  const rest = id === undefined ? payload : encodeUtf8(id);
  return hexWord(fnv1a(rest, fnv1a(senderBytes))) + hexWord(fnv1a(rest, fnv1a(senderBytes, 0x9747b28c)));
}
