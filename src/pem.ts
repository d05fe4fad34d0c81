/**
 * PEM as in RFC 7468, without headers and encryption. Line feeds may be missing or be spaces, because settings can come
 * from a command line.
 */

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const DASHES = "-----";

/** Bytes in a line of 64 digits. */
const LINE_BYTES = 48;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
    blocks.push(decodeBase64(text, from, at, label));
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

function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | (second << 8) | third;
    for (let digit = 0; digit < 4; digit += 1)
      text += at + digit > bytes.length ? "=" : DIGITS.charAt((bits >> (18 - 6 * digit)) & 63);
  }
  return text;
}

function decodeBase64(text: string, from: number, to: number, label: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(((to - from) * 3) / 4));
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x3d || code <= 0x20) continue;
    bits = ((bits << 6) | sixBits(code, label)) & 0xfff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[length] = bits >> bitCount;
    length += 1;
  }
  if (length === 0) throw new Error(`PEM: ${label} is empty`);
  return bytes.slice(0, length);
}

function sixBits(code: number, label: string): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
  if (code === 0x2b) return 62;
  if (code === 0x2f) return 63;
  throw new Error(`PEM: ${label} holds ${JSON.stringify(String.fromCharCode(code))}, expected base64`);
}
