/** A database that refuses at a chosen write. */
import type { Level } from "level";
import { expect, it, vi } from "vitest";
import { GroupCommit } from "../../../hosts/station/group-commit.ts";
import { StoreFailed, StoreHealth } from "../../../hosts/station/store-health.ts";

const bytes = Buffer.from("x");

/** Records the written keys, and refuses the writes with these numbers. The first write is number 1. */
function levelThatRefuses(...refused: number[]) {
  const written: string[] = [];
  let count = 0;
  const level = {
    status: "open",
    async batch(operations: readonly { key: string }[]) {
      count += 1;
      if (refused.includes(count)) throw new Error("No space left on device");
      for (const { key } of operations) written.push(key);
    },
  };
  return { level: level as unknown as Level<string, Buffer>, written };
}

it("writes nothing more to any store of a station after the first failure, and reports it once", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const health = new StoreHealth();
  let told = 0;
  health.listen(() => {
    told += 1;
  });
  const [first, second] = [levelThatRefuses(2), levelThatRefuses()];
  const [pushes, broker] = [new GroupCommit(first.level, health), new GroupCommit(second.level, health)];
  await pushes.put("a", bytes);
  await broker.put("b", bytes);
  await expect(pushes.put("c", bytes)).rejects.toThrow(StoreFailed);
  await expect(pushes.put("d", bytes)).rejects.toThrow("No space left on device");
  await expect(broker.batch([{ type: "del", key: "b" }])).rejects.toThrow(StoreFailed);
  expect([first.written, second.written]).toEqual([["a"], ["b"]]);
  expect([told, log.mock.calls.flat()]).toEqual([1, [`station: ${health.failure}`]]);
  log.mockRestore();
});

it("refuses writes that wait behind a failed one, and takes more operations at once than a call takes arguments", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const { level, written } = levelThatRefuses(2);
  const database = new GroupCommit(level);
  const many = Array.from({ length: 200_000 }, (_, index) => ({ type: "del", key: String(index) }) as const);
  await database.batch(many);
  expect(written).toHaveLength(many.length);
  const outcomes = await Promise.allSettled(["x", "y", "z"].map((key) => database.put(key, bytes)));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(written).toHaveLength(many.length);
  log.mockRestore();
});
