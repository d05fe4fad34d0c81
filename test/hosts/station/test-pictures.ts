import { crc32 } from "node:zlib";
import sharp from "sharp";

/** A picture in PNG, all of it red, as bytes of a request. */
export async function redDot(width = 8, height = 8): Promise<Uint8Array<ArrayBuffer>> {
  const background = { r: 220, g: 20, b: 30 };
  return Uint8Array.from(
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}

/** A PNG of a few bytes that says that it is huge. */
export function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", head),
    chunk("IDAT", Buffer.from([120, 156])),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
