import { describe, expect, it } from "vitest";
import { Guards } from "../../../hosts/moddable/guard.ts";

function newGuards() {
  const lines: string[] = [];
  let failures = 0;
  const guards = new Guards((line) => lines.push(line));
  guards.onFailure = () => {
    failures += 1;
  };
  const fail = () => {
    throw new Error("no answer");
  };
  return { guards, lines, fail, failureCount: () => failures };
}

describe("a guard", () => {
  it("catches, counts and logs what a callback throws", () => {
    const { guards, lines, fail, failureCount } = newGuards();
    const guard = guards.of("touch");
    expect([guard.run(fail), guard.run(() => {})]).toEqual([false, true]);
    expect(lines).toEqual(["touch: Error: no answer"]);
    expect(failureCount()).toBe(1);
  });

  it("tells of each failure, and that its part is broken after three in a row", () => {
    const { guards, fail } = newGuards();
    const told: string[] = [];
    const guard = guards.of("touch", {
      handleFailure: () => told.push("failed"),
      handleBroken: (error) => told.push(`broken: ${error}`),
    });
    for (let count = 0; count < 2; count += 1) guard.run(fail);
    guard.run(() => {});
    for (let count = 0; count < 4; count += 1) guard.run(fail);
    expect(told.filter((word) => word === "failed")).toHaveLength(6);
    expect(told.filter((word) => word === "broken: Error: no answer")).toHaveLength(2);
  });

  it("does not fill the log with what fails again and again, and counts it all", () => {
    const { guards, lines, fail, failureCount } = newGuards();
    const [touch, time] = [guards.of("touch"), guards.of("time")];
    for (let count = 0; count < 100; count += 1) touch.run(fail);
    time.run(fail);
    expect(lines).toEqual([...Array(3).fill("touch: Error: no answer"), "time: Error: no answer"]);
    expect(failureCount()).toBe(101);
  });

  it("does not take a call as passed in which something failed under the same guard", () => {
    const { guards, fail } = newGuards();
    let brokenCount = 0;
    const guard = guards.of("touch", {
      handleBroken: () => {
        brokenCount += 1;
      },
    });
    for (let count = 0; count < 3; count += 1) guard.run(() => guard.run(fail));
    expect(brokenCount).toBe(1);
  });

  it("throws on what is thrown for a broken part, so that the program ends", () => {
    const { guards, fail } = newGuards();
    const guard = guards.of("pager", {
      handleBroken: (error) => {
        throw error;
      },
    });
    guard.run(fail);
    guard.run(fail);
    expect(() => guard.run(fail)).toThrow("no answer");
  });
});
