/**
 * PEM as in RFC 7468, without headers and encryption. Line feeds may be missing or be spaces, because settings can come
 * from a command line.
 */
import { decodeBase64, encodeBase64 } from "./base64.ts";

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const DASHES = "-----";

/** Bytes in a line of 64 digits. */
const LINE_BYTES = 48;

/**
 * Returns the bytes of every block with this label, in order. Throws an error that says why if there is none, or if one
 * is damaged.
 */
export function pemBlocks(text: string, label: string): Uint8Array<ArrayBuffer>[] {
  const begin = `${BEGIN}${label}${DASHES}`;
  const end = `${END}${label}${DASHES}`;
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at)) {
    const from = at + begin.length;
    at = text.indexOf(end, from);
    if (at < 0) throw new Error(`PEM: ${label} ${blocks.length + 1} has no end`);
    const block = decodeBase64(text, from, at, `PEM: ${label}`);
    if (block.length === 0) throw new Error(`PEM: ${label} is empty`);
    blocks.push(block);
  }
  if (blocks.length === 0) throw new Error(`PEM: no ${begin} in it`);
  return blocks;
}

/** Returns one block with this label, in lines of 64 characters. */
export function pemOf(bytes: Uint8Array, label: string): string {
  let text = `${BEGIN}${label}${DASHES}\n`;
  for (let at = 0; at < bytes.length; at += LINE_BYTES)
    text += `${encodeBase64(bytes.subarray(at, at + LINE_BYTES))}\n`;
  return `${text}${END}${label}${DASHES}\n`;
}
