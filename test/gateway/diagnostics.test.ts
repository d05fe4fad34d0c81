import { describe, expect, it } from "vitest";
import { decodeTelemetry } from "../../hosts/station/decode/telemetry.ts";
import { newCounters } from "../../src/gateway/counters.ts";
import { Diagnostics } from "../../src/gateway/diagnostics.ts";
import { ownFigures } from "../../src/gateway/own-figures.ts";
import { BATCH_READINGS_MAX, FIGURES_LOG_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, PAGE, publish, settingsOf } from "./bench.ts";
import { testDevice } from "./test-device.ts";

const TELEMETRY = { format: "cbor", qos: 0, intervalSeconds: 60, maxAgeSeconds: 600, deadbands: {} } as const;

/** The figures of a simulated device without a session. */
function bench(
  figures = { heap: 1000, signal: Number.NaN, uptime: 0 } as Record<string, number>,
  telemetry: object = {},
) {
  const device = testDevice({ settings: { ...settingsOf(), telemetry: { ...TELEMETRY, ...telemetry } } });
  const deadbands: Record<string, number> = { heap: 100, uptime: Number.POSITIVE_INFINITY };
  const sensors = Object.keys(figures).map((name) => ({
    name,
    unit: "B",
    deadband: deadbands[name] ?? 1,
    sample: () => figures[name] as number,
  }));
  const diagnostics = new Diagnostics(device, sensors, "reset: Brownout");
  diagnostics.start(0);
  const take = () => {
    const taken: string[] = [];
    for (let outgoing = diagnostics.next(); outgoing; outgoing = diagnostics.next()) {
      expect([outgoing.topic, outgoing.qos, outgoing.retain]).toEqual(["/acme/tele/p1", 0, false]);
      taken.push(...decodeTelemetry(outgoing.payload).readings.map(({ name, value }) => `${name.slice(3)} ${value}`));
      outgoing.handleSent();
    }
    return taken;
  };
  return { device, diagnostics, figures, take };
}

describe("the figures of a device", () => {
  it("are sent on each connection if they are known, with the reason of the start", () => {
    const { diagnostics, take } = bench();
    expect(take()).toEqual([]);
    for (const nowMs of [1000, 2000]) {
      diagnostics.handleConnected(nowMs);
      expect(take()).toEqual(["last-reset reset: Brownout", "heap 1000", "uptime 0"]);
      expect(diagnostics.timeoutMs).toBe(nowMs + 60_000);
    }
  });

  it("are sent again when they have changed by their deadband, not before the interval has passed", () => {
    const { diagnostics, figures, take } = bench();
    diagnostics.handleConnected(0);
    take();
    figures.heap = 901;
    diagnostics.handleTimeout(60_000);
    expect(take()).toEqual([]);
    figures.heap = 900;
    diagnostics.handleTimeout(119_999);
    expect(take()).toEqual([]);
    diagnostics.handleTimeout(120_000);
    expect(take()).toEqual(["heap 900"]);
  });

  it("are told once when they become known or fail", () => {
    const { diagnostics, figures, take } = bench();
    diagnostics.handleConnected(0);
    take();
    figures.signal = -60;
    diagnostics.handleTimeout(60_000);
    expect(take()).toEqual(["signal -60"]);
    figures.signal = Number.NaN;
    diagnostics.handleTimeout(120_000);
    diagnostics.handleTimeout(180_000);
    expect(take()).toEqual(["signal failed"]);
  });

  it("that change all the time are sent when they are as old as the setting says", () => {
    const { diagnostics, figures, take } = bench();
    diagnostics.handleConnected(0);
    take();
    const taken: string[] = [];
    for (let second = 60; second <= 1200; second += 60) {
      figures.uptime = second;
      diagnostics.handleTimeout(second * 1000);
      taken.push(...take());
    }
    expect(taken).toEqual(["uptime 600", "uptime 1200"]);
  });

  it("go out in as many packets as they need, and a change that waits is sent once, with its newest value", () => {
    const many = Object.fromEntries(Array.from({ length: 2 * BATCH_READINGS_MAX + 1 }, (_, at) => [`f${at}`, at]));
    const { diagnostics, figures, take } = bench(many);
    diagnostics.handleConnected(0);
    const first = diagnostics.next();
    first?.handleSent();
    figures.f40 = 7;
    figures.f32 = 7;
    diagnostics.handleTimeout(60_000);
    const taken = take();
    expect(taken).toHaveLength(BATCH_READINGS_MAX + 1);
    expect(taken.at(-1)).toBe("f32 7");
  });

  it("are not sent if the settings turn telemetry off", () => {
    const { diagnostics, take } = bench(undefined, { intervalSeconds: 0 });
    diagnostics.handleConnected(0);
    expect([take(), diagnostics.timeoutMs]).toEqual([[], FIGURES_LOG_MS]);
  });

  it("obey the deadbands of the settings", () => {
    const { diagnostics, figures, take } = bench(undefined, { deadbands: { heap: 500 } });
    diagnostics.handleConnected(0);
    take();
    figures.heap = 600;
    diagnostics.handleTimeout(60_000);
    expect(take()).toEqual([]);
  });

  it("stand in the log each hour, those that are not 0, after the reason of the start", () => {
    const { device, diagnostics } = bench({ heap: 1000, refused: 0, signal: Number.NaN });
    const logged = () => {
      const lines: string[] = [];
      for (let event = device.events.poll(); event; event = device.events.poll())
        if (event.type === "log") lines.push(event.line);
      return lines;
    };
    expect(logged()).toEqual(["started: reset: Brownout"]);
    diagnostics.handleTimeout(FIGURES_LOG_MS - 1);
    expect(logged()).toEqual([]);
    diagnostics.handleTimeout(FIGURES_LOG_MS);
    expect(logged()).toEqual(["figures: heap 1000 B"]);
  });

  it("are its uptime and each of its counts, by a name in small letters", () => {
    const counters = { ...newCounters(), storeFailures: 3, received: 2 };
    const figures = ownFigures(
      () => 61_500,
      () => counters,
    );
    const values = Object.fromEntries(figures.map(({ name, sample }) => [name, sample()]));
    expect(values).toMatchObject({ uptime: 61, "store-failures": 3, received: 2, sent: 0, duplicates: 0 });
    expect(figures).toHaveLength(Object.keys(counters).length + 1);
  });
});

