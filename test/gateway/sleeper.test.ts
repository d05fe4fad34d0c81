/** A device that sleeps: what it does before, what it says, and what it still knows after it. */
import { describe, expect, it } from "vitest";
import { Sleeper, type Wake } from "../../src/gateway/sleeper.ts";
import { ALARM_REPEAT_MS, SLEEP_MEMORY_BYTES_MAX, SLEEP_QUIET_MS, SLEEP_STALL_MS } from "../../src/limits.ts";
import type { Sensor, SleepMemory } from "../../src/seams.ts";
import { MemoryStore } from "../memory-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

const INTERVAL_MS = 900_000;
const SECONDS = 1_700_000_000;

/** What outlasts the sleep: store, memory and time. */
class World {
  readonly store = new MemoryStore();
  atMs = 0;
  slept: { bytes: Uint8Array; atMs: number } | undefined;
  sizes: number[] = [];

  readonly memory: SleepMemory = {
    read: () => this.slept && { bytes: this.slept.bytes, sleptMs: this.atMs - this.slept.atMs },
    write: (bytes) => {
      this.sizes.push(bytes.length);
      this.slept = { bytes, atMs: this.atMs };
    },
  };

  begin(wake: Wake, sensors: readonly Sensor[], raw: object = {}, isClockSet = () => true): Bench {
    const beganMs = this.atMs;
    const sleeper = new Sleeper({ intervalMs: INTERVAL_MS, awakeMs: 0, wake, memory: this.memory });
    const bench: Bench = new Bench(
      {
        settings: settingsOf({ "telemetry.interval": 60, "telemetry.qos": 1, "telemetry.format": "json", ...raw }),
        sensors,
        sleeper,
        wallClock: () => {
          this.atMs = beganMs + bench.nowMs;
          return isClockSet() ? SECONDS + this.atMs / 1000 : undefined;
        },
      },
      this.store,
    );
    bench.nowMs = 0;
    return bench;
  }

  /** The host ends the program, sleeps, and begins again. */
  sleep(bench: Bench, ms = INTERVAL_MS): void {
    bench.gateway.stop(bench.nowMs);
    bench.drain();
    this.atMs += ms;
  }
}

/** Lets time pass until the gateway asks for sleep. The broker takes whatever comes, or nothing. */
function untilSleep(bench: Bench, isTaken = true): number {
  for (let looks = 0; looks < 2_000; looks += 1) {
    if (isTaken) takeAll(bench);
    const asked = bench.events.find((event) => event.type === "sleep");
    if (asked?.type === "sleep") return asked.durationMs;
    bench.pass(Math.max(1, (bench.gateway.pollTimeout() ?? Number.NaN) - bench.nowMs));
  }
  throw new Error("it does not sleep");
}

function takeAll(bench: Bench): void {
  for (let packet = bench.sent.shift(); packet; packet = bench.sent.shift()) {
    const { type, packetIdentifier = 0 } = packet;
    published.set(bench, [...(published.get(bench) ?? []), packet]);
    if (type === "publish" && packetIdentifier > 0)
      bench.receive(Uint8Array.of(0x40, 2, packetIdentifier >> 8, packetIdentifier));
  }
}
const published = new WeakMap<Bench, Bench["sent"]>();

/** Name, value and time (after `SECONDS`) of the readings that the broker has. */
function readings(bench: Bench): [string, number | undefined, number][] {
  return (published.get(bench) ?? []).flatMap(({ topic, payload = "" }) => {
    if (topic !== "/acme/tele/p1") return [];
    let base = { bn: "", bt: 0 };
    return (JSON.parse(payload) as { bn?: string; bt?: number; n: string; v?: number; t?: number }[]).map((record) => {
      base = { bn: record.bn ?? base.bn, bt: record.bt ?? base.bt };
      return [record.n, record.v, Math.round(base.bt + (record.t ?? 0) - SECONDS)] as [string, number, number];
    });
  });
}

