/** Reads the pictures of a face: the PNG that `npm run faces` makes. */

/** How much of each pixel is covered, 0 to 15. Rows from the top, one byte for each pixel. */
export interface Sheet {
  readonly width: number;
  readonly levels: Uint8Array;
}

const PNG_SIGNATURE_BYTES = 8;

/**
 * Reads a PNG of 8 bits with a palette, not interlaced, whose rows are not filtered. Other PNGs are refused. The palette's
 * place is the coverage.
 */
export async function readSheet(png: Uint8Array): Promise<Sheet> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let width = 0;
  const data: Uint8Array[] = [];
  for (let at = PNG_SIGNATURE_BYTES; at < png.length; ) {
    const length = view.getUint32(at);
    const content = at + 8;
    const type = String.fromCharCode(...png.subarray(at + 4, content));
    if (type === "IHDR") {
      width = view.getUint32(content);
      const format = png.subarray(content + 8, content + 13).join(" ");
      if (format !== "8 3 0 0 0") throw new Error(`face: a PNG of the format ${format}, expected 8 3 0 0 0`);
    }
    if (type === "IDAT") data.push(png.subarray(content, content + length));
    at = content + length + 4;
  }
  const rows = await inflate(data);
  const height = rows.length / (1 + width);
  if (!Number.isInteger(height)) throw new Error(`face: ${rows.length} bytes in rows of ${width}`);
  const levels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const row = y * (1 + width);
    if (rows[row] !== 0) throw new Error(`face: row ${y} is filtered`);
    levels.set(rows.subarray(row + 1, row + 1 + width), y * width);
  }
  return { width, levels };
}

async function inflate(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const packed = new Blob([...parts] as BlobPart[]).stream();
  const plain = packed.pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
