/** What the store gives is what is on the disk. The newest records are not read from it each time. */
import { join } from "node:path";
import Database from "libsql";
import { expect, it } from "vitest";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { scene } from "../scene.ts";

const one = (text: string) => new Map([["a", Buffer.from(text)]]);
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

function opened() {
  const bench = scene();
  const path = join(bench.folder(), "station.db");
  const store = new StationStore(path);
  const other = new Database(path);
  bench.add(() => {
    other.close();
    store.close();
  });
  return { store, other };
}

it("keeps in memory what was read or written last, and what is not there", async () => {
  const { store, other } = opened();
  expect(store.get("a")).toBeUndefined();
  await store.write(one("first"));
  expect(textOf(store.get("a"))).toBe("first");
  // Nobody else may write this file. That the record comes from memory can be seen only so.
  other.exec("update push set bytes = x'00' where key = 'a'");
  expect(textOf(store.get("a"))).toBe("first");
  await store.write(new Map([["a", undefined]]));
  expect(store.get("a")).toBeUndefined();
});

it("has the former record where the disk refuses a new one, and the new one when it takes it", async () => {
  const { store, other } = opened();
  await store.write(one("first"));
  other.exec("begin immediate");
  const owed = store.write(one("owed"), true);
  await expect(store.write(one("second"))).rejects.toThrow();
  expect(textOf(store.get("a"))).toBe("first");
  other.exec("rollback");
  await owed;
  expect(textOf(store.get("a"))).toBe("owed");
});
