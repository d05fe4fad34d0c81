import { describe, expect, it } from "vitest";
import { decodeTelemetry } from "../../hosts/station/decode/telemetry.ts";
import { TelemetrySource } from "../../src/gateway/telemetry-source.ts";
import { BATCH_READINGS_MAX, READINGS_MAX, TELEMETRY_BYTES_MAX } from "../../src/limits.ts";
import { Sampler } from "../../src/sensor/sampler.ts";
import { settingsOf } from "./bench.ts";
import { testDevice } from "./test-device.ts";

const SETTINGS = { format: "cbor", qos: 1, intervalSeconds: 1, maxAgeSeconds: 600, deadbands: {} } as const;

/** A sensor that counts, sampled each second for so many seconds without a connection. */
function afterSeconds(seconds: number, clock: { seconds: number | undefined }, name = "t") {
  let value = 0;
  const sensor = { name, unit: "count", sample: () => value++ };
  const device = testDevice({ settings: { ...settingsOf(), telemetry: SETTINGS }, wallClock: () => clock.seconds });
  const { counters } = device;
  const sampler = new Sampler([sensor], { intervalMs: 1000, ageMaxMs: 0, counters });
  sampler.start(0);
  for (let second = 0; second < seconds; second += 1) sampler.handleTimeout(second * 1000);
  const source = new TelemetrySource(device, sampler);
  const sendAll = (nowMs: number) => {
    const batches: Uint8Array[] = [];
    for (let outgoing = source.next(nowMs); outgoing; outgoing = source.next(nowMs)) {
      expect([outgoing.topic, outgoing.qos, outgoing.retain]).toEqual(["/acme/tele/p1", 1, false]);
      batches.push(outgoing.payload);
      outgoing.handleSent();
      // The next one waits until the broker has this one.
      expect(source.next(nowMs)).toBeUndefined();
      outgoing.handleTaken?.();
    }
    return batches;
  };
  return { source, counters, sendAll };
}

describe("telemetry after an outage", () => {
  it("goes out oldest first, in batches, every reading with the time when it was taken", () => {
    const { source, sendAll } = afterSeconds(40, { seconds: 1_700_000_100 });
    // `next` does not remove the readings.
    expect(source.next(60_000)?.payload).toEqual(source.next(60_000)?.payload);
    const batches = sendAll(60_000).map((payload) => decodeTelemetry(payload).readings);
    expect(batches.map(({ length }) => length)).toEqual([
      BATCH_READINGS_MAX,
      BATCH_READINGS_MAX,
      40 - 2 * BATCH_READINGS_MAX,
    ]);
    expect(batches.flat()).toEqual(
      Array.from({ length: 40 }, (_, second) => ({
        name: "p1/t",
        unit: "count",
        value: second,
        timeSeconds: 1_700_000_040 + second,
        isRelative: false,
      })),
    );
  });

  it("has relative times until the clock is set, and then absolute ones, also for older samples", () => {
    const clock: { seconds: number | undefined } = { seconds: undefined };
    const { source } = afterSeconds(2, clock);
    const read = () => decodeTelemetry(source.next(10_000)?.payload as Uint8Array).readings;
    expect(read().map(({ timeSeconds, isRelative }) => [timeSeconds, isRelative])).toEqual([
      [-10, true],
      [-9, true],
    ]);
    clock.seconds = 1_700_000_000;
    expect(read().map(({ timeSeconds, isRelative }) => [timeSeconds, isRelative])).toEqual([
      [1_699_999_990, false],
      [1_699_999_991, false],
    ]);
  });

  it("of a day keeps its first and its last reading, and counts those that were given up", () => {
    const { counters, sendAll } = afterSeconds(86_400, { seconds: 1_700_000_000 });
    const readings = sendAll(86_400_000).flatMap((payload) => decodeTelemetry(payload).readings);
    expect(readings[0]?.value).toBe(0);
    expect(readings.at(-1)?.value).toBe(86_399);
    expect(readings.length).toBeLessThanOrEqual(READINGS_MAX);
    expect(readings.length + counters.thinned).toBe(86_400);
  });

  it("of sensors with long names goes out in smaller batches", () => {
    const { sendAll } = afterSeconds(20, { seconds: undefined }, "n".repeat(400));
    const batches = sendAll(20_000);
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(TELEMETRY_BYTES_MAX);
    expect(batches.flatMap((payload) => decodeTelemetry(payload).readings)).toHaveLength(20);
  });
});
