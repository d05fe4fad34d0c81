import { expect, it } from "vitest";
import { OpenDeliveries, type OpenPush } from "../../../../hosts/station/push/open-deliveries.ts";
import { SilentDevices } from "../../../../hosts/station/push/silent-devices.ts";
import { SILENT_TRIED_MS, SILENT_TRIED_MS_MAX } from "../../../../hosts/station/shared/limits.ts";

const DAY_MS = 24 * 3_600_000;
const SWEEP_MS = 5_000;

function pushOf(id: string, given: Partial<OpenPush> = {}): OpenPush {
  return { id, priority: 3, collapseKey: undefined, dueMs: 0, expiresMs: DAY_MS, ...given };
}

class Bench {
  readonly open = new OpenDeliveries();
  readonly silent: SilentDevices;
  readonly sent: string[] = [];
  isBrokerAway = false;
  nowMs = 0;

  constructor() {
    this.silent = new SilentDevices(this.open, async ({ id }, device) => {
      this.sent.push(`${this.nowMs / 1_000} ${id} ${device}`);
      if (this.isBrokerAway) throw new Error("away");
    });
  }

  /** Sweeps for so long. Returns what was sent meanwhile. */
  pass(ms: number): readonly string[] {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs += SWEEP_MS;
      this.silent.sweep(this.nowMs);
    }
    return this.sent.splice(0);
  }
}

it("tries a device that lacks something with the oldest of that, at doubled distances, until it lacks nothing", () => {
  const bench = new Bench();
  bench.open.add(pushOf("1"), ["a"]);
  bench.open.add(pushOf("2"), ["a"]);
  expect(bench.pass(600_000)).toEqual(["35 1 a", "95 1 a", "215 1 a", "455 1 a"]);
  bench.open.close("1", "a");
  expect(bench.pass(600_000)).toEqual(["935 2 a"]);
  bench.open.close("2", "a");
  expect([bench.pass(DAY_MS), bench.silent.size]).toEqual([[], 0]);
});

it("tries one that has given a receipt anew after the shortest distance, and knows whether it had been tried", () => {
  const bench = new Bench();
  bench.open.add(pushOf("1"), ["a"]);
  expect(bench.silent.heard("a", 0)).toBe(false);
  bench.pass(SWEEP_MS);
  expect(bench.silent.heard("a", bench.nowMs)).toBe(false);
  expect(bench.pass(100_000)).toEqual(["35 1 a", "95 1 a"]);
  expect(bench.silent.heard("a", bench.nowMs)).toBe(true);
  expect(bench.silent.heard("a", bench.nowMs)).toBe(false);
  expect(bench.pass(SILENT_TRIED_MS)).toEqual(["135 1 a"]);
});

it("sends a device that stays away four messages a day", () => {
  const bench = new Bench();
  bench.open.add(pushOf("1", { expiresMs: 30 * DAY_MS }), ["a"]);
  bench.pass(DAY_MS);
  const aDay = DAY_MS / SILENT_TRIED_MS_MAX;
  expect([bench.pass(DAY_MS).length, bench.pass(DAY_MS).length]).toEqual([aDay, aDay]);
});

it("tries with nothing that is not due or has expired, and goes on when the broker was away", () => {
  const bench = new Bench();
  bench.open.add(pushOf("old", { expiresMs: 20_000 }), ["a"]);
  bench.open.add(pushOf("later", { dueMs: 200_000 }), ["a"]);
  bench.isBrokerAway = true;
  bench.open.add(pushOf("now"), ["b"]);
  expect(bench.pass(300_000)).toEqual(["35 now b", "95 now b", "200 later a", "215 now b", "260 later a"]);
});
