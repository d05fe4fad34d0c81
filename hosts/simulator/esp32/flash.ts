/** Replaces the SDK's access to partitions of the flash. Each partition is a file; one that is not there is erased flash. */
import { Directory, File } from "file";

const FLASH = "./flash";
const BLOCK_BYTES = 4_096;
/** Of the partition `setup`, the only one that is used. */
const BLOCKS = 6;
const ERASED = 0xff;

class Flash {
  private readonly path: string;

  constructor(name: string) {
    if (name !== "setup") throw new Error("can't find partition");
    Directory.create(FLASH);
    this.path = `${FLASH}/${name}.partition`;
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer {
    if (byteOffset + byteLength > BLOCKS * BLOCK_BYTES) throw new Error("read failed");
    const bytes = new Uint8Array(byteLength).fill(ERASED);
    if (!File.exists(this.path)) return bytes.buffer;
    const file = new File(this.path);
    const all = new Uint8Array(file.read(ArrayBuffer));
    file.close();
    bytes.set(all.subarray(byteOffset, byteOffset + byteLength));
    return bytes.buffer;
  }

  eraseBlock(start: number, end: number): void {
    if (start !== 0 || end !== BLOCKS) throw new Error("erase failed");
    if (File.exists(this.path)) File.delete(this.path);
  }

  status(): { size: number; blockLength: number; blocks: number } {
    return { size: BLOCKS * BLOCK_BYTES, blockLength: BLOCK_BYTES, blocks: BLOCKS };
  }
}

export type { Flash };

export default Object.freeze({ open: (options: { path: string }) => new Flash(options.path) });
