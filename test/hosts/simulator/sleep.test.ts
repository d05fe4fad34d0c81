/** Boards that sleep, in the simulator's engine: the made-up chip ends the program, and the test starts it again. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import type { Broker } from "../../brokers/broker.ts";
import { type Bench, eventually, useBench } from "./bench.ts";
import { ASLEEP, launchBoard, said, says, switchOn, WIFI_UID } from "./launched-board.ts";

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const launch = (script: BoardScript, settings: Values) =>
  launchBoard(bench, script, {
    "broker.host": "127.0.0.1",
    "broker.port": broker.port,
    "telemetry.interval": 0,
    ...settings,
  });

const startSender = () => bench.sender(broker.port, WIFI_UID);

const nowSeconds = () => Math.floor(Date.now() / 1000);

describe("a board that sleeps", () => {
  const SLEEPING: Values = { "sleep.interval": 600, "sleep.awake": 0, "telemetry.interval": 60, "telemetry.qos": 1 };
  const slept = (simulator: LaunchedSimulator) => simulator.lines.filter((line) => line.startsWith("deep sleep:"));
  const sleeps = (simulator: LaunchedSimulator) =>
    eventually(() => expect(slept(simulator), simulator.lines.join("\n")).toHaveLength(1), 60_000);
  const memory = () => join(bench.home, "rtc-memory");

  it("says until when, is woken by its timer, takes the page that waits, draws it and sleeps again", async () => {
    const sender = await startSender();
    const first = launch({ board: "m5paper" }, SLEEPING);
    await sleeps(first);
    expect(slept(first)[0]).toMatch(/^deep sleep: 59\d{4} ms, wake pin 38, held pin 2$/);
    expect(await first.ended).toBe(ASLEEP);
    const presence = Buffer.from(sender.presence.at(-1)?.hex ?? "", "hex");
    expect(presence[0]).toBe(0x95);
    const untilSeconds = Number(presence.subarray(1).toString());
    expect(untilSeconds).toBeGreaterThan(nowSeconds() + 500);
    expect(untilSeconds).toBeLessThan(nowSeconds() + 700);
    await sender.push(WIFI_UID, { id: "night", text: "Pump 3 over temperature" });

    const again = switchOn(bench, { board: "m5paper", wake: "timer", reset: "Deep Sleep" });
    await sleeps(again);
    expect(said(again, "session present")).not.toEqual([]);
    expect(sender.statesOf("night")).toEqual(["stored", "shown"]);
    expect(said(again, "Stopped before")).toEqual([]);
  });

  it("keeps its readings and its counters over a sleep without a network", async () => {
    const sender = await startSender();
    const told: { n: string; bt?: number; v?: number }[] = [];
    sender.client.on("message", (topic, payload) => {
      if (topic === `/field/tele/${WIFI_UID}`) told.push(...JSON.parse(String(payload)));
    });
    await sender.client.subscribeAsync(`/field/tele/${WIFI_UID}`, { qos: 1 });
    const settings = { ...SLEEPING, "telemetry.format": "json" };
    const first = launch({ board: "m5paper" }, { ...settings, "broker.port": 9 });
    await sleeps(first);
    expect(readdirSync(join(bench.home, "flash", "fp-records"))).toContain("asleep");
    expect(readFileSync(memory()).subarray(8).toString()).toContain("battery");
    const beforeSeconds = nowSeconds();
    await first.kill();

    const again = launch({ board: "m5paper", wake: "button", reset: "Deep Sleep" }, settings);
    await sleeps(again);
    // The oldest reading of a batch has its time.
    const oldest = Math.min(...told.map(({ bt = Number.POSITIVE_INFINITY }) => bt));
    expect(oldest).toBeLessThan(beforeSeconds - 20);
    expect(told.find(({ n }) => n === "uptime")?.v).toBeGreaterThan(20);
    expect(readdirSync(join(bench.home, "flash", "fp-records"))).not.toContain("asleep");
  });

  it("starts in time again after many short runs: a sleep is no early end", async () => {
    for (let wake = 0; wake < 6; wake += 1) {
      const simulator = launch({ board: "nodemcu", ...(wake > 0 && { wake: "timer", reset: "Deep Sleep" }) }, SLEEPING);
      await sleeps(simulator);
      expect(said(simulator, "Safe mode")).toEqual([]);
      await simulator.ended;
    }
  });

  it("with an empty battery says goodbye, and does not connect again before it is charged", async () => {
    const sender = await startSender();
    const first = launch({ board: "m5paper", battery: 0.01 }, { "sleep.awake": 0 });
    await sleeps(first);
    expect(said(first, "battery empty: 1%")).toHaveLength(1);
    await eventually(() =>
      expect(Buffer.from(sender.presence.at(-1)?.hex ?? "", "hex").toString("latin1")).toBe("\u0092battery empty"),
    );
    await first.ended;
    const again = launch({ board: "m5paper", battery: 0.01, wake: "timer", reset: "Deep Sleep" }, { "sleep.awake": 0 });
    await sleeps(again);
    expect(said(again, "connected to")).toEqual([]);
    await again.ended;
    const charged = launch(
      { board: "m5paper", battery: 0.5, wake: "timer", reset: "Deep Sleep" },
      { "sleep.awake": 0 },
    );
    await says(charged, "connected to");
    await says(charged, "battery good: 50%");
  });
});

describe("a board that stops its clocks between two events", () => {
  const changes = (simulator: LaunchedSimulator) => simulator.lines.filter((line) => line.startsWith("light sleep: "));

  it("is awake for an alert and while something comes over the serial line, and takes a press that it does not see", async () => {
    const sender = await startSender();
    const simulator = launch({ board: "nodemcu" }, { "sleep.light": "yes" });
    await says(simulator, "connected to");
    expect(changes(simulator)).toEqual(["light sleep: allowed"]);
    await sender.push(WIFI_UID, { id: "one", text: "Pump 3 over temperature" });
    await eventually(() =>
      expect(changes(simulator).slice(1)).toEqual(["light sleep: not allowed", "light sleep: allowed"]),
    );
    simulator.say("hold a unseen");
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
    simulator.say("serial 0a");
    await eventually(() => expect(changes(simulator).slice(3)).toEqual(["light sleep: not allowed"]));
  });

  it("does so only if its settings say so", async () => {
    const simulator = launch({ board: "nodemcu" }, {});
    await says(simulator, "connected to");
    expect(changes(simulator)).toEqual([]);
  });
});
