/**
 * The file of each board (`hosts/esp32/boards`) with made-up drivers, in the simulator's engine. The board reaches the broker, its
 * buttons open a page, and an alert uses the sound, motor and light that the board has.
 */
import { describe, expect, it } from "vitest";
import { BOARDS } from "../../../hosts/esp32/tools/boards.ts";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { PRESS_GUARD_MS } from "../../../src/limits.ts";
import { rhythmOf, tonesOf } from "../../../src/melodies.ts";
import type { Broker } from "../../brokers/broker.ts";
import type { TestSender } from "../../brokers/test-sender.ts";
import { type Bench, eventually, useBench } from "./bench.ts";
import { launchBoard, said, says, WIFI_UID } from "./launched-board.ts";

/** A panel without an interrupt is sampled this often, in milliseconds. A loaded machine needs a few of them. */
const TOUCH_POLL_MS = 60;

/** Each press changes the picture. */
const PRESSES_MAX = 60;
const PRESSES_REST = 14;
/** Longer than the rest after which e-paper is cleared, in milliseconds. */
const REST_MS = 40_000;

const ETHERNET_UID = "pager-aabbcf";

/** What the driver of the mixer traces for a message of priority 3. */
const MIXER = ["sound: 880 Hz 2205, silence 2205", "sound ended"];
const MOTOR = ["vibration: on", "vibration: off"];
const LIGHT = ["light: on", "light: off", "light: closed"];

interface Tapped {
  readonly script?: BoardScript;
  readonly settings?: Values;
}

interface Expected {
  /** How the board's button opens a page. undefined: it has no button. */
  readonly opens?: "press b" | "press a" | "hold a";
  readonly alert: readonly string[];
  /** What the melody `rise` adds. */
  readonly rise?: readonly string[];
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  esp32c3: { opens: "hold a", alert: LIGHT },
  esp32c3_ili9341: { opens: "press b", alert: LIGHT },
  lilygo_ttgo: { opens: "press a", alert: [] },
  m5paper: { opens: "press b", alert: [] },
  m5stack: { opens: "press b", alert: ["dac: 880 Hz", "dac: quiet"], rise: ["dac: 988 Hz", "dac: 1319 Hz"] },
  m5stack_core2: { opens: "press b", alert: [...MIXER, ...MOTOR] },
  // 200 ms at 24,000 samples a second are 4,800. A half wave of 880 Hz has 14 samples.
  m5stack_cores3: { opens: "press b", alert: ["sound ended: 4800 samples, 343 changes"] },
  m5stick_cplus: {
    opens: "press a",
    alert: ["pin 2: 880 Hz", "pin 2: quiet", "pin 10: 0", "pin 10: 1"],
    rise: ["pin 2: 988 Hz", "pin 2: 1319 Hz"],
  },
  moddable_two: { opens: "hold a", alert: [] },
  nodemcu: { opens: "hold a", alert: LIGHT },
  wt32_eth01: { alert: [] },
};

/** The simulated board holds a button for 900 ms. */
const HELD_MS = 1_000;

/** What the light of a screen does when it is dimmed, switched off and full. */
const LIGHTS: Readonly<Record<string, { readonly dim: string; readonly off: string; readonly full: string }>> = {
  lilygo_ttgo: { dim: "pin 4: 1", off: "pin 4: 0", full: "pin 4: 1" },
  m5stack: { dim: "pin 32: 1", off: "pin 32: 0", full: "pin 32: 1" },
  m5stack_core2: { dim: "backlight: 20 %", off: "backlight: 0 %", full: "backlight: 100 %" },
  // Output DLDO1 of the power chip: register 99 is its voltage, and bit 7 of register 90 switches it.
  m5stack_cores3: { dim: "power chip 99: 16", off: "power chip 90: 3f", full: "power chip 99: 1c" },
  m5stick_cplus: { dim: "backlight: 20 %", off: "backlight: 0 %", full: "backlight: 100 %" },
  moddable_two: { dim: "backlight: 20 %", off: "backlight: 0 %", full: "backlight: 100 %" },
};

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const launch = (script: BoardScript, settings: Values = {}) =>
  launchBoard(bench, script, {
    "broker.host": "127.0.0.1",
    "broker.port": broker.port,
    "telemetry.interval": 0,
    ...settings,
  });

