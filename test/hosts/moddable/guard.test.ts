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

  it("reports each failure, and after three in a row that its part is broken", () => {
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

  it("does not fill the log with repeated failures, and counts all of them", () => {
    const { guards, lines, fail, failureCount } = newGuards();
    const [touch, time] = [guards.of("touch"), guards.of("time")];
    for (let count = 0; count < 100; count += 1) touch.run(fail);
    time.run(fail);
    expect(lines).toEqual([...Array(3).fill("touch: Error: no answer"), "time: Error: no answer"]);
    expect(failureCount()).toBe(101);
  });

  it("does not count a call as a success if an inner call under the same guard failed", () => {
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

  it("passes on what the handler of a broken part throws, so that the program ends", () => {
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
