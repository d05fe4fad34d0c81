import { describe, expect, it } from "vitest";
import { decodeCopy, encodeCopy, KeptSettings } from "../../src/gateway/kept-settings.ts";
import { KEPT_SETTINGS_BYTES_MAX } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { ofVersion } from "../kept-copies.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { PowerCut, PowerCutStore } from "../simulation/power-cut-store.ts";

const FORMER = { uid: "bay-7", "wifi.password": "grün" };
const NEW = { uid: "bay-8", "broker.port": 1884 };

/** A store whose power fails at the n-th change. It leaves a part of the record, other bytes, or nothing. */
class TearingStore extends MemoryStore {
  cutAt = Number.POSITIVE_INFINITY;
  tear: (bytes: Uint8Array) => Uint8Array | undefined = () => undefined;

  override write(key: string, bytes: Uint8Array): void {
    this.#count(() => {
      const torn = this.tear(bytes);
      if (torn) super.write(key, torn);
      else super.remove(key);
    });
    super.write(key, bytes);
  }

  override remove(key: string): void {
    this.#count(() => {});
    super.remove(key);
  }

  #count(leave: () => void): void {
    this.cutAt -= 1;
    if (this.cutAt !== 0) return;
    leave();
    throw new PowerCut("the power failed");
  }
}

const valuesIn = (store: MemoryStore | PowerCutStore) => {
  const kept = new KeptSettings(store).read();
  return "values" in kept ? kept.values : kept.state;
};

describe("the settings that a device keeps", () => {
  it("are those that were written last", () => {
    const store = new MemoryStore();
    expect(valuesIn(store)).toBe("none");
    for (let count = 0; count < 5; count += 1) {
      new KeptSettings(store).write({ count });
      expect(valuesIn(store)).toEqual({ count });
    }
    expect([...store.keys()].sort()).toEqual(["settings-a", "settings-b"]);
    new KeptSettings(store).erase();
    expect(valuesIn(store)).toBe("none");
  });

  it("are the old or the new ones after a power cut at any write, whatever it leaves of the record", () => {
    const tears: Record<string, (bytes: Uint8Array) => Uint8Array | undefined> = {
      nothing: () => undefined,
      empty: () => new Uint8Array(0),
      erased: (bytes) => new Uint8Array(bytes.length).fill(0xff),
      "one bit": (bytes) => bytes.map((byte, at) => (at === bytes.length - 2 ? byte ^ 4 : byte)),
    };
    const length = encodeCopy(NEW, 2).length;
    for (let part = 1; part < length; part += 1) tears[`${part} bytes`] = (bytes) => bytes.subarray(0, part);
    for (const [name, tear] of Object.entries(tears)) {
      for (const lives of [1, 2, 3]) {
        const store = new TearingStore();
        for (let life = 0; life < lives; life += 1) new KeptSettings(store).write(FORMER);
        store.cutAt = 1;
        store.tear = tear;
        expect(() => new KeptSettings(store).write(NEW)).toThrow(PowerCut);
        expect(valuesIn(store), `${name} after ${lives}`).toEqual(FORMER);
        new KeptSettings(store).write(NEW);
        expect(valuesIn(store)).toEqual(NEW);
      }
    }
  });

  it("are taken over from the single record of the first firmware, even if the power fails at any write", () => {
    for (let cut = 1; cut <= 3; cut += 1)
      for (const random of [0, 0.9]) {
        let store = PowerCutStore.empty(() => random);
        store.write("settings", encodeUtf8(JSON.stringify(FORMER)));
        store.cutAtWrite(cut);
        expect(valuesIn(store)).toEqual(FORMER);
        store = store.reborn();
        expect(valuesIn(store)).toEqual(FORMER);
        expect(store.keys()).toEqual(["settings-a"]);
        new KeptSettings(store).write(NEW);
        expect(valuesIn(store)).toEqual(NEW);
      }
  });

  it("are read from the first firmware's record even if the store refuses writes", () => {
    const store = new MemoryStore();
    store.write("settings", encodeUtf8(JSON.stringify(FORMER)));
    store.isFailing = true;
    expect(valuesIn(store)).toEqual(FORMER);
  });

  it("survive many power cuts at random writes, with a store as on the boards", () => {
    const random = seededRandom(7);
    let store = PowerCutStore.empty(random);
    let [former, next] = [-1, 0];
    for (let life = 0; life < 500; life += 1) {
      store.cutAtWrite(1 + Math.floor(random() * 6));
      try {
        for (;;) {
          new KeptSettings(store).write({ next });
          [former, next] = [next, next + 1];
        }
      } catch (error) {
        expect(error).toBeInstanceOf(PowerCut);
      }
      store = store.reborn();
      const found = valuesIn(store);
      if (former >= 0) expect([{ next: former }, { next }]).toContainEqual(found);
      if (typeof found === "object" && found.next === next) [former, next] = [next, next + 1];
    }
    expect(next).toBeGreaterThan(500);
  });

  it("are not overwritten if newer firmware wrote them", () => {
    const store = new MemoryStore();
    const newer = ofVersion(2, encodeCopy(FORMER, 5));
    store.write("settings-a", newer);
    expect(valuesIn(store)).toBe("newer");
    new KeptSettings(store).write(NEW);
    expect(valuesIn(store)).toEqual(NEW);
    new KeptSettings(store).write(FORMER);
    expect(valuesIn(store)).toEqual(FORMER);
    expect(store.read("settings-a")).toEqual(newer);
    expect(decodeCopy(store.read("settings-b"))).toMatchObject({ generation: 7 });
    store.write("settings-b", ofVersion(3, encodeCopy(FORMER, 6)));
    expect(() => new KeptSettings(store).write(NEW)).toThrow("newer firmware");
    expect(valuesIn(store)).toBe("newer");
  });

  it.each([
    ["damaged", "settings-a", new Uint8Array(3)],
    ["damaged", "settings-b", encodeUtf8("{}".repeat(9))],
    ["damaged", "settings-a", encodeCopy([] as never, 1)],
    ["damaged", "settings", encodeUtf8("no")],
    ["damaged", "settings", encodeUtf8("null")],
    ["damaged", "settings", Uint8Array.of(0xff)],
  ])("are %s if %s holds something else", (state, key, bytes) => {
    const store = new MemoryStore();
    store.write(key, bytes);
    expect(valuesIn(store)).toBe(state);
    new KeptSettings(store).write(NEW);
    expect(valuesIn(store)).toEqual(NEW);
  });

  it("are refused when they are larger than their flash, and the old ones stay", () => {
    const store = new MemoryStore();
    const room = KEPT_SETTINGS_BYTES_MAX - encodeCopy({ ca: "" }, 1).length;
    new KeptSettings(store).write({ ca: "x".repeat(room) });
    expect(() => new KeptSettings(store).write({ ca: "x".repeat(room + 1) })).toThrow(
      `settings of ${KEPT_SETTINGS_BYTES_MAX + 1} bytes, expected at most ${KEPT_SETTINGS_BYTES_MAX}`,
    );
    expect(valuesIn(store)).toEqual({ ca: "x".repeat(room) });
  });

  it("stay the old ones if the store throws", () => {
    const store = new MemoryStore();
    new KeptSettings(store).write(FORMER);
    store.isFailing = true;
    expect(() => new KeptSettings(store).write(NEW)).toThrow("flash is full");
    expect(valuesIn(store)).toEqual(FORMER);
  });
});
