import { describe, expect, it } from "vitest";
import { OPEN_TIMEOUT_MS } from "../../src/limits.ts";
import { newTimers, OPEN } from "../../src/mqtt/timers.ts";

describe("timers", () => {
  it("a wait that begins when the clock begins has its whole time", () => {
    const timers = newTimers();
    timers.watch(OPEN, 0);
    expect(timers.takeDue(OPEN_TIMEOUT_MS - 1)).toBeUndefined();
    expect(timers.next()).toBe(OPEN_TIMEOUT_MS);
    expect(timers.takeDue(OPEN_TIMEOUT_MS)).toBe(OPEN);
  });

  it("no wait has no deadline", () => {
    const timers = newTimers();
    timers.watch(OPEN, 0);
    timers.watch(OPEN, undefined);
    expect(timers.next()).toBeUndefined();
  });
});
