/** When a device that sleeps goes to sleep, and for how long. */
import { describe, expect, it } from "vitest";
import { SLEEP_AWAKE_MAX_MS, SLEEP_MIN_MS, SLEEP_QUIET_MS, SLEEP_STALL_MS } from "../../src/limits.ts";
import { SleepPlan } from "../../src/power/sleep-plan.ts";

const INTERVAL_MS = 900_000;
const AWAKE_MS = 20_000;
const START_MS = 5_000;

function planOf(isAttended: boolean, intervalMs = INTERVAL_MS): SleepPlan {
  const plan = new SleepPlan({ intervalMs, awakeMs: AWAKE_MS });
  plan.start(START_MS, isAttended);
  return plan;
}

/** The first time at which it sleeps when it is asked as it wants to be. */
function sleepsAt(plan: SleepPlan, isDone: (nowMs: number) => boolean): { atMs: number; forMs: number } {
  for (let asked = 0; asked < 10_000; asked += 1) {
    const nowMs = Math.max(START_MS, plan.timeoutMs);
    const forMs = plan.poll(isDone(nowMs), nowMs);
    if (forMs !== undefined) return { atMs: nowMs, forMs };
    expect(plan.timeoutMs).toBeGreaterThan(nowMs);
  }
  throw new Error("it never sleeps");
}

describe("a device that sleeps", () => {
  it("waits for a short silence when all is done, and wakes at its interval", () => {
    const { atMs, forMs } = sleepsAt(planOf(false), () => true);
    expect(atMs).toBe(START_MS + SLEEP_QUIET_MS);
    expect(atMs + forMs).toBe(START_MS + INTERVAL_MS);
  });

  it("waits anew after each thing that comes", () => {
    const plan = planOf(false);
    expect(plan.poll(true, START_MS + SLEEP_QUIET_MS - 1)).toBeUndefined();
    plan.handleActivity(START_MS + SLEEP_QUIET_MS);
    expect(plan.poll(true, START_MS + 2 * SLEEP_QUIET_MS - 1)).toBeUndefined();
    expect(plan.poll(true, START_MS + 2 * SLEEP_QUIET_MS)).toBeDefined();
  });

  it("gives up when it gets no further", () => {
    expect(sleepsAt(planOf(false), () => false).atMs).toBe(START_MS + SLEEP_STALL_MS);
    const plan = planOf(false);
    plan.handleActivity(START_MS + 10_000);
    expect(sleepsAt(plan, () => false).atMs).toBe(START_MS + 10_000 + SLEEP_STALL_MS);
  });

  it("sleeps soon after the last thing is done", () => {
    const doneMs = START_MS + SLEEP_QUIET_MS + 7_777;
    const { atMs } = sleepsAt(planOf(false), (nowMs) => nowMs >= doneMs);
    expect(atMs - doneMs).toBeLessThan(1_000);
  });

  it.each([true, false])("is not awake for ever, also where something comes again and again (done: %s)", (isDone) => {
    const plan = planOf(false);
    let nowMs = START_MS;
    while (plan.poll(isDone, nowMs) === undefined && nowMs < 10 * SLEEP_AWAKE_MAX_MS) {
      plan.handleActivity(nowMs);
      nowMs += 1_000;
    }
    expect(nowMs - START_MS).toBe(SLEEP_AWAKE_MAX_MS);
  });

  it("gives the person who woke it time to read, and again after each touch", () => {
    expect(sleepsAt(planOf(true), () => true).atMs).toBe(START_MS + AWAKE_MS);
    const plan = planOf(true);
    plan.handleTouched(START_MS + 15_000);
    expect(sleepsAt(plan, () => true).atMs).toBe(START_MS + 15_000 + AWAKE_MS);
  });

  it("sleeps for a while, also where its interval is shorter than its work, and longer when it is told so", () => {
    expect(sleepsAt(planOf(false, 1_000), () => true).forMs).toBe(SLEEP_MIN_MS);
    expect(planOf(false).poll(true, START_MS + SLEEP_QUIET_MS, 4)).toBe(4 * INTERVAL_MS - SLEEP_QUIET_MS);
  });
});
