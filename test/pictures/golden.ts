/** The pictures in `golden/`, which were looked at by eye. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { encodePng, type Picture } from "../../hosts/moddable/tools/picture.ts";

const FOLDER = new URL("golden/", import.meta.url);

/** Returns undefined if there is no picture of this name. */
export function readGolden(name: string): Picture | undefined {
  const path = new URL(`${name}.png`, FOLDER);
  return existsSync(path) ? decodePng(readFileSync(path)) : undefined;
}

export function goldenNames(): readonly string[] {
  return readdirSync(FOLDER).map((name) => name.replace(/\.png$/, ""));
}

/** Replaces all pictures. A picture whose pixels are the same stays as it is. */
export function renewGolden(pictures: ReadonlyMap<string, Picture>): void {
  for (const name of goldenNames()) if (!pictures.has(name)) rmSync(new URL(`${name}.png`, FOLDER));
  for (const [name, picture] of pictures)
    if (differenceOf(readGolden(name), picture) !== 0)
      writeFileSync(new URL(`${name}.png`, FOLDER), encodePng(picture));
}

/** How many pixels differ. In pictures of different sizes all pixels differ. */
export function differenceOf(a: Picture | undefined, b: Picture): number {
  if (a?.width !== b.width || a.height !== b.height) return b.width * b.height;
  let count = 0;
  for (let at = 0; at < b.rgb.length; at += 3)
    if (a.rgb[at] !== b.rgb[at] || a.rgb[at + 1] !== b.rgb[at + 1] || a.rgb[at + 2] !== b.rgb[at + 2]) count += 1;
  return count;
}

/** Reads what `encodePng` writes. */
export function decodePng(png: Buffer): Picture {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const rows = inflateSync(Buffer.concat(data));
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    const row = y * (1 + 3 * width) + 1;
    rgb.set(rows.subarray(row, row + 3 * width), 3 * width * y);
  }
  return { width, height, rgb };
}
