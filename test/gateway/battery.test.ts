/** What a device says of its battery, on the screen, in the log and in its telemetry, and that it sleeps when it is empty. */
import { describe, expect, it } from "vitest";
import { Battery } from "../../src/gateway/battery.ts";
import { Sleeper, type Wake } from "../../src/gateway/sleeper.ts";
import { BATTERY_EMPTY_SLEEP_MS, BATTERY_LOOK_MS, BATTERY_LOW_STRETCH } from "../../src/limits.ts";
import type { SleepMemory } from "../../src/seams.ts";
import { Bench, settingsOf } from "./bench.ts";

const LEVELS = { lowPercent: 15, emptyPercent: 2 };
const INTERVAL_MS = 900_000;

class Gauge {
  percent = 80;
  charging: boolean | undefined;
  isBroken = false;
  readonly gauge = {
    level: () => {
      if (this.isBroken) throw new Error("I2C: no answer");
      return this.percent / 100;
    },
    isCharging: () => this.charging === true,
  };
}

let kept: Uint8Array | undefined;
const memory: SleepMemory = {
  read: () => kept && { bytes: kept, sleptMs: 1_000 },
  write: (bytes) => {
    kept = bytes;
  },
};

function benchOf(gauge: Gauge, intervalMs?: number, wake: Wake = "timer"): Bench {
  return new Bench({
    settings: settingsOf({ "telemetry.interval": 60, "telemetry.format": "json" }),
    battery: new Battery(gauge.gauge, LEVELS),
    sleeper: intervalMs === undefined ? undefined : new Sleeper({ intervalMs, awakeMs: 0, wake, memory }),
  });
}

/** The values that were told of a sensor, in order. */
function told(bench: Bench, name: string): (number | undefined)[] {
  const batches = bench.sent.filter(({ topic }) => topic === "/acme/tele/p1");
  const records = batches.flatMap(({ payload = "" }) => JSON.parse(payload) as { n: string; v?: number }[]);
  return records.filter(({ n }) => n === name).map(({ v }) => v);
}

const logged = (bench: Bench, words: string) =>
  bench.events.flatMap((event) => (event.type === "log" && event.line.includes(words) ? [event.line] : []));

const slept = (bench: Bench) => bench.events.flatMap((event) => (event.type === "sleep" ? [event.durationMs] : []));

/** The bench's broker answers no ping, so time passes in steps that need none. */
function passUntil(bench: Bench, isReached: () => boolean): void {
  for (let step = 0; step < 1_000 && !isReached(); step += 1) {
    bench.pass(1_000);
    for (const { type, packetIdentifier = 0 } of bench.sent.filter(({ type }) => type === "publish"))
      if (type === "publish" && packetIdentifier > 0)
        bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier));
    if (bench.sent.some(({ type }) => type === "pingreq")) bench.receive(Uint8Array.of(0xd0, 0));
  }
  expect(isReached()).toBe(true);
}

describe("a battery", () => {
  it("is in the bar of the screen, with a sign while it is charged, and in the telemetry", () => {
    const gauge = new Gauge();
    const bench = benchOf(gauge).connect();
    bench.pass(1);
    expect(bench.screen).toContain("online  80%");
    gauge.charging = true;
    bench.pass(BATTERY_LOOK_MS);
    expect(bench.screen).toContain("+80%");
    expect([told(bench, "battery"), told(bench, "charging"), told(bench, "battery-low")]).toEqual([[80], [0, 1], [0]]);
  });

  it("that is low is told once in the log and in the telemetry, and stands on the screen", () => {
    const gauge = new Gauge();
    const bench = benchOf(gauge).connect();
    gauge.percent = 15;
    passUntil(bench, () => logged(bench, "battery low: 15%").length > 0);
    expect(bench.screen).toContain("battery low");
    for (let minutes = 0; minutes < 5; minutes += 1) passUntil(bench, passed(bench, BATTERY_LOOK_MS));
    expect(logged(bench, "battery low")).toHaveLength(1);
    expect(told(bench, "battery-low")).toEqual([0, 1]);
    gauge.percent = 90;
    passUntil(bench, () => logged(bench, "battery good: 90%").length > 0);
    expect(bench.screen).not.toContain("battery low");
  });

  it("whose gauge fails is told of once, and has no words", () => {
    const gauge = new Gauge();
    const bench = benchOf(gauge).connect();
    bench.pass(1);
    gauge.isBroken = true;
    for (let minutes = 0; minutes < 3; minutes += 1) passUntil(bench, passed(bench, BATTERY_LOOK_MS));
    expect(logged(bench, "battery: I2C: no answer")).toHaveLength(1);
    expect(bench.screen).not.toContain("%");
  });

  it("that is low lets a device that sleeps do so for longer", () => {
    const gauge = new Gauge();
    gauge.percent = 10;
    kept = undefined;
    const bench = benchOf(gauge, INTERVAL_MS).connect();
    passUntil(bench, () => slept(bench).length > 0);
    expect(slept(bench)[0]).toBe(BATTERY_LOW_STRETCH * INTERVAL_MS - bench.nowMs + 1_000);
  });

  it.each([INTERVAL_MS, 0])("that is empty: goodbye, and sleep until it is charged (interval %i)", (intervalMs) => {
    const gauge = new Gauge();
    kept = undefined;
    const bench = benchOf(gauge, intervalMs, "start").connect();
    if (intervalMs === 0) for (let minutes = 0; minutes < 20; minutes += 1) passUntil(bench, passed(bench, 60_000));
    expect(slept(bench)).toEqual([]);
    gauge.percent = 2;
    bench.pass(BATTERY_LOOK_MS);
    passUntil(bench, () => slept(bench).length > 0);
    expect(slept(bench)).toEqual([BATTERY_EMPTY_SLEEP_MS]);
    expect(bench.screen).toContain("battery empty");
    bench.sent.length = 0;
    bench.gateway.stop(bench.nowMs);
    bench.drain();
    const goodbye = bench.sent.find(({ topic }) => topic === "/acme/pres/p1");
    expect(goodbye?.payload?.slice(1)).toBe("battery empty");

    const again = benchOf(gauge, intervalMs);
    again.gateway.start(again.nowMs);
    again.drain();
    expect(slept(again)).toEqual([BATTERY_EMPTY_SLEEP_MS]);
    expect(again.events.some(({ type }) => type === "open")).toBe(false);
    again.gateway.stop(again.nowMs);

    gauge.charging = true;
    const charged = benchOf(gauge, intervalMs);
    charged.gateway.start(charged.nowMs);
    charged.drain();
    expect(charged.events.some(({ type }) => type === "open")).toBe(true);
    expect(logged(charged, "battery low")).toHaveLength(1);
  });
});

function passed(bench: Bench, ms: number): () => boolean {
  const untilMs = bench.nowMs + ms;
  return () => bench.nowMs >= untilMs;
}
