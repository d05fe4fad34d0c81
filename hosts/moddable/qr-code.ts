import SdkQrCode from "qrcode";
import type { QrCode } from "../../src/seams.ts";

/** The SDK's QR code of a text, with medium error correction. undefined where it is too long. */
export function makeQrCode(text: string): QrCode | undefined {
  let modules: ReturnType<typeof SdkQrCode>;
  try {
    modules = SdkQrCode({ input: text });
  } catch {
    return undefined;
  }
  const { size } = modules;
  const isDark = new Uint8Array(modules);
  const rowBytes = (size + 7) >> 3;
  const bits = new Uint8Array(rowBytes * size);
  for (let at = 0, row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1, at += 1)
      if (isDark[at]) {
        const byte = row * rowBytes + (column >> 3);
        bits[byte] = (bits[byte] as number) | (0x80 >> (column & 7));
      }
  return { size, bits };
}
