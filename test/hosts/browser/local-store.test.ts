/// <reference lib="dom" />
import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "../../../hosts/browser/base64.ts";
import { LocalStore, type TextStorage } from "../../../hosts/browser/local-store.ts";

class MemoryStorage implements TextStorage {
  readonly items = new Map<string, string>();
  room = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(name: string): string | null {
    return this.items.get(name) ?? null;
  }

  setItem(name: string, text: string): void {
    if (text.length > this.room) throw new Error("QuotaExceededError");
    this.items.set(name, text);
  }

  removeItem(name: string): void {
    this.items.delete(name);
  }
}

describe("LocalStore", () => {
  it("keeps the records of one uid apart from all others", () => {
    const storage = new MemoryStorage();
    storage.setItem("other", "x");
    const one = new LocalStore(storage, "page-1");
    const two = new LocalStore(storage, "page-1/../page-2");
    one.write("inbox", Uint8Array.from([0, 1, 254, 255]));
    two.write("inbox", Uint8Array.from([]));
    expect(one.read("inbox")).toEqual(Uint8Array.from([0, 1, 254, 255]));
    expect(two.read("inbox")).toEqual(Uint8Array.from([]));
    expect(one.keys()).toEqual(["inbox"]);
    one.remove("inbox");
    one.remove("inbox");
    expect(one.read("inbox")).toBeUndefined();
    expect(two.keys()).toEqual(["inbox"]);
    expect(storage.getItem("other")).toBe("x");
  });

  it("keeps the old value when there is no room", () => {
    const storage = new MemoryStorage();
    const store = new LocalStore(storage, "page-1");
    store.write("a", Uint8Array.from([1]));
    storage.room = 10;
    expect(() => store.write("a", new Uint8Array(100))).toThrow();
    expect(store.read("a")).toEqual(Uint8Array.from([1]));
  });

  it("ignores values that something else wrote", () => {
    const storage = new MemoryStorage();
    storage.setItem("fieldpager/page-1/a", "no base64!");
    expect(new LocalStore(storage, "page-1").read("a")).toBeUndefined();
  });
});

describe("base64", () => {
  it("encodes and decodes every byte", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const length of [0, 1, 2, 3, 255, 256])
      expect(fromBase64(toBase64(bytes.subarray(0, length)))).toEqual(bytes.slice(0, length));
  });
});
