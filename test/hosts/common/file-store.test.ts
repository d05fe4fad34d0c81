import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "../../../hosts/common/file-store.ts";
import { MemoryStore } from "../../../hosts/common/memory-store.ts";
import type { Store } from "../../../src/seams.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fieldpager-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

describe.each<[string, () => Store]>([
  ["FileStore", () => new FileStore(folder)],
  ["MemoryStore", () => new MemoryStore()],
])("%s", (_name, make) => {
  it("returns what was written, and undefined for other keys", () => {
    const store = make();
    expect(store.read("inbox")).toBeUndefined();
    store.write("inbox", bytes(0, 255, 10));
    store.write("empty", bytes());
    expect(store.read("inbox")).toEqual(bytes(0, 255, 10));
    expect(store.read("empty")).toEqual(bytes());
    expect([...store.keys()].sort()).toEqual(["empty", "inbox"]);
  });

  it("replaces and removes", () => {
    const store = make();
    store.write("a-1", bytes(1));
    store.write("a-1", bytes(2, 3));
    expect(store.read("a-1")).toEqual(bytes(2, 3));
    store.remove("a-1");
    store.remove("a-1");
    expect(store.read("a-1")).toBeUndefined();
    expect(store.keys()).toEqual([]);
  });

  it("keeps a copy of what is written, and returns a copy", () => {
    const store = make();
    const mine = bytes(1, 2);
    store.write("a", mine);
    mine[0] = 9;
    const read = store.read("a");
    expect(read).toEqual(bytes(1, 2));
    if (read) read[1] = 9;
    expect(store.read("a")).toEqual(bytes(1, 2));
  });

  it("writes only the bytes of a view", () => {
    const store = make();
    store.write("a", bytes(1, 2, 3, 4).subarray(1, 3));
    expect(store.read("a")).toEqual(bytes(2, 3));
  });
});

describe("FileStore on the disk", () => {
  it("finds its records again", () => {
    new FileStore(folder).write("m-07", bytes(7));
    const again = new FileStore(folder);
    expect(again.keys()).toEqual(["m-07"]);
    expect(again.read("m-07")).toEqual(bytes(7));
  });

  it("keeps the old value if a write was cut short, and removes the half-written file", () => {
    new FileStore(folder).write("inbox", bytes(1, 2, 3));
    // A process that is killed between write and rename leaves such a file.
    writeFileSync(join(folder, "inbox.half"), bytes(9));
    writeFileSync(join(folder, "other.half"), bytes());
    const again = new FileStore(folder);
    expect(again.keys()).toEqual(["inbox"]);
    expect(again.read("inbox")).toEqual(bytes(1, 2, 3));
    expect(readdirSync(folder)).toEqual(["inbox.record"]);
  });

  it("leaves no half-written file when the disk refuses, and keeps the old value", () => {
    const store = new FileStore(folder);
    store.write("a", bytes(1));
    // A folder in the place of the record makes the rename fail.
    mkdirSync(join(folder, "b.record"));
    expect(() => store.write("b", bytes(2))).toThrow();
    expect(store.keys()).toEqual(["a"]);
    expect(readdirSync(folder).sort()).toEqual(["a.record", "b.record"]);
  });

  it.each(["", "Inbox", "../a", "a.b", "0123456789abcdef"])("refuses the key %j", (key) => {
    expect(() => new FileStore(folder).write(key, bytes(1))).toThrow("store key");
  });

  it("makes the folder, and the folders above it", () => {
    const deep = join(folder, "x", "y");
    new FileStore(deep).write("a", bytes(1));
    expect(new FileStore(deep).keys()).toEqual(["a"]);
  });
});
