/** Bytes as text in 64 digits (RFC 4648). */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | (second << 8) | third;
    for (let digit = 0; digit < 4; digit += 1)
      text += at + digit > bytes.length ? "=" : DIGITS.charAt((bits >> (18 - 6 * digit)) & 63);
  }
  return text;
}

/**
 * Returns the bytes of `text[from, to)`. Blanks and padding may stand anywhere. Throws an error that begins with `what` where another
 * character stands.
 */
export function decodeBase64(text: string, from: number, to: number, what: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil(((to - from) * 3) / 4));
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x3d || code <= 0x20) continue;
    bits = ((bits << 6) | sixBits(code, what)) & 0xfff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[length] = bits >> bitCount;
    length += 1;
  }
  return bytes.slice(0, length);
}

function sixBits(code: number, what: string): number {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41;
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
  if (code === 0x2b) return 62;
  if (code === 0x2f) return 63;
  throw new Error(`${what} holds ${JSON.stringify(String.fromCharCode(code))}, expected base64`);
}
