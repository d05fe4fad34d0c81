/**
 * Inputs and Bluetooth sensors of a board, in the simulator's engine. The drivers are made up. The rest is the program of the
 * board.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { decodeMessage } from "../../../src/payload/message.ts";
import type { Broker } from "../../brokers/broker.ts";
import { ENCRYPTED } from "../../vectors/bthome.ts";
import { Bench, eventually } from "./bench.ts";

const UID = "cabinet-3";
const PLAIN = "a4:c1:38:8d:18:b2";

/** Makes an advertisement with this service data. */
const advertise = (data: string) => {
  const digits = data.replaceAll(" ", "");
  return `020106${(digits.length / 2 + 3).toString(16).padStart(2, "0")}16d2fc${digits}`;
};

class SensorBench extends Bench {
  /** The newest value of each reading, and how often it came. */
  readonly told = new Map<string, { value: number | undefined; times: number }>();
  readonly documents = new Map<string, string>();
  readonly pages: string[] = [];

  async listen(broker: Broker): Promise<void> {
    const { client } = await this.sender(broker.port, UID);
    client.on("message", (topic, payload) => {
      if (topic === "/field/im/night-shift")
        this.pages.push(new TextDecoder().decode(decodeMessage(payload).contents[0]?.content));
      else if (topic.startsWith("homeassistant/")) this.documents.set(topic, String(payload));
      else if (topic.startsWith("/field/tele/"))
        for (const { n, v } of JSON.parse(String(payload)))
          this.told.set(n, { value: v, times: (this.told.get(n)?.times ?? 0) + 1 });
    });
    await client.subscribeAsync([`/field/tele/${UID}`, "/field/im/night-shift", "homeassistant/#"], { qos: 1 });
  }

  start(broker: Broker, settings: Values, script: BoardScript = {}): LaunchedSimulator {
    const flash = join(this.home, "flash", "fp-settings");
    mkdirSync(flash, { recursive: true });
    const all = {
      uid: UID,
      "broker.host": "127.0.0.1",
      "broker.port": broker.port,
      "homeAssistant.discovery": "yes",
      ...settings,
    };
    writeFileSync(join(flash, "settings-a"), Uint8Array.of(0, ...encodeCopy(all, 1)));
    writeFileSync(join(this.home, "board.json"), JSON.stringify({ board: "wt32_eth01", ...script }));
    return this.launch(process.env.FIELDPAGER_ESP32_PROGRAM, {}, 110);
  }

  value(name: string): number | undefined {
    return this.told.get(name)?.value;
  }
}

let bench: SensorBench;
let broker: Broker;

beforeEach(async () => {
  bench = new SensorBench();
  broker = await bench.broker();
  await bench.listen(broker);
});

afterEach(() => bench.end());

const says = (simulator: LaunchedSimulator, words: string) =>
  eventually(() => expect(simulator.lines.join("\n")).toContain(words));

describe("devices that advertise", () => {
  const devices = {
    "bthome.devices": `${PLAIN}=fridge,${ENCRYPTED.address}=attic`,
    "bthome.keys": `attic=${ENCRYPTED.key}`,
  };

  it("become readings and devices of Home Assistant, also if they encrypt; a state is sent at once", async () => {
    const simulator = bench.start(broker, { ...devices, "telemetry.interval": 3600 });
    await says(simulator, "Bluetooth: scanning");
    await says(simulator, "connected to");
    simulator.say(`hear ${PLAIN} ${advertise("40 02ca09 1a00")}`);
    simulator.say(`hear 00:00:00:00:00:01 ${advertise("40 02ca09")}`);
    simulator.say(`hear ${ENCRYPTED.address} ${advertise(ENCRYPTED.data)}`);
    await eventually(() => expect(bench.value("attic/humidity"), simulator.lines.join("\n")).toBe(50.55));
    expect([bench.value("fridge/temperature"), bench.value("fridge/door")]).toEqual([25.06, 0]);
    simulator.say(`hear ${PLAIN} ${advertise("40 02c409 1a01")}`);
    await eventually(() => expect(bench.value("fridge/door")).toBe(1));
    expect(bench.told.get("fridge/temperature")?.times).toBe(1);

    const document = JSON.parse(bench.documents.get(`homeassistant/device/${UID}/attic/config`) ?? "{}");
    expect(document.dev).toEqual({ ids: [`field_${UID}_attic`], name: "attic", via_device: `field_${UID}` });
    expect(Object.keys(document.cmps)).toEqual(["temperature", "humidity"]);
    expect(bench.documents.has(`homeassistant/device/${UID}/fridge/config`)).toBe(true);
    expect(simulator.lines.join("\n")).not.toContain(ENCRYPTED.key);
  });

  it("are no longer devices of Home Assistant when they leave the settings", async () => {
    const simulator = bench.start(broker, devices);
    await says(simulator, "Bluetooth: scanning");
    simulator.say(`hear ${PLAIN} ${advertise("40 02ca09")}`);
    const topic = `homeassistant/device/${UID}/fridge/config`;
    await eventually(() => expect(bench.documents.get(topic)).toContain("temperature"));
    await simulator.kill();
    bench.start(broker, {});
    await eventually(() => expect(bench.documents.get(topic)).toBe(""));
  });

  it("with a mistake in their settings begin set-up, and no key is shown", async () => {
    const simulator = bench.start(broker, { "bthome.devices": "fridge", "bthome.keys": "x=0123456789abcdef" });
    await says(simulator, 'Set-up: setting bthome.devices: "fridge", expected');
    await says(simulator, "Set-up: setting bthome.keys: a hidden value");
    expect(simulator.lines.join("\n")).not.toContain("0123456789abcdef");
  });
});

