/** The picture of a message on the store: pieces in order, damage, power cuts, a store that refuses. */
import { describe, expect, it } from "vitest";
import { PictureStore } from "../../src/pager/picture-store.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { PowerCut, PowerCutStore } from "../simulation/power-cut-store.ts";

const [ANN, BOB] = ["0123456789abcdef", "fedcba9876543210"];
const piece = (number: number, bytes = 100) => new Uint8Array(bytes).fill(number);
const keysOf = (store: MemoryStore) => [...store.records.keys()].filter((key) => key.startsWith("pic-"));

function filled(store = new MemoryStore(), count = 3): PictureStore {
  const pictures = new PictureStore(store);
  for (let number = 0; number < count; number += 1) pictures.put(ANN, piece(number));
  return pictures;
}

describe("a picture on the store", () => {
  it("comes back as it was, also at the next start", () => {
    const store = new MemoryStore();
    for (const pictures of [filled(store), new PictureStore(store)]) {
      expect([pictures.name, pictures.count]).toEqual([ANN, 3]);
      expect([0, 1, 2, 3].map((number) => pictures.find(number))).toEqual([piece(0), piece(1), piece(2), undefined]);
    }
  });

  it("gives way to another one, as a whole", () => {
    const store = new MemoryStore();
    const pictures = filled(store);
    pictures.put(BOB, piece(7));
    for (const each of [pictures, new PictureStore(store)]) expect([each.name, each.count]).toEqual([BOB, 1]);
    expect(keysOf(store)).toEqual(["pic-0"]);
  });

  it("leaves when something else needs the room, once", () => {
    const store = new MemoryStore();
    const pictures = filled(store);
    expect([pictures.clear(), pictures.clear()]).toEqual([true, false]);
    expect([pictures.name, pictures.count, keysOf(store)]).toEqual(["", 0, []]);
  });

  it.each([
    ["another version", 1, Uint8Array.of(9, ...new Uint8Array(30))],
    ["no bytes", 1, new Uint8Array(0)],
    ["half a name", 1, Uint8Array.of(1, 0x30, 0x31)],
    ["a name that is no text", 1, Uint8Array.of(1, ...new Uint8Array(30).fill(0xff))],
  ])("is kept as far as it can be read: %s", (_, number, bytes) => {
    const store = new MemoryStore();
    filled(store);
    store.records.set(`pic-${number}`, bytes);
    const pictures = new PictureStore(store);
    expect([pictures.name, pictures.count]).toEqual([ANN, 1]);
    pictures.put(ANN, piece(8));
    expect(pictures.find(1)).toEqual(piece(8));
  });

  it("survives a power cut at any write or removal with its first pieces, and never mixed with another one", () => {
    for (let cut = 1; cut < 12; cut += 1) {
      const store = PowerCutStore.empty(seededRandom(cut));
      const pictures = new PictureStore(store);
      store.cutAtWrite(cut);
      try {
        for (const number of [0, 1, 2]) pictures.put(ANN, piece(number));
        for (const number of [5, 6]) pictures.put(BOB, piece(number));
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      const next = new PictureStore(store.reborn());
      const first = next.name === ANN ? 0 : 5;
      for (let number = 0; number < next.count; number += 1) expect(next.find(number)).toEqual(piece(first + number));
    }
  });

  it("is lost where the store refuses, and the former pieces stay", () => {
    const store = new MemoryStore();
    const pictures = filled(store);
    store.isFailing = true;
    expect(() => pictures.put(ANN, piece(3))).toThrow("flash is full");
    store.isFailing = false;
    expect([pictures.count, pictures.find(2)]).toEqual([3, piece(2)]);
  });
});
