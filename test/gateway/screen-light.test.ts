/** The light behind the screen, on a host that can dim it and switch it off. */
import { describe, expect, it } from "vitest";
import { ALARM_REPEAT_MS } from "../../src/limits.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

const DIM_MS = 60_000;
const OFF_MS = 120_000;

/** The list of people, with the place of the chosen row. */
const PEOPLE = /people {2}\d/;

function benchOf(settings: Readonly<Record<string, unknown>> = {}): Bench {
  const raw = { "screen.dim": DIM_MS / 1_000, "screen.off": OFF_MS / 1_000, ...settings };
  return new Bench({ settings: settingsOf(raw), hasLight: true }).connect();
}

/** Time passes as on a host: the device is called when it asks for it. Returns how often that was. */
function live(bench: Bench, ms: number): number {
  const endMs = bench.nowMs + ms;
  for (let count = 0; ; count += 1) {
    const nextMs = bench.gateway.pollTimeout() ?? Number.POSITIVE_INFINITY;
    if (nextMs > endMs) {
      bench.nowMs = endMs;
      return count;
    }
    bench.pass(Math.max(0, nextMs - bench.nowMs));
    if (bench.sent.at(-1)?.type === "pingreq") bench.receive(Uint8Array.of(0xd0, 0));
    if (count > 1_000) throw new Error("it wakes again and again");
  }
}

function lightsOf(bench: Bench): string[] {
  return bench.events.flatMap((event) => (event.type === "light" ? [event.light] : []));
}

function dark(settings: Readonly<Record<string, unknown>> = {}): Bench {
  const bench = benchOf(settings);
  live(bench, OFF_MS);
  expect(lightsOf(bench).at(-1)).toBe("off");
  bench.events.length = 0;
  bench.answer();
  return bench;
}

describe("the light of the screen", () => {
  it("is dimmed and then switched off when nobody touches the device, to the millisecond", () => {
    const bench = benchOf();
    live(bench, DIM_MS - 1);
    expect(lightsOf(bench)).toEqual([]);
    live(bench, 1);
    expect(lightsOf(bench)).toEqual(["dim"]);
    live(bench, OFF_MS - DIM_MS - 1);
    expect(lightsOf(bench)).toEqual(["dim"]);
    live(bench, 1);
    expect(lightsOf(bench)).toEqual(["dim", "off"]);
  });

  it.each([
    [{ "screen.dim": 0 }, ["off"]],
    [{ "screen.off": 0 }, ["dim"]],
    [{ "screen.dim": 0, "screen.off": 0 }, []],
    [{ "screen.dim": 300 }, ["off"]],
  ])("keeps to the settings %j", (settings, lights) => {
    const bench = benchOf(settings);
    live(bench, 3 * OFF_MS);
    expect(lightsOf(bench)).toEqual(lights);
  });

  it("is never asked for on a host that cannot", () => {
    const bench = new Bench({ settings: settingsOf({ "screen.off": 1 }) }).connect();
    live(bench, OFF_MS);
    expect(lightsOf(bench)).toEqual([]);
  });

  it.each(["press", "tap"])("is full again after a %s in the dim, which does what it always does", (touch) => {
    const bench = benchOf();
    live(bench, DIM_MS);
    if (touch === "press") bench.gateway.handleButton("c", bench.nowMs);
    else bench.gateway.handleGesture({ kind: "tap", x: 300, y: 235 }, bench.nowMs);
    bench.drain();
    expect(lightsOf(bench)).toEqual(["dim", "full"]);
    expect(bench.screen).toMatch(PEOPLE);
    live(bench, DIM_MS);
    expect(lightsOf(bench)).toEqual(["dim", "full", "dim"]);
  });

  it.each(["press", "tap"])("is full again after a %s in the dark, which does nothing else", (touch) => {
    const bench = dark();
    const painted = bench.screens.length;
    live(bench, 600_000);
    expect(bench.screens.length).toBe(painted);
    if (touch === "press") bench.gateway.handleButton("c", bench.nowMs);
    else bench.gateway.handleGesture({ kind: "tap", x: 300, y: 235 }, bench.nowMs);
    bench.drain();
    expect(lightsOf(bench)).toEqual(["full"]);
    expect(bench.screen).not.toMatch(PEOPLE);
    // The time has gone on.
    expect(bench.screens.length).toBe(painted + 1);
    bench.gateway.handleButton("c", bench.nowMs);
    bench.drain();
    expect(bench.screen).toMatch(PEOPLE);
  });

  it("goes on for a page that sounds, once, and the page is shown", () => {
    const bench = dark();
    bench.receive(publish(IM, im("a", "Pump 3")));
    expect([bench.alerts, lightsOf(bench)]).toEqual([[3], ["full"]]);
    expect(bench.screen).toContain("Pump 3");
    live(bench, 1_000);
    expect(bench.alerts).toEqual([3]);
    expect(bench.answer()).toContain('"shown"');
  });

  it("goes on whenever an alert sounds that nobody acknowledges", () => {
    const bench = dark({ "screen.dim": 0, "screen.off": 10 });
    bench.receive(publish(IM, im("a", "Fire", { priority: 5 })));
    live(bench, 2 * ALARM_REPEAT_MS + 1);
    expect(bench.alerts).toEqual([5, 5, 5]);
    expect(lightsOf(bench)).toEqual(["full", "off", "full", "off", "full"]);
  });

  it("stays off for what comes without a sound. That does not count as shown until somebody can see it", () => {
    const bench = dark({ "quiet.hours": "on" });
    bench.receive(publish(IM, im("a", "Pump 3")), publish(IM, im("b", "Pump 4", { priority: 1 })));
    expect(bench.answer()).toContain('"stored"');
    live(bench, 60_000);
    expect([bench.alerts, lightsOf(bench), bench.screen.includes("Pump")]).toEqual([[], [], false]);
    expect(bench.answer()).not.toContain('"shown"');
    bench.gateway.handleButton("b", bench.nowMs);
    bench.drain();
    live(bench, 10_000);
    expect(bench.screens.flat().join()).toMatch(/Pump 3.*Pump 4/);
    expect(bench.answer()).toContain('"shown"');
  });

  it("goes on when the quiet hours end, and the pages that came meanwhile are shown with one sound", () => {
    // The bench begins one second after 22:13.
    const bench = dark({ "quiet.hours": "22:00-22:30" });
    bench.receive(publish(IM, im("a", "Pump 3")), publish(IM, im("b", "Pump 4")));
    live(bench, 900_000);
    expect(bench.alerts).toEqual([3]);
    expect(lightsOf(bench).slice(0, 1)).toEqual(["full"]);
    expect(bench.screens.flat().join()).toMatch(/Pump 3.*Pump 4/);
  });

  it("holds no message back at the broker while the screen is dark, however full the inbox is", () => {
    const bench = dark({ "quiet.hours": "on" });
    for (let index = 0; index < 1_000; index += 1) {
      bench.receive(publish(IM, im(`${index}`, "hum"), { packetIdentifier: index + 1 }));
      bench.answer();
    }
    bench.receive(publish(IM, im("fire", "Fire", { priority: 5 }), { packetIdentifier: 1_001 }));
    expect([bench.alerts, lightsOf(bench)]).toEqual([[5], ["full"]]);
    live(bench, 1_000);
    expect(bench.screen).toContain("Fire");
  });
});