describe("a sensor of temperature and humidity", () => {
  it("becomes readings, and comes back after its bus has failed", async () => {
    const simulator = bench.start(broker, { sht3x: "32:33", "telemetry.interval": 1 }, { i2c: ["32:33 44"] });
    await eventually(() => expect([bench.value("temperature"), bench.value("humidity")]).toEqual([21.46, 40]));
    simulator.say("break i2c");
    await says(simulator, "sensor temperature failed: I2C: no answer");
    await says(simulator, "sensor humidity failed: I2C: no answer");
    simulator.say("mend");
    await says(simulator, "sensor temperature works again");
    await says(simulator, "sensor humidity works again");
  });
});

describe("the connector of a board", () => {
  const settings = { "wifi.ssid": "lab", "telemetry.interval": 1 };
  const readings = () => ["temperature", "humidity", "pressure"].map((name) => bench.value(name));

  it.each([
    ["m5stack", ["21:22 44"], [21.46, 40, undefined]],
    ["m5stick_cplus", ["32:33 45"], [21.46, 40, undefined]],
    ["m5stack_core2", ["32:33 44", "32:33 77"], [21.46, 40, 987.65]],
    ["m5stack_cores3", ["2:1 77"], [19.88, 55.5, 987.65]],
    ["m5paper", ["21:22 44", "25:32 76"], [19.88, 55.5, 987.65]],
    ["m5paper", ["21:22 44"], [21.46, 40, undefined]],
  ])("of the %s with %j: each quantity is taken from the first sensor that measures it", async (board, i2c, values) => {
    const simulator = bench.start(broker, settings, { board, i2c });
    await eventually(() => expect(readings(), simulator.lines.join("\n")).toEqual(values));
    expect(simulator.lines.join("\n")).not.toContain("failed");
  });

  it("has nothing, and nobody misses it", async () => {
    const simulator = bench.start(broker, settings, { board: "m5stack_core2" });
    await eventually(() => expect(bench.value("uptime"), simulator.lines.join("\n")).toBeDefined());
    expect(readings()).toEqual([undefined, undefined, undefined]);
    expect(simulator.lines.join("\n")).not.toMatch(/temperature|sensors: /);
  });

  it("loses its sensor, which is told, and finds it when it is plugged in again", async () => {
    const board = "m5stack_core2";
    const simulator = bench.start(broker, settings, { board, i2c: ["32:33 44", "32:33 77"] });
    await eventually(() => expect(readings(), simulator.lines.join("\n")).toEqual([21.46, 40, 987.65]));
    simulator.say("unplug 32:33 44");
    await says(simulator, "sensor temperature failed: I2C: no answer");
    await eventually(() => expect(readings()).toEqual([undefined, undefined, 987.65]));
    // It is asked in vain at least once more, and that leaves nothing open.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    simulator.say("plug 32:33 44");
    await says(simulator, "sensor temperature works again");
    await eventually(() => expect(readings()).toEqual([21.46, 40, 987.65]));
  });
});

