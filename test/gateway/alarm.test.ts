import { describe, expect, it } from "vitest";
import { ALARM_BURST_MS, ALARM_QUICK_MS, ALARM_REPEAT_MS, ALARM_SLOW_REPEAT_MS } from "../../src/limits.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { Bench, IM, im, PAGE, publish, settingsOf } from "./bench.ts";

const NO_SCREEN = { width: 0, height: 0 };

function receiveMany(bench: Bench, count: number): void {
  for (let index = 0; index < count; index += 1)
    bench.receive(publish(PAGE, encodeUtf8(`text ${index}`), { packetIdentifier: index + 1 }));
}

describe("pages that come at once", () => {
  it.each([
    ["with a screen", {}],
    ["without one", { size: NO_SCREEN }],
  ])("sound once, 1,000 of them, %s", (_, options) => {
    const bench = new Bench(options).connect();
    receiveMany(bench, 1_000);
    bench.pass(10 * ALARM_REPEAT_MS);
    expect(bench.gateway.counters.stored).toBe(1_000);
    expect(bench.alerts).toEqual([3]);
  });

  it("sound again for one that is more important", () => {
    const bench = new Bench().connect();
    receiveMany(bench, 3);
    bench.receive(publish(IM, im("high", "high", { priority: 4 })), publish(IM, im("low", "low", { priority: 2 })));
    expect(bench.alerts).toEqual([3, 4]);
  });

  it("sound again after a while without a page", () => {
    const bench = new Bench().connect();
    receiveMany(bench, 3);
    bench.pass(ALARM_BURST_MS - 1);
    bench.receive(publish(IM, im("a", "still together")));
    expect(bench.alerts).toEqual([3]);
    bench.pass(ALARM_BURST_MS);
    bench.receive(publish(IM, im("b", "another one")));
    expect(bench.alerts).toEqual([3, 3]);
  });

  it("sound for the next one as soon as the carrier has read all before it", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("1", "first")));
    bench.gateway.handleButton("b", bench.nowMs);
    bench.receive(publish(IM, im("2", "second")));
    expect(bench.alerts).toEqual([3, 3]);
  });

  it("sound at a longer interval when nobody acknowledges for long, and anew for a new page", () => {
    const bench = new Bench().connect();
    const soundsIn = (ms: number) => {
      const before = bench.alerts.length;
      for (let passed = 0; passed < ms; passed += 1_000) {
        bench.pass(1_000);
        bench.answer();
      }
      return bench.alerts.length - before;
    };
    bench.receive(publish(IM, im("0", "fire", { priority: 5 })));
    expect(bench.alerts).toEqual([5]);
    expect(soundsIn(ALARM_QUICK_MS)).toBe(ALARM_QUICK_MS / ALARM_REPEAT_MS);
    expect(soundsIn(10 * ALARM_SLOW_REPEAT_MS)).toBe(10);
    bench.receive(publish(IM, im("1", "smoke", { priority: 5 })));
    expect(soundsIn(ALARM_QUICK_MS)).toBe(ALARM_QUICK_MS / ALARM_REPEAT_MS);
  });

  it("sound at the short interval when quiet hours end that have kept them silent for long", () => {
    const settings = settingsOf({ "quiet.hours": "22:00-22:45" });
    const bench = new Bench({ settings }).connect();
    bench.receive(publish(IM, im("0", "hot", { priority: 4 })));
    for (let minutes = 0; minutes < 31; minutes += 1) bench.pass(60_000);
    expect(bench.alerts).toEqual([]);
    for (let seconds = 0; seconds < 180; seconds += 1) bench.pass(1_000);
    expect(bench.alerts[0]).toBe(3);
    expect(bench.alerts.length).toBeGreaterThan(3);
  });

  it("do not put off an alert that nobody has acknowledged", () => {
    const bench = new Bench().connect();
    bench.receive(publish(IM, im("0", "fire", { priority: 5 })));
    for (let passed = 0; passed < 2 * ALARM_REPEAT_MS; passed += 1_000) {
      bench.pass(1_000);
      bench.receive(publish(IM, im(`${passed + 1}`, "also")));
    }
    expect(bench.alerts).toEqual([5, 5, 5]);
  });
});

describe("a board without a screen", () => {
  it("sounds for a page as soon as it is stored, except for priority 1", () => {
    const bench = new Bench({ size: NO_SCREEN }).connect();
    bench.receive(publish(PAGE, encodeUtf8('{"co":"quiet","pr":1}')));
    expect(bench.alerts).toEqual([]);
    bench.receive(publish(PAGE, encodeUtf8("hot")), publish(PAGE, encodeUtf8('{"co":"fire","pr":5}')));
    expect(bench.alerts).toEqual([3, 5]);
    bench.receive(publish(PAGE, encodeUtf8('{"co":"late","ex":0}')));
    expect(bench.alerts).toEqual([3, 5]);
  });

  it("keeps to quiet hours, and tells afterwards that something came", () => {
    // The bench begins one second after 22:13.
    const settings = settingsOf({ "quiet.hours": "22:00-22:15" });
    const bench = new Bench({ size: NO_SCREEN, settings }).connect();
    bench.receive(publish(PAGE, encodeUtf8("hot")));
    expect(bench.alerts).toEqual([]);
    bench.pass(120_000);
    expect(bench.alerts).toEqual([3]);
  });
});

describe("the melody that the sender chose", () => {
  const melodies = (bench: Bench) => bench.events.flatMap((event) => (event.type === "alert" ? [event.melody] : []));
  const push = (melody: string, priority: number) => publish(IM, im("a", "Fire", { priority, melody }));

  it("sounds again and again, also after a restart", () => {
    const bench = new Bench().connect();
    bench.receive(push("siren", 4));
    bench.pass(ALARM_REPEAT_MS);
    expect(melodies(bench)).toEqual(["siren", "siren"]);
    const again = new Bench({ store: bench.store }).connect();
    again.pass(ALARM_REPEAT_MS);
    expect(melodies(again)).toEqual(["siren"]);
  });

  it("is that of the priority where the device does not know the name", () => {
    const bench = new Bench().connect();
    bench.receive(push("polka", 3));
    expect([bench.alerts, melodies(bench)]).toEqual([[3], [undefined]]);
    expect(bench.gateway.counters.malformed).toBe(0);
  });

  it("is silent in quiet hours", () => {
    const bench = new Bench({ settings: settingsOf({ "quiet.hours": "22:00-07:00" }) }).connect();
    bench.receive(push("siren", 4));
    expect(bench.alerts).toEqual([]);
  });
});
