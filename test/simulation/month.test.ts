/** Some days of a node that sleeps and of a pager on a bad network, and proofs that the simulation sees what it is there to see. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Sleeper } from "../../src/gateway/sleeper.ts";
import type { Store } from "../../src/seams.ts";
import { type MonthKind, simulateMonth } from "./simulate-month.ts";

describe("a month", () => {
  it.each([
    ["node", 3],
    ["pager", 1],
  ] satisfies [MonthKind, number][])("of a %s: %i days of it lose nothing", (kind, days) => {
    const { violations, pages, readings, powerCuts } = simulateMonth(kind, 9, days);
    expect(violations).toEqual([]);
    expect(pages).toBe(6 * days);
    expect(readings).toBeGreaterThan(20 * days);
    expect(powerCuts).toBeGreaterThanOrEqual(kind === "node" ? 1 : 0);
  });

  it("of a node: most of it is sleep", () => {
    const { wakes, awakeSecondsADay } = simulateMonth("node", 1, 1);
    expect(wakes).toBeGreaterThanOrEqual(90);
    expect(awakeSecondsADay).toBeLessThan(86_400 / 20);
  });
});

describe("the month sees", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("a node that forgets its readings in its sleep", () => {
    vi.spyOn(Sleeper.prototype, "remember").mockImplementation(() => {});
    expect(simulateMonth("node", 1, 1).violations.join()).toContain("readings lost");
  });

  it("a node that dates its readings wrongly after its sleep", () => {
    const { start } = Sleeper.prototype;
    vi.spyOn(Sleeper.prototype, "start").mockImplementation(function (this: Sleeper, parts, nowMs) {
      return start.call(this, parts, nowMs - 10_000);
    });
    expect(simulateMonth("node", 1, 1).violations.join()).toContain("after it was taken");
  });

  it("a node that writes to flash whenever it looks whether to sleep", () => {
    const { start, update } = Sleeper.prototype;
    const stores = new WeakMap<Sleeper, Store>();
    vi.spyOn(Sleeper.prototype, "start").mockImplementation(function (this: Sleeper, parts, nowMs) {
      stores.set(this, parts.device.store);
      return start.call(this, parts, nowMs);
    });
    vi.spyOn(Sleeper.prototype, "update").mockImplementation(function (this: Sleeper, nowMs) {
      stores.get(this)?.write("look", new Uint8Array(1));
      return update.call(this, nowMs);
    });
    expect(simulateMonth("node", 1, 1).violations.join()).toContain("writes to flash");
  });
});
