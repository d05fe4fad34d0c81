/**
 * The name of a message, by which duplicates are recognised (wire format). It is made of the sender and the `id`. A
 * message without an `id` is named by its sender and its whole payload. Whole names decide; a fingerprint of 64 bits
 * only finds candidates.
 */
import { fnv1a, hexWord } from "../fnv.ts";
import { encodeUtf8 } from "../utf8.ts";
import type { InboxMessage, LeftMessage } from "./inbox-message.ts";

/** Makes the fingerprint of a name: 16 hexadecimal digits, two FNV-1a hashes of 32 bits with different starts. */
export function messageFingerprint(sender: string, id: string | undefined, payload: Uint8Array): string {
  const senderBytes = encodeUtf8(`${id === undefined ? "p" : "i"}${sender}\0`);
  const rest = id === undefined ? payload : encodeUtf8(id);
  return fingerprintOfWords(fnv1a(rest, fnv1a(senderBytes)), fnv1a(rest, fnv1a(senderBytes, 0x9747b28c)));
}

/** Splits a fingerprint into two words of 32 bits. */
export function fingerprintWords(fingerprint: string): readonly [number, number] {
  return [Number.parseInt(fingerprint.slice(0, 8), 16) >>> 0, Number.parseInt(fingerprint.slice(8), 16) >>> 0];
}

/** Joins two words of 32 bits to a fingerprint. */
export function fingerprintOfWords(high: number, low: number): string {
  return hexWord(high) + hexWord(low);
}

/** The fields of a message that make up its name. */
export type Named = Pick<InboxMessage | LeftMessage, "fingerprint" | "sender" | "id">;

/**
 * The whole name of a message, which is kept after the message has left: sender and `id`. Without an `id` the payload
 * is no longer kept, so the fingerprint takes its place.
 */
export function wholeName({ fingerprint, sender, id }: Named): string {
  // No uid contains a control character, so these two separate the parts.
  return id === undefined ? `${sender}\u0001${fingerprint}` : `${sender}\u0002${id}`;
}

/** Whether both are the same message. Without an `id`, everything that is kept of the two is compared. */
export function isSameMessage(a: InboxMessage, b: InboxMessage): boolean {
  return wholeName(a) === wholeName(b) && (a.id !== undefined || hasSameWords(a, b));
}

/** Whether a person can tell the two apart by nothing but their time. */
export function hasSameWords(a: InboxMessage, b: InboxMessage): boolean {
  return wordsOf(a) === wordsOf(b);
}

function wordsOf({ sender, title, text, picture, priority, collapseKey, choices = [] }: InboxMessage): string {
  return JSON.stringify([sender, title ?? 0, text, picture ?? 0, priority, collapseKey ?? 0, choices]);
}
