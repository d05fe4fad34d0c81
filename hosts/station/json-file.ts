/**
 * A small JSON file. A change is written to a second file, synced, and renamed over the first. So after a power cut the file holds
 * either its former or its new content.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Only the owner may read these files. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

export class JsonFile<T> {
  readonly path: string;
  #next: T | undefined;
  #running: Promise<void> | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The content, or undefined where there is no file. Throws where it cannot be read or is no JSON. */
  read(): T | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new Error(`${this.path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Resolves when `value` or a later one is on disk. Of the values that come while the disk is busy only the last is written. */
  async write(value: T): Promise<void> {
    this.#next = value;
    // The write that is running may hold an older value; the one after it does not.
    if (this.#running) await this.#running.catch(() => {});
    this.#running ??= this.#replace().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #replace(): Promise<void> {
    const value = this.#next;
    mkdirSync(dirname(this.path), { recursive: true, mode: FOLDER_MODE });
    const half = `${this.path}.half`;
    const file = await open(half, "w", FILE_MODE);
    try {
      await file.writeFile(`${JSON.stringify(value, undefined, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(half, this.path);
    const folder = await open(dirname(this.path), "r");
    await folder.sync().finally(() => folder.close());
  }
}
