import qrcode from "qrcode-generator";
import type { QrCode } from "../../src/seams.ts";

/**
 * The QR code of a text with medium error correction, or with the lowest where the text is too long for that. undefined where
 * it is too long for any.
 */
export function makeQrCode(text: string): QrCode | undefined {
  // Capital letters and digits take less room in a mode of their own.
  const mode = /^[0-9A-Z $%*+./:-]*$/.test(text) ? "Alphanumeric" : "Byte";
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  for (const level of ["M", "L"] as const) {
    const code = qrcode(0, level);
    code.addData(bytes, mode);
    try {
      code.make();
    } catch {
      continue;
    }
    return packed(code);
  }
  return undefined;
}

function packed(code: ReturnType<typeof qrcode>): QrCode {
  const size = code.getModuleCount();
  const rowBytes = Math.ceil(size / 8);
  const bits = new Uint8Array(rowBytes * size);
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      const at = row * rowBytes + (column >> 3);
      if (code.isDark(row, column)) bits[at] = (bits[at] as number) | (0x80 >> (column & 7));
    }
  return { size, bits };
}
