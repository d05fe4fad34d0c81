/**
 * The program of the boards, `hosts/esp32`, in the simulator's engine. Its drivers are made up (`hosts/simulator/esp32`). Broker,
 * sockets and screen are real. The failures that boards have can happen here too.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setupImage } from "../../../hosts/esp32/tools/setup-image.ts";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { PRESS_GUARD_MS } from "../../../src/limits.ts";
import type { Broker } from "../../brokers/broker.ts";
import { CuttingProxy } from "../../brokers/cutting-proxy.ts";
import { findMosquitto, type Mosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { findProgram } from "../../brokers/server-process.ts";
import type { TestSender } from "../../brokers/test-sender.ts";
import { type Certificates, makeCertificates } from "../../certificates.ts";
import { requireOrSkip } from "../../require.ts";
import { type Bench, eventually, inkOf, useBench } from "./bench.ts";
import {
  keep,
  launchBoard,
  RESTARTED,
  said,
  says,
  settingsFolder,
  switchOn,
  UNHANDLED_EXCEPTION,
  WIFI_UID,
} from "./launched-board.ts";

const openssl = findProgram("openssl");
const isReadyForTls =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

const known = () => ({
  "wifi.ssid": "lab",
  "broker.host": "127.0.0.1",
  "broker.port": broker.port,
  "telemetry.interval": 0,
});

const launch = (script: BoardScript = {}, settings: Values = {}) =>
  launchBoard(bench, script, { ...known(), ...settings });

const startSender = () => bench.sender(broker.port, WIFI_UID);

async function showsPage(simulator: LaunchedSimulator, sender: TestSender, id: string): Promise<void> {
  await sender.push(WIFI_UID, { id, text: "Pump 3 over temperature" });
  await eventually(() => expect(sender.statesOf(id), simulator.lines.join("\n")).toEqual(["stored", "shown"]));
  expect(inkOf(await simulator.picture())).toBeGreaterThan(500);
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

describe("a board", () => {
  it("that is new, with empty flash and no clock, shows a page, and a button puts it away", async () => {
    const sender = await startSender();
    const simulator = launch({ clock: "unset", wifi: ["refused", "throws", "joined"], time: [nowSeconds()] });
    await says(simulator, "Wi-Fi: connected as 192.0.2.7");
    await says(simulator, `connected to 127.0.0.1:${broker.port}`);
    await showsPage(simulator, sender, "first");
    simulator.press("b");
    await eventually(() => expect(sender.statesOf("first")).toContain("read"));
    expect(readdirSync(join(bench.home, "flash", "fp-records")).length).toBeGreaterThan(0);
    await simulator.kill();

    const again = launch({ reset: "Brownout" });
    await says(again, "Stopped before: reset: Brownout");
    await says(again, `connected to 127.0.0.1:${broker.port}`);
    await showsPage(again, sender, "second");
  });

  it("loses the network and finds it again, and asks for the time again if it got none", async () => {
    const simulator = launch({ clock: "unset", time: ["error", "throws", nowSeconds()] });
    const connections = () => said(simulator, "Wi-Fi: connected as").length;
    for (const count of [1, 2, 3]) {
      await eventually(() => expect(connections(), simulator.lines.join("\n")).toBe(count));
      if (count < 3) simulator.say("wifi lost");
    }
    expect(said(simulator, "Wi-Fi: connection lost")).toHaveLength(2);
    await says(simulator, "time: Error: no socket");
    await says(simulator, "connected to");
    const asked = () => simulator.lines.filter((line) => line.startsWith("time server: "));
    await eventually(() => expect(asked()).toHaveLength(3));
    expect(asked()[2]).toMatch(/^time server: \d+$/);
  });

  it("gives up a network that lets it in and gives it no address", async () => {
    const simulator = launch({ wifi: ["no address", "joined"] });
    await says(simulator, "Wi-Fi: no address", 60_000);
    await says(simulator, "Wi-Fi: connected as");
    await says(simulator, "connected to");
  });

  it("takes an IPv4 address alone, although the driver does not report it", async () => {
    const simulator = launch({ wifi: ["no IPv6"] });
    await says(simulator, "Wi-Fi: connected as 192.0.2.7");
    await says(simulator, "connected to");
  });

  it("notices that its address is lost, although the driver does not report it, and joins again", {
    timeout: 60_000,
  }, async () => {
    const simulator = launch();
    // The broker is on this computer. So the pager may reach it before the simulated network is up.
    await says(simulator, "Wi-Fi: connected as");
    simulator.say("address lost");
    await says(simulator, "Wi-Fi: address lost", 40_000);
    await eventually(() => expect(said(simulator, "Wi-Fi: connected as")).toHaveLength(2));
  });

  it("counts a bouncing button as one press, and a short disturbance of its pin as none", async () => {
    const sender = await startSender();
    const simulator = launch();
    await says(simulator, "connected to");
    for (const id of ["one", "two", "three"]) await sender.push(WIFI_UID, { id, text: `page ${id}` });
    await eventually(() => expect(sender.countOf("shown")).toBe(3));
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    simulator.say("spike b");
    await new Promise((resolve) => setTimeout(resolve, 200));
    simulator.say("bounce b");
    await eventually(() => expect(sender.countOf("read")).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sender.countOf("read")).toBe(1);
  });

  it("goes on after half a minute with a button that is stuck, and counts it only when it is pressed again", async () => {
    const sender = await startSender();
    const simulator = launch({ held: "b" });
    await says(simulator, "connected to");
    await showsPage(simulator, sender, "one");
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    simulator.say("let go of b");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sender.statesOf("one")).not.toContain("read");
    simulator.press("b");
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
  });

  it("says in the log and on the screen that it cannot use its flash", async () => {
    const simulator = launch({ flash: "refuses to open" });
    await says(simulator, "Cannot start: Error: ESP_ERR_NVS_NOT_INITIALIZED");
    expect(inkOf(await simulator.picture())).toBeGreaterThan(500);
  });

  it("says which setting is wrong", async () => {
    const simulator = launch({}, { "wifi.ssid": "", "broker.port": 70_000 });
    await says(simulator, "Set-up: setting wifi.ssid");
    await says(simulator, "Set-up: setting broker.port");
  });

  it("goes on if its flash refuses writes", async () => {
    const simulator = launch({ flash: "refuses to write" });
    await says(simulator, "connected to");
    await says(simulator, "store: ESP_ERR_NVS_NOT_ENOUGH_SPACE");
  });
});

describe("the settings of a board", () => {
  it("come from the partition that deploy has written; they move to its own flash, and the partition is erased", async () => {
    mkdirSync(join(bench.home, "flash"), { recursive: true });
    const partition = join(bench.home, "flash", "setup.partition");
    const given = { ...known(), uid: "given", "wifi.password": "hush-hush" };
    writeFileSync(
      partition,
      setupImage(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, `${value}`]))),
    );
    const simulator = switchOn(bench);
    await says(simulator, "settings: taken from the partition setup");
    await says(simulator, "connected to");
    expect(existsSync(partition)).toBe(false);
    expect(simulator.lines.join("\n")).not.toContain("hush-hush");
    await simulator.kill();

    // Settings that are deployed later leave the others as they are.
    writeFileSync(partition, setupImage({ "screen.dwell": "1" }));
    const sender = await bench.sender(broker.port, "given");
    const again = switchOn(bench);
    await says(again, "settings: taken from the partition setup");
    await says(again, "connected to");
    await sender.push("given", { id: "one", text: "Pump 3 over temperature" });
    await eventually(() => expect(sender.statesOf("one")).toEqual(["stored", "shown"]));
  });

  it.each([2, 3, 300, 24_576])("are not taken from a partition with %i foreign bytes", async (length) => {
    mkdirSync(join(bench.home, "flash"), { recursive: true });
    writeFileSync(join(bench.home, "flash", "setup.partition"), new Uint8Array(length).fill(1));
    const simulator = launch();
    await says(simulator, "connected to");
    expect(said(simulator, "partition setup")).toEqual([]);
  });

  it("are still those of the first firmware after an update", async () => {
    keep(bench, "settings", Buffer.from(JSON.stringify(known())));
    await says(switchOn(bench), "connected to");
    expect(readdirSync(settingsFolder(bench))).toEqual(["settings-a"]);
  });

  it("are reported as damaged if both copies are", async () => {
    keep(bench, "settings-a", encodeCopy(known(), 1).subarray(0, -1));
    keep(bench, "settings-b", Uint8Array.of(1));
    await says(switchOn(bench), "Set-up: the settings in flash are damaged");
  });
});

describe("its figures", () => {
  it("tell why it restarted, its memory and its signal; its log comes on request, without the Wi-Fi password", async () => {
    const sender = await startSender();
    const told: { n: string; v?: number; vs?: string }[] = [];
    const results: { ok: boolean; log?: string[]; more?: boolean }[] = [];
    sender.client.on("message", (topic, payload) => {
      if (topic === `/field/tele/${WIFI_UID}`) told.push(...JSON.parse(String(payload)));
      if (topic === `/field/cmd/${WIFI_UID}/result`) results.push(JSON.parse(String(payload)));
    });
    await sender.client.subscribeAsync([`/field/tele/${WIFI_UID}`, `/field/cmd/${WIFI_UID}/result`], { qos: 1 });
    const simulator = launch(
      { reset: "Task WDT" },
      { "telemetry.interval": 1, "telemetry.format": "json", "wifi.password": "hush-hush" },
    );
    const newest = (name: string) => told.findLast(({ n }) => n === name)?.v;
    await eventually(() =>
      expect(told).toContainEqual(expect.objectContaining({ n: "last-reset", vs: "reset: Task WDT" })),
    );
    await eventually(() => expect(newest("signal"), simulator.lines.join("\n")).toBe(-60));
    // The simulated board has the memory of an M5Stack, and the whole pager runs.
    expect(newest("slots-least")).toBeGreaterThan(1000);
    expect(newest("chunks-least")).toBeGreaterThan(20_000);

    const command = { id: "log-1", at: nowSeconds(), do: "log" };
    await sender.client.publishAsync(`/field/cmd/${WIFI_UID}`, JSON.stringify(command), { qos: 1 });
    await eventually(() => expect(results.some(({ log, more }) => log && !more)).toBe(true));
    const log = results.flatMap(({ log = [] }) => log).join("\n");
    expect(log).toContain("started: reset: Task WDT");
    expect(log).toContain("Wi-Fi: connected as 192.0.2.7");
    expect(log).toMatch(/figures: slots-least \d+, chunks-least \d+ B, signal -60 dBm/);
    for (const text of [log, ...simulator.lines, JSON.stringify(told)]) expect(text).not.toContain("hush-hush");
  });
});

describe("a driver that throws in its callback", () => {
  it("of buttons, vibration or time does not end the program", async () => {
    const sender = await startSender();
    const simulator = launch({ board: "m5stack_core2", time: ["throws"] });
    await says(simulator, "connected to");
    simulator.say("break buttons vibration");
    simulator.press("b");
    await says(simulator, "buttons: Error: no pin");
    await showsPage(simulator, sender, "one");
    await says(simulator, "vibration: Error: I2C: motor");
    simulator.say("mend");
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    simulator.press("b");
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
  });

  it("of Wi-Fi is tried again until it answers", async () => {
    const simulator = launch();
    await says(simulator, "Wi-Fi: connected as");
    simulator.say("break wifi");
    simulator.say("wifi lost");
    await says(simulator, "Wi-Fi: Error: WiFi: no memory");
    simulator.say("mend");
    await eventually(() => expect(said(simulator, "Wi-Fi: connected as")).toHaveLength(2));
  });

  it("of the screen is given up: pages are kept and sounded, and none counts as shown", async () => {
    const sender = await startSender();
    const simulator = launch({ board: "m5stack_core2" });
    await says(simulator, "connected to");
    simulator.say("break screen");
    await sender.push(WIFI_UID, { id: "one", text: "Pump 3 over temperature" });
    await says(simulator, "screen: given up");
    expect(said(simulator, "screen: Error: time out")).toHaveLength(3);
    await sender.push(WIFI_UID, { id: "two", text: "Pump 4 over temperature" });
    await eventually(() => expect([sender.statesOf("one"), sender.statesOf("two")]).toEqual([["stored"], ["stored"]]));
    expect(simulator.lines).toContain("vibration: on");
  });

  it("inside the pager costs a connection, and the pager goes on with a new one", async () => {
    const sender = await startSender();
    const proxy = await CuttingProxy.start(broker.port);
    bench.add(() => proxy.stop());
    const simulator = launch({}, { "broker.port": proxy.port });
    await says(simulator, "connected to");
    simulator.say("fail inside");
    proxy.cut();
    await says(simulator, "pager: Error: an error of ours");
    await eventually(() => expect(said(simulator, "connected to")).toHaveLength(2));
    await showsPage(simulator, sender, "one");
  });

  it("inside the pager again and again ends the program with the error's text", async () => {
    const proxy = await CuttingProxy.start(broker.port);
    bench.add(() => proxy.stop());
    const simulator = launch({}, { "broker.port": proxy.port });
    await says(simulator, "connected to");
    simulator.say("fail inside for ever");
    proxy.cut();
    expect(await simulator.ended).toBe(UNHANDLED_EXCEPTION);
    expect(said(simulator, "Stopped: unhandled exception: Error: an error of ours")).toHaveLength(1);
  });
});

describe.runIf(isReadyForTls)("a board without a clock, over TLS", () => {
  let certificates: Certificates;
  let secure: Mosquitto;

  beforeAll(async () => {
    certificates = makeCertificates(openssl as string);
    const { certificate, key } = certificates.server;
    secure = await startMosquitto({ listeners: [[`certfile ${certificate}`, `keyfile ${key}`]] });
  });

  afterAll(async () => {
    await secure?.stop();
    certificates?.remove();
  });

  const launchSecure = (
    time: BoardScript["time"],
    settings: Readonly<Record<string, unknown>> = {},
    script: BoardScript = {},
  ) =>
    launch(
      { clock: "unset", ...(time && { time }), ...script },
      {
        "broker.transport": "tls",
        "broker.port": secure.further[0],
        "broker.ca": readFileSync(certificates.ca.certificate, "utf8"),
        ...settings,
      },
    );

  it("waits for the time, and then connects", async () => {
    const simulator = launchSecure(["error", nowSeconds()], { "time.host": "one.example,two.example" });
    await says(simulator, "disconnected: the time is not known yet");
    await says(simulator, "connected to");
    expect(said(simulator, "is checked again")).toEqual([]);
  });

  it("connects without waiting if its clock chip has kept the time, and sets that when a server has told the time", async () => {
    const [board, i2c, chipSeconds] = ["m5stack_core2", ["21:22 51"], nowSeconds() + 30] as const;
    const asked = nowSeconds();
    const simulator = launchSecure([asked], {}, { board, i2c, chipSeconds });
    await says(simulator, "clock: the board has kept the time");
    await says(simulator, "connected to");
    expect(said(simulator, "the time is not known yet")).toEqual([]);
    await eventually(() => expect(simulator.lines).toContain(`clock chip: ${asked}`));
  });

  it.each([
    ["has stopped", ["21:22 51"], undefined, "clock: the board has not kept the time"],
    [
      "shows a time from before the firmware was built",
      ["21:22 51"],
      1_600_000_000,
      "clock: the board has not kept the time",
    ],
    ["does not answer", [], undefined, "clock: Error: I2C: no answer"],
  ])("waits for the time if its clock chip %s", async (_, i2c, chipSeconds, words) => {
    const script = { board: "m5stick_cplus", i2c, ...(chipSeconds && { chipSeconds }) };
    const simulator = launchSecure(["error", nowSeconds()], { "time.host": "one.example,two.example" }, script);
    await says(simulator, words);
    await says(simulator, "disconnected: the time is not known yet");
    await says(simulator, "connected to");
  });

  it("connects without waiting if it has no time server", async () => {
    const simulator = launchSecure(undefined, { "time.host": "none" });
    await says(simulator, "Wi-Fi: connected as");
    await says(simulator, "connected to", 10_000);
  });

  it("connects if no time server answers, and checks the certificate again when one does", {
    timeout: 90_000,
  }, async () => {
    const simulator = launchSecure(["error", nowSeconds()]);
    await says(simulator, "connected to");
    expect(said(simulator, "the time is not known yet")).not.toEqual([]);
    simulator.say("wifi lost");
    await says(simulator, "disconnected: the time is known now, the certificate is checked again");
    await eventually(() => expect(said(simulator, "connected to")).toHaveLength(2));
  });
});

describe("an end that nobody asked for", () => {
  it("is told at once on the serial line, kept in flash, and shown once after the restart", async () => {
    const sender = await startSender();
    const first = launch();
    await says(first, "connected to");
    first.say("throw");
    expect(await first.ended).toBe(UNHANDLED_EXCEPTION);
    expect(said(first, "Stopped: unhandled exception: Error: a callback failed")).toHaveLength(1);

    const second = launch({ reset: "Software" });
    await says(second, "Stopped before: unhandled exception: Error: a callback failed");
    expect(inkOf(await second.picture())).toBeGreaterThan(500);
    await says(second, "connected to");
    await showsPage(second, sender, "after");
    await second.kill();

    const third = launch();
    await says(third, "connected to");
    expect(said(third, "Stopped before")).toEqual([]);
  });

  it("without a message, as when the stack overflows, is reported after the restart", async () => {
    const simulator = launch({ reset: "Software" });
    await says(simulator, "Stopped before: the program ended without a word");
    await says(simulator, "connected to");
  });

  it("is not a restart that was asked for", async () => {
    const sender = await startSender();
    const first = launch();
    await says(first, "connected to");
    const command = JSON.stringify({ id: "r1", at: nowSeconds(), do: "restart" });
    await sender.client.publishAsync(`/field/cmd/${WIFI_UID}`, command, { qos: 1 });
    expect(await first.ended).toBe(RESTARTED);

    const second = launch({ reset: "Software" });
    await says(second, "connected to");
    expect(said(second, "Stopped before")).toEqual([]);
  });
});