describe("a whole device", () => {
  const options = {
    settings: settingsOf({ "telemetry.interval": 60, "telemetry.format": "json" }),
    startReason: "unhandled exception: Error: no bus",
    figures: [{ name: "heap-least", unit: "B", isDiagnostic: true, sample: () => 18_000 }],
  };
  const readings = (bench: Bench) =>
    bench
      .takeSent()
      .flatMap((line) => (line.startsWith("/acme/tele/p1 ") ? JSON.parse(line.slice("/acme/tele/p1 ".length)) : []));

  it("tells why it started again, how many messages it has received and sent, and which it refused", () => {
    const bench = new Bench(options).connect();
    expect(readings(bench)).toContainEqual(expect.objectContaining({ n: "last-reset", vs: options.startReason }));
    bench.receive(publish(PAGE, encodeUtf8("x"), { packetIdentifier: 2 }));
    bench.receive(publish("/acme/im/p1", encodeUtf8("no message"), { packetIdentifier: 3 }));
    bench.pass(60_000);
    const told = readings(bench);
    expect(told).toContainEqual(expect.objectContaining({ n: "received", v: 2 }));
    expect(told).toContainEqual(expect.objectContaining({ n: "refused", v: 1 }));
    expect(told.map(({ n }) => n)).not.toContain("heap-least");
  });

  it("sends nothing while nothing happens, although it counts what it sends", () => {
    const bench = new Bench(options).connect();
    bench.pass(60_000);
    bench.takeSent();
    for (let minute = 0; minute < 5; minute += 1) {
      bench.receive(fromHex("d000"));
      bench.pass(60_000);
    }
    expect(readings(bench)).toEqual([]);
    const { sent } = bench.gateway.counters;
    bench.receive(fromHex("d000"));
    bench.pass(300_000);
    expect(readings(bench)).toContainEqual(expect.objectContaining({ n: "sent", v: sent }));
  });

  it("shows the same figures on its screen", () => {
    const bench = new Bench(options).connect();
    for (const button of ["c", "c", "b", "c"] as const) {
      bench.pass(1000);
      bench.gateway.handleButton(button, bench.nowMs);
      bench.drain();
    }
    expect(bench.screen).toContain("this device");
    expect(bench.screen).toContain("unhandled exception: Error");
    expect(bench.screen).toContain(">  heap-least  18000 B");
  });
});
