import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { READINGS_MAX, SENSORS_MAX } from "../../src/limits.ts";
import { Backlog } from "../../src/sensor/backlog.ts";

interface Kept {
  readonly sensor: number;
  readonly value: number;
  readonly atMs: number;
}

const contentOf = (backlog: Backlog): Kept[] =>
  Array.from({ length: backlog.length }, (_, index) => ({
    sensor: backlog.sensorAt(index),
    value: backlog.valueAt(index),
    atMs: backlog.atMsAt(index),
  }));

describe("the readings that wait", () => {
  it("are never more than the limit, all original, in order, each accounted for, the newer half whole, each sensor's oldest kept", () => {
    const readings = fc.array(fc.tuple(fc.nat(SENSORS_MAX - 1), fc.double({ noDefaultInfinity: true })), {
      minLength: 1,
      maxLength: 6 * READINGS_MAX,
    });
    fc.assert(
      fc.property(readings, (rows) => {
        const backlog = new Backlog();
        const pushed = rows.map(([sensor, value], index) => ({ sensor, value, atMs: 1000 * index }));
        for (const { sensor, value, atMs } of pushed) {
          backlog.push(sensor, value, atMs);
          expect(backlog.length).toBeLessThanOrEqual(READINGS_MAX);
        }
        const kept = contentOf(backlog);
        expect(kept.length + backlog.thinnedCount).toBe(pushed.length);
        expect(kept).toEqual(kept.map(({ atMs }) => pushed[atMs / 1000]));
        expect([...kept].sort((a, b) => a.atMs - b.atMs)).toEqual(kept);
        expect(kept.slice(-READINGS_MAX / 2)).toEqual(pushed.slice(-READINGS_MAX / 2));
        for (const sensor of new Set(rows.map(([sensor]) => sensor))) {
          const ofSensor = (reading: Kept) => reading.sensor === sensor;
          expect(kept.find(ofSensor)).toEqual(pushed.find(ofSensor));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("of one sensor are the farther apart the older they are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 * READINGS_MAX }), (count) => {
        const backlog = new Backlog();
        for (let index = 0; index < count; index += 1) backlog.push(0, index, index);
        const times = contentOf(backlog).map(({ atMs }) => atMs);
        const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] as number));
        expect(times[0]).toBe(0);
        expect(gaps).toEqual([...gaps].sort((a, b) => b - a));
      }),
      { numRuns: 200 },
    );
  });

  it("are removed from the oldest on, and at most as many as there are", () => {
    const backlog = new Backlog();
    for (let index = 0; index < 5; index += 1) backlog.push(index, index, index);
    backlog.remove(2);
    expect(contentOf(backlog).map(({ atMs }) => atMs)).toEqual([2, 3, 4]);
    backlog.remove(9);
    expect(backlog.length).toBe(0);
    backlog.push(7, Number.NaN, 8);
    expect(contentOf(backlog)).toEqual([{ sensor: 7, value: Number.NaN, atMs: 8 }]);
  });
});
