/** Replaces the SDK's storage in NVS. Each entry is a file. The limits are those of NVS. */
import { Directory, File, Iterator as Folder } from "file";
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

const FLASH = "./flash";
const NAME_LENGTH_MAX = 15;

class Storage {
  private readonly folder: string;

  constructor(space: string) {
    if (simulatedBoard().script.flash === "refuses to open") throw new Error("ESP_ERR_NVS_NOT_INITIALIZED");
    if (space.length > NAME_LENGTH_MAX) throw new Error("ESP_ERR_NVS_INVALID_NAME");
    Directory.create(FLASH);
    this.folder = `${FLASH}/${space}`;
    Directory.create(this.folder);
  }

  read(key: string): ArrayBuffer | undefined {
    const path = this.path(key);
    if (!File.exists(path)) return undefined;
    const file = new File(path);
    try {
      return file.read(ArrayBuffer);
    } finally {
      file.close();
    }
  }

  write(key: string, value: Uint8Array): void {
    if (simulatedBoard().script.flash === "refuses to write") throw new Error("ESP_ERR_NVS_NOT_ENOUGH_SPACE");
    if (value.length === 0) throw new Error("ESP_ERR_NVS_INVALID_LENGTH");
    const path = this.path(key);
    if (File.exists(path)) File.delete(path);
    const file = new File(path, true);
    file.write(value.slice().buffer);
    file.close();
  }

  delete(key: string): void {
    const path = this.path(key);
    if (File.exists(path)) File.delete(path);
  }

  *[Symbol.iterator](): IterableIterator<string> {
    const folder = new Folder(this.folder);
    for (let entry = folder.next(); entry; entry = folder.next()) if (entry.length !== undefined) yield entry.name;
  }

  private path(key: string): string {
    if (key.length < 1 || key.length > NAME_LENGTH_MAX) throw new Error("ESP_ERR_NVS_KEY_TOO_LONG");
    return `${this.folder}/${key}`;
  }
}

export type { Storage };

export default Object.freeze({
  open: (options: { path: string; format?: "buffer" }) => new Storage(options.path),
});
