import { expect, it } from "vitest";
import { DoubtedReceipts } from "../../../../hosts/station/push/doubted-receipts.ts";
import { RECEIPTS_ASKED_PER_DEVICE_MAX, RECEIPTS_ASKED_TIMES_MAX } from "../../../../hosts/station/shared/limits.ts";

function bench(there: readonly string[]) {
  const sent: string[] = [];
  const present = new Set(there);
  const doubted = new DoubtedReceipts({
    isThere: (device) => present.has(device),
    send: async (id, device) => void sent.push(`${id} ${device}`),
  });
  return { doubted, present, take: () => sent.splice(0) };
}

it("asks each device that is there, one push at a time, the next with each answer", () => {
  const { doubted, present, take } = bench(["a", "b"]);
  for (const [id, device] of ["3 a", "2 b", "2 away", "1 a"].map((line) => line.split(" ")) as [string, string][])
    doubted.add(id, device);
  doubted.askAll();
  expect(take()).toEqual(["3 a", "2 b"]);
  doubted.answered("1", "b");
  doubted.answered("2", "b");
  expect(take()).toEqual([]);
  doubted.answered("3", "a");
  doubted.answered("3", "a");
  expect(take()).toEqual(["1 a"]);
  present.add("away");
  doubted.arrived("away");
  expect(take()).toEqual(["2 away"]);
  doubted.answered("1", "a");
  doubted.answered("2", "away");
  expect([take(), doubted.size]).toEqual([[], 0]);
});

it("asks again at the next connection of a device, so many times, and goes on with the next push then", () => {
  const { doubted, take } = bench(["a"]);
  doubted.add("2", "a");
  doubted.add("1", "a");
  doubted.askAll();
  for (let times = 1; times < 2 * RECEIPTS_ASKED_TIMES_MAX; times += 1) doubted.arrived("a");
  expect(take()).toEqual([
    ...Array(RECEIPTS_ASKED_TIMES_MAX).fill("2 a"),
    ...Array(RECEIPTS_ASKED_TIMES_MAX).fill("1 a"),
  ]);
  doubted.arrived("a");
  expect([take(), doubted.size]).toEqual([[], 0]);
});

it("asks for the newest pushes of a device, up to the bound", () => {
  const { doubted, take } = bench(["a"]);
  for (let number = RECEIPTS_ASKED_PER_DEVICE_MAX + 1; number > 0; number -= 1) doubted.add(`${number}`, "a");
  doubted.askAll();
  for (let number = RECEIPTS_ASKED_PER_DEVICE_MAX + 1; number > 0; number -= 1) doubted.answered(`${number}`, "a");
  const sent = take();
  expect([sent.length, sent[0], sent.at(-1)]).toEqual([
    RECEIPTS_ASKED_PER_DEVICE_MAX,
    `${RECEIPTS_ASKED_PER_DEVICE_MAX + 1} a`,
    "2 a",
  ]);
});
