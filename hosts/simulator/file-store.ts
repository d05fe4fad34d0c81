import { Directory, File, Iterator } from "file";
import type { Store } from "../../src/seams.ts";

/** No key contains a dot, so no record has this ending. */
const TEMPORARY = ".tmp";

/**
 * A store with one file for each record. It writes a record into a temporary file and renames that file. So a simulator
 * that is killed leaves the former record or the new one. The SDK's files have no fsync, so a power cut of the computer
 * can lose records.
 */
export class FileStore implements Store {
  /** How long each write takes, in milliseconds. With it the store is as slow as a board's flash. */
  writeMs = 0;
  private readonly folder: string;

  /** Makes `folder`. Its parent must exist. Throws if the folder cannot be listed. */
  constructor(folder: string) {
    Directory.create(folder);
    this.folder = folder;
    this.keys().next();
  }

  read(key: string): Uint8Array | undefined {
    const path = this.path(key);
    if (!File.exists(path)) return undefined;
    const file = new File(path);
    try {
      // The SDK throws when it reads a file of length 0.
      return new Uint8Array(file.length === 0 ? new ArrayBuffer(0) : file.read(ArrayBuffer));
    } finally {
      file.close();
    }
  }

  write(key: string, bytes: Uint8Array): void {
    const path = this.path(key);
    const temporary = path + TEMPORARY;
    // Opening a file does not empty it.
    if (File.exists(temporary) && !File.delete(temporary)) throw new Error(`store: ${temporary} cannot be replaced`);
    const file = new File(temporary, true);
    try {
      file.write(bytes.slice().buffer);
    } finally {
      file.close();
    }
    if (!File.rename(temporary, key)) throw new Error(`store: ${temporary} cannot be renamed to ${key}`);
    for (const endMs = Date.now() + this.writeMs; Date.now() < endMs; );
  }

  remove(key: string): void {
    const path = this.path(key);
    if (File.exists(path) && !File.delete(path)) throw new Error(`store: ${path} cannot be removed`);
  }

  *keys(): IterableIterator<string> {
    const entries = new Iterator(this.folder);
    for (let entry = entries.next(); entry; entry = entries.next())
      if (entry.length !== undefined && !entry.name.endsWith(TEMPORARY)) yield entry.name;
  }

  private path(key: string): string {
    if (!/^[a-z0-9-]{1,15}$/.test(key)) throw new Error(`store: ${key} is no key, expected 1 to 15 of a-z 0-9 -`);
    return `${this.folder}/${key}`;
  }
}
