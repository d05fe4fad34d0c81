import { describe, expect, it } from "vitest";
import { BATCH_READINGS_MAX, READINGS_MAX } from "../../src/limits.ts";
import { Sampler } from "../../src/sensor/sampler.ts";

const OPTIONS = { intervalMs: 1000, ageMaxMs: 10_000 };

describe("sampler", () => {
  it("samples at once and then at its interval, with the time of each sample", () => {
    let value = 0;
    const sensor = { name: "t", unit: "Cel", sample: () => ++value };
    const sampler = new Sampler([sensor], OPTIONS);
    expect(sampler.timeoutMs).toBeUndefined();
    sampler.start(100);
    for (const nowMs of [100, 600, 1100, 2100]) sampler.handleTimeout(nowMs);
    expect(sampler.batch).toEqual(
      [100, 1100, 2100].map((atMs, index) => ({ name: "t", unit: "Cel", value: index + 1, atMs })),
    );
    expect(sampler.timeoutMs).toBe(3100);
  });

  it("keeps what has changed by the deadband, and what is too old, changed or not", () => {
    const values = [20, 20.1, 20.5, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6, 20.6];
    const sampler = new Sampler([{ name: "t", unit: "Cel", deadband: 0.5, sample: () => values.shift() }], OPTIONS);
    sampler.start(0);
    for (let nowMs = 0; nowMs <= 12_000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect(sampler.batch.map(({ value, atMs }) => [value, atMs])).toEqual([
      [20, 0],
      [20.5, 2000],
      [20.6, 12_000],
    ]);
  });

  it("counts a sensor that fails and goes on with the others", () => {
    const broken = {
      name: "b",
      unit: "1",
      sample: () => {
        throw new Error("no bus");
      },
    };
    const sampler = new Sampler(
      [broken, { name: "n", unit: "1", sample: () => Number.NaN }, { name: "t", unit: "1", sample: () => 7 }],
      OPTIONS,
    );
    sampler.start(0);
    sampler.handleTimeout(0);
    expect([sampler.failedCount, sampler.batch.length]).toEqual([2, 1]);
  });

  it("keeps as many as its limit says and drops the oldest, counted", () => {
    let value = 0;
    const sampler = new Sampler([{ name: "t", unit: "1", sample: () => value++ }], OPTIONS);
    sampler.start(0);
    for (let nowMs = 0; nowMs < (READINGS_MAX + 3) * 1000; nowMs += 1000) sampler.handleTimeout(nowMs);
    expect(sampler.droppedCount).toBe(3);
    expect(sampler.batch.map((sample) => sample.value)).toEqual(
      Array.from({ length: BATCH_READINGS_MAX }, (_, index) => index + 3),
    );
    sampler.remove(BATCH_READINGS_MAX);
    expect(sampler.batch[0]?.value).toBe(3 + BATCH_READINGS_MAX);
  });

  it("does nothing with interval 0", () => {
    const sampler = new Sampler([{ name: "t", unit: "1", sample: () => 1 }], { ...OPTIONS, intervalMs: 0 });
    sampler.start(0);
    sampler.handleTimeout(5000);
    expect([sampler.timeoutMs, sampler.batch.length]).toEqual([undefined, 0]);
  });
});
