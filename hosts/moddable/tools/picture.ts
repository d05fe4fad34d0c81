/** A picture of the simulated screen. It is read from the launcher's PPM and written as PNG. */
import { deflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Three bytes for each pixel, red first, rows from the top. */
  readonly rgb: Uint8Array;
}

/** Reads a binary PPM with 8 bits for each channel and without comments, as the launcher writes it. */
export function parsePpm(bytes: Uint8Array): Picture {
  const head = /^P6\n(\d+) (\d+)\n255\n/.exec(Buffer.from(bytes.subarray(0, 64)).toString("latin1"));
  if (!head) throw new Error("picture: not a PPM of the launcher");
  const width = Number(head[1]);
  const height = Number(head[2]);
  const rgb = bytes.subarray(head[0].length);
  if (rgb.length !== 3 * width * height) throw new Error(`picture: ${rgb.length} bytes for ${width} by ${height}`);
  return { width, height, rgb };
}

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG, 8-bit RGB, not interlaced (W3C PNG specification, sections 5 and 11.2). */
export function encodePng({ width, height, rgb }: Picture): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1)
    rows.set(rgb.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([PNG_SIGNATURE, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

/** A chunk of a PNG: length, type, data, checksum. */
export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(4 + body.length + 4);
  frame.writeUInt32BE(data.length, 0);
  frame.set(body, 4);
  frame.writeUInt32BE(crc32(body), 4 + body.length);
  return frame;
}

/**
 * The checksum of PNG and zip (W3C PNG specification, annex D). The oldest Node that is supported has no function for
 * it.
 */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}
