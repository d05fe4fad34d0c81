import type { Store } from "../../src/seams.ts";
import { fromBase64, toBase64 } from "./base64.ts";

/** The part of `localStorage` that a store needs. A test can lend another one. */
export type TextStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/**
 * Records in the page's storage, each under `fieldpager/<uid>/<key>` as base64. The browser replaces an item as a whole, or refuses it
 * as a whole. It chooses when an item reaches the disk. So after a power cut, unlike on the other hosts, the last seconds may be
 * missing.
 */
export class LocalStore implements Store {
  readonly #storage: TextStorage;
  readonly #prefix: string;

  constructor(storage: TextStorage, uid: string) {
    this.#storage = storage;
    this.#prefix = `fieldpager/${encodeURIComponent(uid)}/`;
  }

  read(key: string): Uint8Array | undefined {
    const text = this.#storage.getItem(this.#prefix + key);
    return text === null ? undefined : fromBase64(text);
  }

  write(key: string, bytes: Uint8Array): void {
    this.#storage.setItem(this.#prefix + key, toBase64(bytes));
  }

  remove(key: string): void {
    this.#storage.removeItem(this.#prefix + key);
  }

  keys(): readonly string[] {
    const keys: string[] = [];
    for (let index = 0; index < this.#storage.length; index += 1) {
      const name = this.#storage.key(index);
      if (name?.startsWith(this.#prefix)) keys.push(name.slice(this.#prefix.length));
    }
    return keys;
  }
}
