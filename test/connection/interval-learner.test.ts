import { describe, expect, it } from "vitest";
import { IntervalLearner } from "../../src/connection/interval-learner.ts";
import { KEEP_ALIVE_RETRY_MS, KEEP_ALIVE_STEP_MS } from "../../src/limits.ts";
import { Bench, CONNACK_PRESENT, HELD } from "../mqtt/session-bench.ts";

const MINUTE_MS = 60_000;
const MAX_MS = 90 * MINUTE_MS;

/** Is idle again and again, until nothing new is learned. Returns how many connections that cost. */
function settle(learner: IntervalLearner, natMs: number, nowMs = 0): number {
  let lost = 0;
  for (let spell = 0; spell < 60; spell += 1) {
    const idleMs = learner.intervalMs;
    if (idleMs < natMs) learner.handleAnswered(idleMs, nowMs);
    else {
      lost += 1;
      learner.handleLost(idleMs, nowMs);
    }
  }
  return lost;
}

describe("interval learner", () => {
  it("ends within one step of the longest interval, for any NAT time-out from 1 to 60 minutes", () => {
    for (let natMs = MINUTE_MS; natMs <= 60 * MINUTE_MS; natMs += 7_000) {
      const learner = new IntervalLearner(30_000, MAX_MS);
      const lost = settle(learner, natMs);
      expect(learner.intervalMs, `NAT of ${natMs} ms`).toBeLessThan(natMs);
      expect(natMs - learner.intervalMs, `NAT of ${natMs} ms`).toBeLessThanOrEqual(KEEP_ALIVE_STEP_MS);
      expect(lost, `NAT of ${natMs} ms`).toBeLessThanOrEqual(16);
    }
  });

  it("stays within its bounds, on any network", () => {
    const free = new IntervalLearner(30_000, 10 * MINUTE_MS);
    settle(free, Number.POSITIVE_INFINITY);
    expect(free.intervalMs).toBe(10 * MINUTE_MS);
    const hostile = new IntervalLearner(30_000, MAX_MS);
    settle(hostile, 1);
    expect(hostile.intervalMs).toBe(30_000);
  });

  it("takes one lost ping for an accident, two in a row at one interval for the network", () => {
    const learner = new IntervalLearner(30_000, MAX_MS);
    learner.handleAnswered(30_000, 0);
    const next = learner.intervalMs;
    expect(learner.handleLost(next, 0)).toBe(false);
    expect(learner.intervalMs).toBe(next);
    expect(learner.handleAnswered(next, 0)).toBe(true);
    learner.handleLost(learner.intervalMs, 0);
    expect(learner.handleLost(learner.intervalMs, 0)).toBe(true);
    expect(learner.intervalMs).toBeLessThan(next * 1.5);
  });

  it("goes down when the network gets worse, and tries again after a day when it gets better", () => {
    const learner = new IntervalLearner(30_000, MAX_MS);
    settle(learner, 20 * MINUTE_MS);
    settle(learner, 5 * MINUTE_MS);
    expect(learner.intervalMs).toBeLessThan(5 * MINUTE_MS);
    expect(learner.intervalMs).toBeGreaterThanOrEqual(5 * MINUTE_MS - KEEP_ALIVE_STEP_MS);
    settle(learner, 20 * MINUTE_MS, KEEP_ALIVE_RETRY_MS - 1);
    expect(learner.intervalMs).toBeLessThan(5 * MINUTE_MS);
    settle(learner, 20 * MINUTE_MS, KEEP_ALIVE_RETRY_MS);
    expect(learner.intervalMs).toBeGreaterThanOrEqual(20 * MINUTE_MS - KEEP_ALIVE_STEP_MS);
  });

  it("goes on from what it learned before", () => {
    const learner = new IntervalLearner(30_000, MAX_MS);
    settle(learner, 20 * MINUTE_MS);
    expect(new IntervalLearner(30_000, MAX_MS, learner.learned).intervalMs).toBe(learner.intervalMs);
  });
});

/** A day of an idle session. A NAT forgets its connection after a while and tells nobody. */
function dayBehindNat(
  natMs: number,
  hours: number,
): { pings: string[]; bench: Bench; lastIdleMs: number; learned: number } {
  const bench = new Bench({ keepAliveSeconds: 5400, keepAliveMinSeconds: 30, held: HELD });
  let learned = 0;
  let passedMs = bench.nowMs;
  let lastIdleMs = 0;
  const pings: string[] = [];
  const drain = () => {
    for (const event of bench.events()) {
      if (event.type === "intervalLearned") learned += 1;
      if (event.type !== "open") continue;
      bench.session.handleConnected(bench.nowMs);
      bench.sent();
      passedMs = bench.nowMs;
      bench.session.handleBytes(Uint8Array.of(0x20, 2, 1, 0), bench.nowMs);
      drain();
    }
  };
  bench.session.start(bench.nowMs);
  drain();
  while (bench.nowMs < hours * 60 * MINUTE_MS) {
    bench.nowMs = bench.session.pollTimeout() ?? Number.POSITIVE_INFINITY;
    bench.session.handleTimeout(bench.nowMs);
    drain();
    if (!bench.sent().includes("c000")) continue;
    const idleMs = bench.nowMs - passedMs;
    pings.push(`${idleMs}`);
    if (idleMs >= natMs) continue;
    lastIdleMs = idleMs;
    passedMs = bench.nowMs;
    bench.session.handleBytes(Uint8Array.of(0xd0, 0), bench.nowMs);
    drain();
  }
  return { pings, bench, lastIdleMs, learned };
}

describe("a session behind a NAT", () => {
  it.each([1, 2, 5, 15, 29.5, 60])("of %d minutes comes within one step of it", (minutes) => {
    const { lastIdleMs } = dayBehindNat(minutes * MINUTE_MS, 23);
    expect(lastIdleMs).toBeLessThan(minutes * MINUTE_MS);
    expect(lastIdleMs).toBeGreaterThanOrEqual(minutes * MINUTE_MS - KEEP_ALIVE_STEP_MS);
  });

  it("pings far less than a fixed minute would", () => {
    const { pings, learned } = dayBehindNat(30 * MINUTE_MS, 23);
    expect(pings.length).toBeLessThan((23 * 60) / 10);
    expect(learned).toBeLessThan(30);
  });

  it("learns nothing from a ping after a spell in which only one direction was idle", () => {
    const bench = new Bench({ keepAliveSeconds: 600, keepAliveMinSeconds: 60, held: HELD });
    bench.connect(CONNACK_PRESENT);
    for (let second = 0; second < 60; second += 10) {
      bench.pass(10_000);
      bench.receive("300400016178");
    }
    expect(bench.sent()).toEqual(["c000"]);
    bench.session.handleClosed("cut", bench.nowMs);
    expect(bench.events().map(({ type }) => type)).toEqual(["disconnected"]);
  });
});