describe("the battery of a board", () => {
  const settings = { "wifi.ssid": "lab", "telemetry.interval": 1 };
  const readings = () => [bench.value("battery"), bench.value("charging")];

  it.each([
    ["m5stack", { battery: 0.75, i2c: ["21:22 75"] }, 75],
    ["m5stack_core2", { battery: 0.6 }, 60],
    ["m5stack_core2", { battery: 0.61, powerChip: "AXP2101" }, 61],
    ["m5stack_cores3", { battery: 0.37 }, 37],
    ["m5stick_cplus", { battery: 0.8 }, 80],
  ] as const)("of the %s with %j: its level, and whether it is being charged", async (board, script, percent) => {
    const simulator = bench.start(broker, settings, { board, ...script, isCharging: true });
    await eventually(() => expect(readings(), simulator.lines.join("\n")).toEqual([percent, 1]));
    expect(simulator.lines.join("\n")).not.toContain("failed");
  });

  it("is not being charged", async () => {
    const simulator = bench.start(broker, settings, { board: "m5stack_core2" });
    await eventually(() => expect(readings(), simulator.lines.join("\n")).toEqual([50, 0]));
  });

  it.each([
    ["m5stack", {}],
    ["m5stack_core2", { battery: "none" }],
    ["m5stack_cores3", { battery: "none" }],
  ] as const)("of the %s with %j: there is none, and nobody misses it", async (board, script) => {
    const simulator = bench.start(broker, settings, { board, ...script });
    await eventually(() => expect(bench.value("uptime"), simulator.lines.join("\n")).toBeDefined());
    expect(readings()).toEqual([undefined, undefined]);
    expect(simulator.lines.join("\n")).not.toMatch(/failed|battery/);
  });
});

describe("what a board measures of itself", () => {
  const settings = { "wifi.ssid": "lab", "telemetry.interval": 1 };
  const readings = () => ["x", "y", "z"].map((axis) => bench.value(`acceleration-${axis}`));
  const acceleration = { x: 0, y: 0.5, z: -1 };

  it.each([
    ["m5stack_core2", [0, 4.9, -9.81]],
    ["m5stick_cplus", [0, 4.9, -9.81]],
    ["m5stack_cores3", [0, 0.5, -1]],
  ])("is the acceleration of the %s", async (board, values) => {
    const simulator = bench.start(broker, settings, { board, acceleration });
    await eventually(() => expect(readings(), simulator.lines.join("\n")).toEqual(values));
  });

  it("is none where the board has no such sensor, and nobody misses it", async () => {
    const simulator = bench.start(broker, settings, { board: "m5stack_core2" });
    await eventually(() => expect(bench.value("uptime"), simulator.lines.join("\n")).toBeDefined());
    expect(readings()).toEqual([undefined, undefined, undefined]);
    expect(simulator.lines.join("\n")).not.toMatch(/acceleration|IMU/);
  });

  it.each(["esp32c3", "esp32c3_ili9341", "m5stack_cores3"])(
    "is the temperature of the chip of the %s",
    async (board) => {
      const simulator = bench.start(broker, settings, { board });
      await eventually(() => expect(bench.value("chip-temperature"), simulator.lines.join("\n")).toBe(43));
    },
  );
});

describe("inputs", () => {
  const settings = {
    inputs: "door=14:contact,pump=15:level,tank=35:analog:0:200:l",
    "input.pages": "door=night-shift",
    "telemetry.interval": 1,
  };

  it("become readings; a contact that opens pages somebody once, even if it bounces", async () => {
    const simulator = bench.start(broker, settings);
    await eventually(() => expect(bench.value("door"), simulator.lines.join("\n")).toBe(0));
    expect(bench.value("pump")).toBe(0);
    for (const level of [1, 0, 1, 0, 1]) simulator.say(`pin 14 ${level}`);
    simulator.say("volts 35 0.5");
    await eventually(() => expect(bench.value("door")).toBe(1));
    await eventually(() => expect(bench.pages).toHaveLength(1));
    expect(bench.pages[0]).toContain("door is open");
    await eventually(() => expect(bench.value("tank")).toBeCloseTo(100, 0));
    simulator.say("pin 14 0");
    simulator.say("pin 15 1");
    await eventually(() => expect([bench.value("door"), bench.value("pump")]).toEqual([0, 1]));
    expect(bench.pages).toHaveLength(1);
  });

  it("that fail are reported, and the others go on", async () => {
    const simulator = bench.start(broker, settings);
    await eventually(() => expect(bench.value("tank")).toBeDefined());
    simulator.say("break analog");
    await says(simulator, "sensor tank failed: ADC: timeout");
    simulator.say("pin 15 1");
    await eventually(() => expect(bench.value("pump")).toBe(1));
    simulator.say("mend");
    await says(simulator, "sensor tank works again");
  });
});