const counting = (): Sensor => {
  let value = 0;
  return {
    name: "tank",
    unit: "l",
    sample: () => {
      value += 1;
      return value;
    },
  };
};

const tanks = (bench: Bench) => readings(bench).filter(([name]) => name === "tank");

describe("a device that sleeps", () => {
  it("sends its readings, and says until when it sleeps before it disconnects", () => {
    const world = new World();
    const bench = world.begin("timer", [counting()]).connect();
    const durationMs = untilSleep(bench);
    expect(bench.nowMs).toBeGreaterThanOrEqual(SLEEP_QUIET_MS);
    expect(bench.nowMs).toBeLessThan(2 * SLEEP_QUIET_MS);
    expect(durationMs).toBe(INTERVAL_MS - bench.nowMs);
    expect(tanks(bench)).toEqual([["tank", 1, 0]]);
    expect(bench.screen).toContain("asleep until 22:28");
    const paints = bench.screens.length;
    world.sleep(bench);
    expect(bench.sent.map(({ type }) => type)).toEqual(["publish", "disconnect"]);
    const [{ topic, payload = "" } = {}] = bench.sent;
    expect(topic).toBe("/acme/pres/p1");
    expect(payload.slice(1)).toBe(String(SECONDS + INTERVAL_MS / 1000));
    expect(bench.screens).toHaveLength(paints);
  });

  it("takes waiting pages, shows them and tells their senders before it sleeps", () => {
    const world = new World();
    const bench = world.begin("timer", [], { "screen.dwell": 5_000 }).connect();
    bench.pass(SLEEP_QUIET_MS - 100);
    for (const id of ["x", "y"])
      bench.receive(publish(IM, im(id, `text ${id}`), { packetIdentifier: id.charCodeAt(0) }));
    untilSleep(bench);
    const screens = bench.screens.flat().join("\n");
    expect(screens).toContain("text x");
    expect(screens).toContain("text y");
    const receipts = (published.get(bench) ?? []).filter(({ topic }) => topic === "/acme/im/station");
    expect(receipts.map(({ payload }) => payload).join()).toContain('"shown"');
    expect(bench.nowMs).toBeGreaterThan(5_000);
  });

  it("writes nothing to flash when the broker has all, and knows what it knew", () => {
    const world = new World();
    const steady: Sensor = { name: "level", unit: "l", deadband: 1, sample: () => 5 };
    const first = world.begin("start", [steady]).connect();
    first.receive(publish("/acme/im/p1", new Uint8Array(), { packetIdentifier: 9 }));
    untilSleep(first);
    expect(first.gateway.counters.refused + first.gateway.counters.received).toBeGreaterThan(0);
    const { counters } = first.gateway;
    const writesBefore = world.store.writes;
    world.sleep(first);
    const again = world.begin("timer", [steady], { "telemetry.maxAge": 86_400 }).connect();
    untilSleep(again);
    world.sleep(again);
    expect(world.store.writes).toBe(writesBefore);
    expect(again.gateway.counters.received).toBe(counters.received);
    expect(readings(again).filter(([name]) => name === "level")).toEqual([]);
    expect(Math.max(...world.sizes)).toBeLessThan(SLEEP_MEMORY_BYTES_MAX);
  });

  it("keeps its readings over sleeps without a broker, one write each, and sends them with their times", () => {
    const world = new World();
    const tank = counting();
    for (let wake = 0; wake < 3; wake += 1) {
      const bench = world.begin(wake === 0 ? "start" : "timer", [tank]);
      bench.gateway.start(bench.nowMs);
      bench.drain();
      const before = world.store.writes;
      untilSleep(bench, false);
      expect(bench.nowMs).toBe(SLEEP_STALL_MS);
      world.sleep(bench, INTERVAL_MS - bench.nowMs);
      expect(world.store.writes - before).toBe(1);
    }
    const bench = world.begin("timer", [tank]).connect();
    untilSleep(bench);
    expect(tanks(bench)).toEqual([
      ["tank", 1, 0],
      ["tank", 2, 900],
      ["tank", 3, 1_800],
      ["tank", 4, 2_700],
    ]);
    world.sleep(bench);
    expect(world.store.read("asleep")).toBeUndefined();
  });

  it("has each of them once, and its counters, when it goes on after a stop", () => {
    const world = new World();
    const tank = counting();
    const first = world.begin("start", [tank]);
    first.gateway.start(first.nowMs);
    first.drain();
    untilSleep(first, false);
    world.sleep(first);
    // As when another broker is tried over the serial line, and is not taken.
    const again = world.begin("timer", [tank]).connect();
    again.receive(publish(IM, im("x", "text x")));
    again.gateway.stop(again.nowMs);
    again.drain();
    // The broker has taken nothing yet.
    again.sent.length = 0;
    again.gateway.start(again.nowMs);
    again.drain();
    again.gateway.handleConnected(again.nowMs);
    again.receive(fromHex("20020100"));
    untilSleep(again);
    expect(tanks(again).map(([, value]) => value)).toEqual([1, 2]);
    expect(again.gateway.counters.received).toBe(1);
  });

  it("keeps a batch that is on its way when it gives up", () => {
    const world = new World();
    const tank = counting();
    const first = world.begin("start", [tank]).connect();
    untilSleep(first, false);
    world.sleep(first);
    const again = world.begin("timer", [tank]).connect();
    untilSleep(again);
    expect(tanks(again).map(([, value]) => value)).toEqual([1, 2]);
  });

  it("dates readings of before a power cut when the clock is set again", () => {
    const world = new World();
    const tank = counting();
    const first = world.begin("start", [tank]);
    first.gateway.start(first.nowMs);
    first.drain();
    untilSleep(first, false);
    world.sleep(first, INTERVAL_MS - first.nowMs);
    world.slept = undefined;
    let isSet = false;
    const again = world.begin("start", [tank], {}, () => isSet).connect();
    isSet = true;
    untilSleep(again);
    expect(tanks(again)).toEqual(
      expect.arrayContaining([
        ["tank", 1, 0],
        ["tank", 2, 900],
      ]),
    );
  });

  it("sounds again at once for a page that nobody has acknowledged", () => {
    const world = new World();
    const first = world.begin("start", []).connect();
    first.receive(publish(IM, im("x", "Fire", { priority: 5 })));
    untilSleep(first);
    expect(first.alerts).toEqual([5]);
    world.sleep(first, ALARM_REPEAT_MS);
    const again = world.begin("timer", []).connect();
    again.pass(10);
    expect(again.alerts).toEqual([5]);
  });

  it("does not sleep while somebody follows its log, or before a restart that was asked for", () => {
    const world = new World();
    const bench = world.begin("timer", []).connect();
    const command = { id: "c1", at: SECONDS, do: "log", seconds: 60 };
    bench.receive(publish("/acme/cmd/p1", Buffer.from(JSON.stringify(command))));
    untilSleep(bench);
    expect(bench.nowMs).toBeGreaterThan(30_000);
  });

  it.each([["{"], ["[]"], ['{"names":1}'], ['{"names":["tank"],"readings":[[0,1],["x"],null,[0,1,"2"],[7,1,5]]}']])(
    "starts with a damaged record %s",
    (text) => {
      const world = new World();
      world.store.write("asleep", Buffer.from(`\u0001${text}`));
      world.slept = { bytes: Buffer.from(text), atMs: 0 };
      const bench = world.begin("timer", [counting()]).connect();
      untilSleep(bench);
      expect(tanks(bench).filter(([, value]) => value === 1)).not.toEqual([]);
      expect(bench.gateway.counters.storeFailures).toBe(0);
    },
  );

  it("goes on where neither store nor memory takes anything", () => {
    const world = new World();
    const bench = world.begin("timer", [counting()]).connect();
    untilSleep(bench);
    world.memory.write = () => {
      throw new Error("no memory");
    };
    world.sleep(bench);
    expect(bench.gateway.counters.storeFailures).toBe(1);
  });
});
