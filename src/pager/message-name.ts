/**
 * What names a message against duplicates (wire format): its sender and `id`, or where there is no `id` its sender and the whole
 * payload. Names are compared as a whole; a fingerprint of 64 bits only finds those that may be the same.
 */
import { fnv1a, hexWord } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { Farewell, InboxMessage } from "./inbox-message.ts";

/** The fingerprint of a name, as 16 hexadecimal digits: two FNV-1a of 32 bits with different starts. */
export function messageFingerprint(sender: string, id: string | undefined, payload: Uint8Array): string {
  const senderBytes = encodeUtf8(`${id === undefined ? "p" : "i"}${sender}\0`);
  const rest = id === undefined ? payload : encodeUtf8(id);
  return fingerprintOfWords(fnv1a(rest, fnv1a(senderBytes)), fnv1a(rest, fnv1a(senderBytes, 0x9747b28c)));
}

/** The two words of a fingerprint. */
export function fingerprintWords(fingerprint: string): readonly [number, number] {
  return [Number.parseInt(fingerprint.slice(0, 8), 16) >>> 0, Number.parseInt(fingerprint.slice(8), 16) >>> 0];
}

/** The fingerprint of two words. */
export function fingerprintOfWords(high: number, low: number): string {
  return hexWord(high) + hexWord(low);
}

/** What of a message its name is made of. */
export type Named = Pick<InboxMessage | Farewell, "fingerprint" | "sender" | "id">;

/**
 * A name as a whole, as it outlasts the message: fingerprint, sender, `id`. Of a payload without an `id` the fingerprint stands
 * in the place of what is no longer kept.
 */
export function wholeName({ fingerprint, sender, id }: Named): string {
  // No uid holds a control character.
  return id === undefined ? `${sender}\u0001${fingerprint}` : `${sender}\u0002${id}`;
}

/** Whether both are the same message, with everything of it that is kept. */
export function isSameMessage(a: InboxMessage, b: InboxMessage): boolean {
  return wholeName(a) === wholeName(b) && (a.id !== undefined || hasSameWords(a, b));
}

/** Whether a person could tell one from the other by more than its time. */
export function hasSameWords(a: InboxMessage, b: InboxMessage): boolean {
  return wordsOf(a) === wordsOf(b);
}

function wordsOf({ sender, title, text, priority, collapseKey, choices = [] }: InboxMessage): string {
  return JSON.stringify([sender, title ?? 0, text, priority, collapseKey ?? 0, choices]);
}
