/**
 * Records as files, each named after its key. To replace a record, a second file is written and synced, renamed over the first, and the
 * folder is synced. So after a power cut or `kill -9` a record holds either its former or its new bytes, never a part of them.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Store } from "../../src/seams.ts";

const RECORD_SUFFIX = ".record";
const HALF_WRITTEN_SUFFIX = ".half";
const KEY = /^[a-z0-9-]{1,15}$/;

export class FileStore implements Store {
  readonly #folder: string;
  /** Keys of the records on disk, so that `keys()` reads no folder. */
  readonly #keys = new Set<string>();

  /** Opens or creates the folder. Removes half-written files of a crash. Throws if the folder cannot be used. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (name.endsWith(HALF_WRITTEN_SUFFIX)) rmSync(join(folder, name), { force: true });
      else if (name.endsWith(RECORD_SUFFIX)) this.#keys.add(name.slice(0, -RECORD_SUFFIX.length));
    }
  }

  read(key: string): Uint8Array | undefined {
    if (!this.#keys.has(key)) return undefined;
    // The bytes are copied: readFileSync may give a view of a shared pool.
    return new Uint8Array(readFileSync(this.#path(key)));
  }

  write(key: string, bytes: Uint8Array): void {
    if (!KEY.test(key)) throw new Error(`store key ${JSON.stringify(key)}: expected 1 to 15 characters of a-z 0-9 -`);
    const halfWritten = join(this.#folder, key + HALF_WRITTEN_SUFFIX);
    try {
      const file = openSync(halfWritten, "w");
      try {
        writeFileSync(file, bytes);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(halfWritten, this.#path(key));
    } catch (error) {
      rmSync(halfWritten, { force: true });
      throw error;
    }
    this.#keys.add(key);
    this.#syncFolder();
  }

  remove(key: string): void {
    if (!this.#keys.has(key)) return;
    rmSync(this.#path(key), { force: true });
    this.#keys.delete(key);
    this.#syncFolder();
  }

  keys(): readonly string[] {
    return [...this.#keys];
  }

  #path(key: string): string {
    return join(this.#folder, key + RECORD_SUFFIX);
  }

  /** Syncs the folder: a rename is only durable after that. Windows cannot open a folder, and has its own journal for it. */
  #syncFolder(): void {
    if (process.platform === "win32") return;
    const folder = openSync(this.#folder, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}
