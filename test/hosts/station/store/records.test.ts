import { expect, it } from "vitest";
import { Records } from "../../../../hosts/station/store/records.ts";

/** A store that counts what is read of it, and refuses to write on demand. */
class CountingStore {
  readonly kept = new Map<string, Uint8Array>();
  reads = 0;
  isFull = false;

  get(key: string): Uint8Array | undefined {
    this.reads += 1;
    return this.kept.get(key);
  }

  async write(change: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
    if (this.isFull) throw new Error("full");
    for (const [key, bytes] of change)
      if (bytes) this.kept.set(key, bytes);
      else this.kept.delete(key);
  }
}

it("reads a record from the disk once, and knows what is written from then on", async () => {
  const store = new CountingStore();
  store.kept.set("a", Buffer.from('{"x":1}'));
  const records = new Records(store as never);
  expect([records.get("a"), records.get("a"), records.get("b"), records.get("b")]).toEqual([
    { x: 1 },
    { x: 1 },
    undefined,
    undefined,
  ]);
  expect(store.reads).toBe(2);
  const writing = records.write([{ key: "b", value: { y: 2 } }, { key: "a" }]);
  expect([records.get("a"), records.get("b")]).toEqual([undefined, { y: 2 }]);
  await writing;
  expect([records.get("a"), records.get("b"), store.reads]).toEqual([undefined, { y: 2 }, 2]);
});

it("has the former value again where the disk refuses the new one", async () => {
  const store = new CountingStore();
  const records = new Records(store as never);
  await records.write([{ key: "a", value: 1 }]);
  store.isFull = true;
  await expect(records.write([{ key: "a", value: 2 }])).rejects.toThrow("full");
  expect([records.get("a"), new Records(store as never).get("a")]).toEqual([1, 1]);
});
