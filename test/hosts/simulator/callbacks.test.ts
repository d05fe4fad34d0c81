/**
 * What a driver of the SDK calls back, or is called for, and throws. The log names the part, the device counts it, and the pager goes on: a
 * page still comes. Screen, touch, buttons, vibration, time and Wi-Fi are in `esp32-board.test.ts` and `boards.test.ts`.
 */
import { describe, expect, it } from "vitest";
import type { BreakableDriver } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import type { Broker } from "../../brokers/broker.ts";
import { type Bench, eventually, useBench } from "./bench.ts";
import { launchBoard, says } from "./launched-board.ts";

const UID = "bay-7";

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

interface Case {
  readonly driver: BreakableDriver;
  readonly board: string;
  /** What the log says. */
  readonly line: string;
  readonly settings?: Values;
  /** A line of input that makes the driver call. Without it, the page does. */
  readonly trigger?: string;
}

const CASES: readonly Case[] = [
  { driver: "sound", board: "m5stack", line: "sound: Error: DAC" },
  { driver: "sound", board: "m5stack_core2", line: "sound: Error: I2S" },
  { driver: "sound", board: "m5stack_cores3", line: "sound: Error: I2S" },
  { driver: "sound", board: "m5stick_cplus", line: "sound: Error: LEDC" },
  { driver: "light", board: "nodemcu", line: "light: Error: RMT" },
  { driver: "ethernet", board: "wt32_eth01", line: "Ethernet: Error: EMAC", trigger: "cable out" },
  {
    driver: "digital",
    board: "wt32_eth01",
    line: "input door: Error: GPIO",
    settings: { inputs: "door=14:contact" },
    trigger: "pin 14 1",
  },
  {
    driver: "bluetooth",
    board: "wt32_eth01",
    line: "Bluetooth: Error: NimBLE",
    settings: { "bthome.devices": "a4:c1:38:8d:18:b2=fridge" },
    trigger: "hear a4:c1:38:8d:18:b2 020106",
  },
  { driver: "serial", board: "m5stack", line: "serial line: Error: UART", trigger: "serial 0a" },
];

describe.each(CASES)("$driver of the $board", ({ driver, board, line, settings = {}, trigger }) => {
  it("throws, and the pager goes on", async () => {
    const sender = await bench.sender(broker.port, UID);
    const simulator = launchBoard(
      bench,
      { board },
      { uid: UID, "broker.host": "127.0.0.1", "broker.port": broker.port, "telemetry.interval": 0, ...settings },
    );
    await says(simulator, `connected to 127.0.0.1:${broker.port}`);
    simulator.say(`break ${driver}`);
    const receives = (id: string) =>
      receivesPage(
        simulator,
        () => sender.push(UID, { id, text: "Pump 3" }),
        () => sender.statesOf(id),
      );
    if (trigger === undefined) await receives("one");
    else simulator.say(trigger);
    await says(simulator, line);
    simulator.say("mend");
    if (trigger === "cable out") simulator.say("cable in");
    await receives("two");
    expect(simulator.lines.join("\n")).not.toContain("Stopped");
  });
});

async function receivesPage(
  simulator: LaunchedSimulator,
  push: () => Promise<unknown>,
  states: () => readonly string[],
): Promise<void> {
  await push();
  await eventually(() => expect(states(), simulator.lines.join("\n")).toEqual(["stored", "shown"]));
}
