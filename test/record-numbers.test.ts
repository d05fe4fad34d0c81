import { describe, expect, it } from "vitest";
import { recordNumbers } from "../src/record-numbers.ts";
import { MemoryStore } from "./memory-store.ts";
import { seededRandom } from "./random.ts";

function storeOf(numbers: readonly number[], prefix = "m-"): MemoryStore {
  const store = new MemoryStore();
  for (const number of numbers) store.write(prefix + number.toString(36), new Uint8Array(1));
  return store;
}

describe("the numbers of records", () => {
  it("are none in an empty store, and leave out other records", () => {
    expect([...recordNumbers(new MemoryStore(), "m-")]).toEqual([]);
    expect([...recordNumbers(storeOf([3, 4], "s-"), "m-")]).toEqual([]);
  });

  it("ascend, whatever the order of the keys", () => {
    const random = seededRandom(7);
    const numbers = Array.from({ length: 200 }, () => Math.floor(random() * 2 ** 32));
    const ascending = [...new Set(numbers)].sort((a, b) => a - b);
    expect([...recordNumbers(storeOf(numbers), "m-")]).toEqual(ascending);
    expect([...recordNumbers(storeOf([...ascending].reverse()), "m-")]).toEqual(ascending);
  });

  it("are found without the sort of a typed array, which hangs on an ESP32", () => {
    const { sort } = Uint32Array.prototype;
    Uint32Array.prototype.sort = () => {
      throw new Error("not on an ESP32");
    };
    try {
      expect([...recordNumbers(new MemoryStore(), "m-")]).toEqual([]);
    } finally {
      Uint32Array.prototype.sort = sort;
    }
  });
});
