/** The firmware images that the station serves: files in a folder, made by `npm run release`. */
import { createReadStream, type ReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { decodeImageHeader, IMAGE_HEADER_BYTES } from "../../../src/update/image.ts";
import { formatVersion } from "../../../src/update/version.ts";
import type { FirmwareImage } from "../shared/update.ts";

const ENDING = ".fpui";

export class ImageFolder {
  readonly #path: string;

  /** @param path may not exist; then there are no images */
  constructor(path: string) {
    this.#path = path;
  }

  /** By name. Files that are no images, or not whole, are left out. */
  async list(): Promise<readonly FirmwareImage[]> {
    const names = await readdir(this.#path).catch(() => []);
    const images = await Promise.all(names.filter((name) => name.endsWith(ENDING)).map((name) => this.#read(name)));
    return images.filter((image) => image !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Reads the file of an image of the list, from this byte on. */
  read({ name }: FirmwareImage, from: number): ReadStream {
    return createReadStream(join(this.#path, name), { start: from });
  }

  async #read(name: string): Promise<FirmwareImage | undefined> {
    const file = await open(join(this.#path, name)).catch(() => undefined);
    if (!file) return undefined;
    try {
      const header = new Uint8Array(IMAGE_HEADER_BYTES);
      await file.read(header, 0, IMAGE_HEADER_BYTES, 0);
      const { board, version, length } = decodeImageHeader(header);
      const bytes = (await file.stat()).size;
      return bytes === IMAGE_HEADER_BYTES + length
        ? { name, board, version: formatVersion(version), bytes }
        : undefined;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }
}
