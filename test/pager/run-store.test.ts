/** Pictures of text on the store: recency, bounds, damage, power cuts, a store that refuses. */
import { describe, expect, it } from "vitest";
import { RUN_RECORDS_BYTES_MAX, RUN_RECORDS_MAX } from "../../src/limits.ts";
import { RunStore } from "../../src/pager/run-store.ts";
import { unpackRows } from "../../src/pager/screen/run-picture.ts";
import { runHash } from "../../src/pager/screen/runs.ts";
import { encodePicture } from "../../src/payload/optional/raster.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { PowerCut, PowerCutStore } from "../simulation/power-cut-store.ts";

const SIZE = 16;

/** Each has another advance. */
function picture(advance: number, pixels = 8): Uint8Array {
  const levels = new Uint8Array(pixels * pixels).map((_, at) => (at % 14) + 1);
  return encodePicture({ advance, left: 0, top: 0, width: pixels, height: pixels, levels });
}

const hashOf = (size: number, text: string) => runHash(size, text, 0, text.length);
const word = (number: number) => `word${number}`;
const put = (runs: RunStore, number: number, pixels = 8) =>
  runs.put(hashOf(SIZE, word(number)), SIZE, word(number), picture(10 + (number % 200), pixels));
const find = (runs: RunStore, number: number) => runs.find(hashOf(SIZE, word(number)), SIZE, word(number));
const advance = (runs: RunStore, number: number) => runs.advanceOf(hashOf(SIZE, word(number)));
const pictureKeys = (store: MemoryStore) => [...store.records.keys()].filter((key) => key.startsWith("run-"));

describe("pictures on the store", () => {
  it("come back as they were, also at the next start", () => {
    const store = new MemoryStore();
    const runs = new RunStore(store);
    for (const number of [1, 2, 3]) expect(put(runs, number)).toBe(true);
    for (const each of [runs, new RunStore(store)]) {
      expect([advance(each, 1), advance(each, 2), advance(each, 4)]).toEqual([11, 12, 0]);
      expect(find(each, 2)).toEqual(picture(12));
      expect(find(each, 4)).toBeUndefined();
    }
  });

  it("belong to their text and size, and another text with the same hash has none", () => {
    const runs = new RunStore(new MemoryStore());
    runs.put(7, SIZE, "ab", picture(20));
    expect(runs.find(7, SIZE, "ba")).toBeUndefined();
    expect(runs.find(7, SIZE, "ab")).toEqual(picture(20));
    expect(hashOf(16, "ab")).not.toBe(hashOf(20, "ab"));
  });

  it("leave in the order of their last use, those that were not used since the start before them", () => {
    const store = new MemoryStore();
    const runs = new RunStore(store);
    for (let number = 0; number < RUN_RECORDS_MAX; number += 1) put(runs, number);
    runs.beginScreen();
    for (const number of [0, 5]) find(runs, number);
    runs.beginScreen();
    put(runs, 1_000);
    put(runs, 1_001);
    // The first one, and number 5, were used since.
    expect([0, 1, 2, 3, 4, 5].filter((number) => advance(runs, number) > 0)).toEqual([0, 3, 4, 5]);
    const next = new RunStore(store);
    for (const number of [3, 7]) find(next, number);
    next.beginScreen();
    for (let number = 2_000; number < 2_000 + RUN_RECORDS_MAX - 2; number += 1) put(next, number);
    expect([0, 3, 4, 5, 6, 7].filter((number) => advance(next, number) > 0)).toEqual([3, 7]);
    expect(next.length).toBe(RUN_RECORDS_MAX);
    expect(pictureKeys(store)).toHaveLength(RUN_RECORDS_MAX);
  });

  it("take no more flash than they may", () => {
    const store = new MemoryStore();
    const runs = new RunStore(store);
    for (let number = 0; number < 200; number += 1) put(runs, number, 20);
    const bytes = pictureKeys(store).reduce((sum, key) => sum + 64 + (store.records.get(key)?.length ?? 0), 0);
    expect(bytes).toBeLessThanOrEqual(RUN_RECORDS_BYTES_MAX);
    expect(runs.length).toBeGreaterThan(50);
  });

  it("do not leave while they are on the screen", () => {
    const runs = new RunStore(new MemoryStore());
    for (let number = 0; number < RUN_RECORDS_MAX; number += 1) put(runs, number);
    runs.beginScreen();
    for (let number = 0; number < RUN_RECORDS_MAX; number += 1) find(runs, number);
    expect(put(runs, 1_000)).toBe(false);
    runs.beginScreen();
    expect(put(runs, 1_000)).toBe(true);
  });

  it("are none where a record is damaged at any byte, and nothing else is lost", () => {
    const store = new MemoryStore();
    const runs = new RunStore(store);
    for (const number of [1, 2, 3]) put(runs, number);
    for (const key of store.keys()) {
      const whole = store.records.get(key) as Uint8Array;
      for (let at = 0; at <= whole.length; at += 1) {
        for (const change of [1, 0x80, 0xff]) {
          const damaged = new MemoryStore();
          for (const [name, record] of store.records) damaged.records.set(name, record);
          const bytes = at === whole.length ? whole.subarray(0, at >> 1) : whole.slice();
          if (at < whole.length) bytes[at] = (bytes[at] as number) ^ change;
          damaged.records.set(key, bytes);
          const next = new RunStore(damaged);
          for (const number of [1, 2, 3]) {
            const found = find(next, number);
            if (key === `run-${hashOf(SIZE, word(number)).toString(36)}`) {
              // Some changes only make it another picture.
              if (found) expect(() => unpackRows(found, 0, 0, 26, new Uint8Array(26 * 128), 0)).not.toThrow();
            } else expect(found, `${key} byte ${at}`).toEqual(picture(10 + number));
          }
          expect(put(next, 4)).toBe(true);
        }
      }
    }
  });

  it("are whole or not there after a power cut at any write", () => {
    const act = (store: PowerCutStore) => {
      const runs = new RunStore(store);
      for (let round = 0; round < 3; round += 1) {
        for (let number = 0; number < 70; number += 1) put(runs, 70 * round + number);
      }
    };
    for (let cut = 1; cut <= 60; cut += 1) {
      const store = PowerCutStore.empty(seededRandom(cut));
      store.cutAtWrite(7 * cut);
      try {
        act(store);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      const next = new RunStore(store.reborn());
      let count = 0;
      for (let number = 0; number < 210; number += 1) {
        const found = find(next, number);
        if (found) expect(found).toEqual(picture(10 + (number % 200)));
        if (found) count += 1;
      }
      expect(count).toBe(next.length);
      expect(count).toBeLessThanOrEqual(RUN_RECORDS_MAX);
      expect(count).toBeGreaterThanOrEqual(Math.min(7 * cut, 70) - 2);
    }
  });

  it("give way to others, and a store that refuses is no harm", () => {
    const store = new MemoryStore();
    const runs = new RunStore(store);
    for (let number = 0; number < 9; number += 1) put(runs, number);
    expect(runs.makeRoom()).toBe(true);
    expect(runs.length).toBe(4);
    expect(advance(runs, 0)).toBe(0);
    while (runs.makeRoom());
    expect(runs.length).toBe(0);
    put(runs, 1);
    store.isFailing = true;
    expect(runs.makeRoom()).toBe(false);
    expect(() => put(runs, 2)).toThrow("flash is full");
    store.isFailing = false;
    expect(find(runs, 1)).toEqual(picture(11));
    expect(put(runs, 2)).toBe(true);
  });
});
