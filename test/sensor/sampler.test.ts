import { describe, expect, it } from "vitest";
import { BATCH_READINGS_MAX, READINGS_MAX, SENSOR_RETRY_MAX_MS, SENSORS_MAX } from "../../src/limits.ts";
import { Sampler } from "../../src/sensor/sampler.ts";

const OPTIONS = { intervalMs: 1000, ageMaxMs: 10_000, counters: { thinned: 0, sensorFailures: 0 } };

describe("sampler", () => {
  it("samples at once and then at its interval, with the time of each sample", () => {
    let value = 0;
    const sensor = { name: "t", unit: "Cel", sample: () => ++value };
    const sampler = new Sampler([sensor], OPTIONS);
    expect(sampler.timeoutMs).toBeUndefined();
    sampler.start(100);
    for (const nowMs of [100, 600, 1100, 2100]) sampler.handleTimeout(nowMs);
    expect(sampler.batch()).toEqual(
      [100, 1100, 2100].map((atMs, index) => ({ name: "t", unit: "Cel", value: index + 1, atMs })),
    );
    expect(sampler.timeoutMs).toBe(3100);
  });

  it("keeps a reading that has changed by the deadband, and one when the last is too old", () => {
    const values = [20, 20.1, 20.5, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6];
    const sampler = new Sampler([{ name: "t", unit: "Cel", deadband: 0.5, sample: () => values.shift() }], OPTIONS);
    sampler.start(0);
    for (let nowMs = 0; nowMs <= 12_000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect(sampler.batch().map(({ value, atMs }) => [value, atMs])).toEqual([
      [20, 0],
      [20.5, 2000],
      [20.6, 12_000],
    ]);
  });

  it("uses the deadband of the settings instead of the sensor's own", () => {
    const values = [0, 0.6, 1.2];
    const sensor = { name: "t", unit: "Cel", deadband: 0.5, sample: () => values.shift() };
    const sampler = new Sampler([sensor], { ...OPTIONS, deadbands: { t: 1, other: 0 } });
    sampler.start(0);
    for (const nowMs of [0, 1000, 2000]) sampler.handleTimeout(nowMs);
    expect(sampler.batch().map(({ value }) => value)).toEqual([0, 1.2]);
  });

  it("reports a failed sensor once, and again when that is too old, and goes on with the others", () => {
    const lines: string[] = [];
    let isBroken = true;
    const broken = {
      name: "b",
      unit: "1",
      deadband: 1,
      sample: () => {
        if (isBroken) throw new Error("no bus");
        return 7;
      },
    };
    const sensors = [
      broken,
      { name: "n", unit: "1", sample: () => Number.NaN },
      { name: "i", unit: "1", sample: () => Number.POSITIVE_INFINITY },
      { name: "u", unit: "1", sample: () => undefined },
      { name: "t", unit: "1", deadband: 1, sample: () => 7 },
    ];
    const counters = { thinned: 0, sensorFailures: 0 };
    const sampler = new Sampler(sensors, { ...OPTIONS, counters, log: (line) => lines.push(line) });
    sampler.start(0);
    for (const nowMs of [0, 1000]) sampler.handleTimeout(nowMs);
    isBroken = false;
    sampler.handleTimeout(2000);
    expect(counters.sensorFailures).toBe(4 * 2 + 3);
    expect(sampler.batch().map(({ name, value, atMs }) => `${name} ${value} ${atMs}`)).toEqual([
      "b undefined 0",
      "n undefined 0",
      "i undefined 0",
      "u undefined 0",
      "t 7 0",
      "b 7 2000",
    ]);
    expect(lines).toEqual([
      "sensor b failed: no bus",
      "sensor n failed: no value",
      "sensor i failed: no value",
      "sensor u failed: no value",
      "sensor b works again",
    ]);
    sampler.handleTimeout(12_000);
    expect(sampler.batch().filter(({ name }) => name === "n")).toHaveLength(2);
  });

  it("samples a failing sensor less and less often, the others as before, and all of them when it works again", () => {
    const at: number[] = [];
    let nowMs = 0;
    let isBroken = true;
    const broken = {
      name: "b",
      unit: "1",
      sample: () => {
        at.push(nowMs / 1000);
        return isBroken ? undefined : 1;
      },
    };
    let samples = 0;
    const well = { name: "t", unit: "1", sample: () => ++samples };
    const sampler = new Sampler([broken, well], { ...OPTIONS, counters: { thinned: 0, sensorFailures: 0 } });
    sampler.start(0);
    for (; nowMs <= 40_000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect([at, samples]).toEqual([[0, 1, 2, 4, 8, 16, 32], 41]);
    isBroken = false;
    for (; nowMs <= 66_000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect(at.slice(7)).toEqual([64, 65, 66]);
  });

  it("waits no longer than the limit between two tries of a failing sensor", () => {
    const at: number[] = [];
    let nowMs = 0;
    const sensor = { name: "b", unit: "1", sample: () => void at.push(nowMs) };
    const sampler = new Sampler([sensor], { ...OPTIONS, intervalMs: 60_000 });
    sampler.start(0);
    for (; nowMs <= 7_200_000; nowMs += 60_000) sampler.handleTimeout(nowMs);
    expect((at.at(-1) as number) - (at.at(-2) as number)).toBe(SENSOR_RETRY_MAX_MS);
  });

  it("takes a sensor that is added later, and sends urgent readings at once", () => {
    let value = 0;
    const door = { name: "door", unit: "", deadband: 1, isPrompt: true, sample: () => value };
    const slow = { name: "t", unit: "1", deadband: 1, sample: () => value };
    const sampler = new Sampler([slow], { ...OPTIONS, intervalMs: 60_000, ageMaxMs: 600_000 });
    sampler.start(0);
    sampler.handleTimeout(0);
    sampler.add(door);
    sampler.handleChange(500);
    value = 1;
    sampler.handleChange(700);
    sampler.handleChange(800);
    expect(sampler.batch().map(({ name, value, atMs }) => `${name} ${value} ${atMs}`)).toEqual([
      "t 0 0",
      "door 0 500",
      "door 1 700",
    ]);
  });

  it("samples as many sensors as its limit says, and names the others", () => {
    const lines: string[] = [];
    const sensors = Array.from({ length: SENSORS_MAX + 1 }, (_, index) => ({
      name: `s${index}`,
      unit: "1",
      sample: () => 1,
    }));
    const counters = { thinned: 0, sensorFailures: 0 };
    const sampler = new Sampler(sensors, { ...OPTIONS, counters, log: (line) => lines.push(line) });
    sampler.start(0);
    sampler.handleTimeout(0);
    expect(sampler.batch(100)).toHaveLength(SENSORS_MAX);
    expect(lines).toEqual([`sensor s${SENSORS_MAX} is not sampled, expected at most ${SENSORS_MAX}`]);
  });

  it("keeps as many readings as its limit says; the oldest are thinned and counted", () => {
    let value = 0;
    const counters = { thinned: 0, sensorFailures: 0 };
    const sampler = new Sampler([{ name: "t", unit: "1", sample: () => value++ }], { ...OPTIONS, counters });
    sampler.start(0);
    for (let nowMs = 0; nowMs < (READINGS_MAX + 1) * 1000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect(counters.thinned).toBe(READINGS_MAX / 4);
    expect(sampler.batch().map((sample) => sample.value)).toEqual(
      Array.from({ length: BATCH_READINGS_MAX }, (_, index) => index * 2),
    );
    sampler.remove(BATCH_READINGS_MAX);
    expect(sampler.batch(1)).toEqual([
      { name: "t", unit: "1", value: 2 * BATCH_READINGS_MAX, atMs: 2000 * BATCH_READINGS_MAX },
    ]);
  });

  it("does nothing with interval 0", () => {
    const sampler = new Sampler([{ name: "t", unit: "1", sample: () => 1 }], { ...OPTIONS, intervalMs: 0 });
    sampler.start(0);
    sampler.handleTimeout(5000);
    expect([sampler.timeoutMs, sampler.batch().length]).toEqual([undefined, 0]);
  });
});