function act(simulator: LaunchedSimulator, opens: NonNullable<Expected["opens"]>): void {
  if (opens === "hold a") simulator.say(opens);
  else simulator.press(opens === "press a" ? "a" : "b");
}

async function showsPage(sender: TestSender, uid: string, id: string): Promise<void> {
  await sender.push(uid, { id, text: "Pump 3 over temperature" });
  await eventually(() => expect(sender.statesOf(id)).toEqual(["stored", "shown"]));
}

it("every board is expected to do something", () => {
  expect(Object.keys(EXPECTED)).toEqual(BOARDS);
});

describe.each(BOARDS)("%s", (board) => {
  const { opens, alert, rise = [] } = EXPECTED[board] as Expected;
  const uid = board === "wt32_eth01" ? ETHERNET_UID : WIFI_UID;

  it("gets a page, announces it with all that it has, and a button opens it", async () => {
    const sender = await bench.sender(broker.port, uid);
    const simulator = launch({ board });
    await says(simulator, `connected to 127.0.0.1:${broker.port}`);
    await showsPage(sender, uid, "one");
    for (const line of alert) await eventually(() => expect(simulator.lines).toContain(line));
    const others = simulator.lines.filter((line) => /^(sound|vibration|light|dac|pin \d)/.test(line));
    expect(others.filter((line) => !alert.includes(line))).toEqual([]);
    if (opens === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    act(simulator, opens);
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
    if (rise.length === 0) return;
    await sender.push(uid, { id: "two", text: "Pump 3 over temperature", extra: { so: "rise" } });
    for (const line of rise) await eventually(() => expect(simulator.lines).toContain(line));
  });
});

it("a board that only vibrates does so in the rhythm of the melody", async () => {
  const sender = await bench.sender(broker.port, WIFI_UID);
  const simulator = launch({ board: "m5stack_core2", sound: "none" });
  await says(simulator, `connected to 127.0.0.1:${broker.port}`);
  const begin = simulator.lines.length;
  await sender.push(WIFI_UID, { id: "knock", text: "Pump 3 over temperature", extra: { so: "knock" } });
  const rhythm = rhythmOf(tonesOf(3, "knock")).map(({ hertz }) => `vibration: ${hertz > 0 ? "on" : "off"}`);
  const felt = () => simulator.lines.slice(begin).filter((line) => /^(vibration|sound)/.test(line));
  await eventually(() => expect(felt()).toEqual([...rhythm, "vibration: off"]));
});

/** A chip in light sleep does not see the edge with which a panel tells of a finger. */
const IN_LIGHT_SLEEP: Tapped = { script: { touch: "has an unseen edge" }, settings: { "sleep.light": "yes" } };

describe.each<readonly [board: string, Tapped]>([
  ["m5stack_core2", {}],
  ["m5stack_cores3", IN_LIGHT_SLEEP],
  ["m5paper", IN_LIGHT_SLEEP],
])("%s", (board, { script, settings }) => {
  it("takes a tap on a label for a press of its button, and no finger that was there at the start", async () => {
    const sender = await bench.sender(broker.port, WIFI_UID);
    const simulator = launch({ board, finger: true, ...script }, settings);
    await says(simulator, `connected to 127.0.0.1:${broker.port}`);
    await showsPage(sender, WIFI_UID, "one");
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    simulator.say("finger");
    await new Promise((resolve) => setTimeout(resolve, 2 * TOUCH_POLL_MS));
    expect(sender.statesOf("one")).toEqual(["stored", "shown"]);
    simulator.say("finger 160 230");
    await new Promise((resolve) => setTimeout(resolve, 3 * TOUCH_POLL_MS));
    simulator.say("finger");
    await eventually(() => expect(sender.statesOf("one")).toEqual(["stored", "shown", "read"]));
  });
});

describe.each(["m5stack_core2", "m5stack_cores3"])("%s", (board) => {
  it.each(["is missing", "fails"] as const)("shows pages where its touch panel %s", async (touch) => {
    const sender = await bench.sender(broker.port, WIFI_UID);
    const simulator = launch({ board, touch });
    await says(simulator, "connected to");
    await showsPage(sender, WIFI_UID, "one");
    await eventually(() => expect(said(simulator, "touch: Error: I2C")).toHaveLength(3));
  });
});

describe.each(Object.entries(LIGHTS))("%s", (board, { dim, off, full }) => {
  it("dims the light of its screen, switches it off, and on again for a page and for a press, and sleeps only in the dark", async () => {
    const settings: Values = { "screen.dim": 2, "screen.off": 4, "sleep.light": "yes" };
    const sender = await bench.sender(broker.port, WIFI_UID);
    const simulator = launch({ board }, settings);
    const lights = () => simulator.lines.filter((line) => [dim, off, full].includes(line));
    await eventually(() => expect(lights()).toEqual([dim, off]));
    await showsPage(sender, WIFI_UID, "one");
    await eventually(() => expect(lights()).toEqual([dim, off, full, dim, off]));
    const opens = EXPECTED[board]?.opens ?? "press b";
    act(simulator, opens);
    await eventually(() => expect(lights()).toEqual([dim, off, full, dim, off, full]));
    const sleeps = ["light sleep: allowed", "light sleep: not allowed"];
    expect(simulator.lines.filter((line) => line === off || sleeps.includes(line))).toEqual([
      off,
      ...sleeps,
      off,
      ...sleeps,
    ]);
    // It was dark. So that press was for the light. A button that is held has to be let go first.
    await new Promise((resolve) => setTimeout(resolve, HELD_MS + PRESS_GUARD_MS));
    expect(sender.statesOf("one")).not.toContain("read");
    act(simulator, opens);
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
  });
});

describe("m5paper", () => {
  it("clears the ghosts of former pictures after many of them, and not at each", async () => {
    const sender = await bench.sender(broker.port, WIFI_UID);
    const simulator = launch({ board: "m5paper" });
    await says(simulator, "connected to");
    await showsPage(sender, WIFI_UID, "one");
    const clearings = () => simulator.lines.filter((line) => line.startsWith("screen: G"));
    const pressUntil = async (isEnough: () => boolean, most = PRESSES_MAX) => {
      let count = 0;
      for (; count < most && !isEnough(); count += 1) {
        simulator.press("c");
        await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
      }
      return count;
    };
    await pressUntil(() => clearings().length > 0);
    await eventually(() => expect(clearings()).toEqual(["screen: GC16", "screen: GLD16"]));
    expect(await pressUntil(() => clearings().length > 2)).toBeGreaterThan(PRESSES_MAX / 4);
    // Some pictures, then nobody looks. A loaded machine may miss presses, so there are two rounds, of less than what clears at once.
    for (let round = 0; round < 2 && clearings().length < 6; round += 1) {
      await pressUntil(() => false, PRESSES_REST);
      expect(clearings()).toHaveLength(4);
      await eventually(() => expect(clearings()).toHaveLength(6), REST_MS).catch(() => {});
    }
    expect(clearings()).toHaveLength(6);
  });
});

describe("Ethernet", () => {
  it("can be lost and comes back", async () => {
    const simulator = launch({ board: "wt32_eth01" });
    await says(simulator, "Ethernet: connected as 192.0.2.8");
    simulator.say("cable out");
    await says(simulator, "Ethernet: link lost");
    simulator.say("cable in");
    await eventually(() => expect(said(simulator, "Ethernet: connected as")).toHaveLength(2));
  });

  it("says that there is no address, and takes one when there is a cable", { timeout: 90_000 }, async () => {
    const simulator = launch({ board: "wt32_eth01", cable: "out" });
    await says(simulator, "Ethernet: no address", 60_000);
    simulator.say("cable in");
    await says(simulator, "Ethernet: connected as 192.0.2.8");
  });
});
