/**
 * A small JSON file. A change is written to a second file, synced, and renamed over the first. So after a power cut the file holds
 * either its former or its new content.
 */
import { mkdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Only the owner may read these files. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

export class JsonFile<T> {
  readonly path: string;
  #next: T | undefined;
  #running: Promise<void> | undefined;
  /** Of the file as it was last read or written here. */
  #stamp: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether somebody else has written the file since. */
  get isChanged(): boolean {
    return this.#running === undefined && stampOf(statSync(this.path, { throwIfNoEntry: false })) !== this.#stamp;
  }

  /**
   * The content, or undefined where there is no file. Throws where it cannot be read or is no JSON, and as `check` does.
   * @param check gives the content if it is what it should be
   */
  read(check: (content: unknown) => T = (content) => content as T): T | undefined {
    const stamp = stampOf(statSync(this.path, { throwIfNoEntry: false }));
    const content = stamp === undefined ? undefined : check(this.#parse());
    this.#stamp = stamp;
    return content;
  }

  #parse(): unknown {
    try {
      // Some editors begin a file with a byte order mark.
      return JSON.parse(readFileSync(this.path, "utf8").replace(/^\uFEFF/, ""));
    } catch (error) {
      if (error instanceof SyntaxError) throw new Error(`${this.path}: ${error.message}`);
      throw error;
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
      this.#stamp = stampOf(await file.stat());
    } finally {
      await file.close();
    }
    await rename(half, this.path);
    const folder = await open(dirname(this.path), "r");
    await folder.sync().finally(() => folder.close());
  }
}

function stampOf(stats: Stats | undefined): string | undefined {
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
