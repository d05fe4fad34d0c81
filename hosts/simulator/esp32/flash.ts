/**
 * Replaces the SDK's access to partitions of the flash. Each partition is a file; what the file does not hold is erased flash. The slots
 * for the program are as large as a test needs.
 */
import { Directory, File } from "file";
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

const FLASH = "./flash";
const BLOCK_BYTES = 4_096;
const BLOCKS: Readonly<Record<string, number>> = Object.freeze({ setup: 6, otadata: 2, ota_0: 32, ota_1: 32 });
const ERASED = 0xff;

class Flash {
  private readonly path: string;
  private readonly blocks: number;

  constructor(name: string) {
    const blocks = BLOCKS[name];
    if (blocks === undefined) throw new Error("can't find partition");
    Directory.create(FLASH);
    this.path = `${FLASH}/${name}.partition`;
    this.blocks = blocks;
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer {
    if (byteOffset + byteLength > this.blocks * BLOCK_BYTES) throw new Error("read failed");
    const bytes = new Uint8Array(byteLength).fill(ERASED);
    if (!File.exists(this.path)) return bytes.buffer;
    const file = new File(this.path);
    const length = Math.min(byteLength, file.length - byteOffset);
    if (length > 0) {
      file.position = byteOffset;
      bytes.set(new Uint8Array(file.read(ArrayBuffer, length)));
    }
    file.close();
    return bytes.buffer;
  }

  eraseBlock(start: number, end = start + 1): void {
    if (start < 0 || end > this.blocks) throw new Error("erase failed");
    if (end - start === this.blocks) {
      if (File.exists(this.path)) File.delete(this.path);
      return;
    }
    const erased = new Uint8Array(BLOCK_BYTES).fill(ERASED);
    for (let block = start; block < end; block += 1) this.put(erased, block * BLOCK_BYTES);
  }

  write(bytes: Uint8Array, byteOffset: number): void {
    // Flash can only clear bits.
    const former = new Uint8Array(this.read(bytes.length, byteOffset));
    this.put(
      former.map((byte, at) => byte & (bytes[at] as number)),
      byteOffset,
    );
  }

  status(): { size: number; blockLength: number; blocks: number } {
    return { size: this.blocks * BLOCK_BYTES, blockLength: BLOCK_BYTES, blocks: this.blocks };
  }

  private put(bytes: Uint8Array<ArrayBuffer>, byteOffset: number): void {
    const file = new File(this.path, true);
    // A gap would be filled up with zeros.
    for (file.position = file.length; file.length < byteOffset; ) file.write(Uint8Array.of(ERASED).buffer);
    file.position = byteOffset;
    file.write(bytes.buffer);
    file.close();
  }
}

export type { Flash };

export default Object.freeze({
  open({ path }: { path: string; mode?: string; format?: string }): Flash {
    return new Flash(path === "nextota" ? `ota_${1 - simulatedBoard().runningSlot}` : path);
  },
});
