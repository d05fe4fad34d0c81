/**
 * Updates of the boards' program in the simulator's engine. An image is loaded over HTTP into the other slot. The test plays the
 * boot loader and starts it. All images contain the same program, which is told its version.
 */
import { createPrivateKey, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BoardScript } from "../../../hosts/simulator/esp32/board-script.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { encodeCopy } from "../../../src/gateway/kept-settings.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import { encodeSignedPart } from "../../../src/update/image.ts";
import type { Version } from "../../../src/update/version.ts";
import type { Broker } from "../../brokers/broker.ts";
import { programOf, ReleaseKey, sha512 } from "../../update/images.ts";
import { ED25519_VECTORS } from "../../vectors/ed25519.ts";
import { SimulatedFlash } from "../esp32/flash.ts";
import { Bench, eventually } from "./bench.ts";
import { RESTARTED, UNHANDLED_EXCEPTION, WIFI_UID } from "./launched-board.ts";

const PROGRAM_BYTES = 60_000;

let bench: Bench;
let broker: Broker;
let client: MqttClient;
/** The payloads on each topic, oldest first. */
let heard: Map<string, string[]>;
let server: Server;
/** The server's file, and the number of bytes after which it ends each connection. */
let served: Uint8Array;
let cutAfter: number;
let ranges: (string | undefined)[];
/** The versions in the two slots. */
let versions: [string, string];

beforeEach(async () => {
  bench = new Bench();
  broker = await bench.broker();
  heard = new Map();
  versions = ["1.2.0", "none"];
  client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  client.on("message", (topic, payload) => heard.set(topic, [...heardOn(topic), payload.toString("latin1")]));
  await client.subscribeAsync(["/field/+/+", "/field/cmd/+/result"], { qos: 1 });
  cutAfter = Number.POSITIVE_INFINITY;
  ranges = [];
  server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": served.length - from,
      ...(from > 0 && { "content-range": `bytes ${from}-${served.length - 1}/${served.length}` }),
    });
    const part = served.subarray(from, from + cutAfter);
    response.write(part, () => {
      if (from + part.length === served.length) response.end();
      else setTimeout(() => response.destroy(), 500);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await client.endAsync(true);
  await bench.end();
});

const heardOn = (topic: string): readonly string[] => heard.get(topic) ?? [];
const results = () => heardOn(`/field/cmd/${WIFI_UID}/result`).map((text) => JSON.parse(text));
const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;

/** Signs with the key whose public half the simulated board has. */
function image(version: Version, board = "m5stack"): Uint8Array {
  const program = programOf(PROGRAM_BYTES, version[1]);
  const head = encodeSignedPart({ board, version, length: program.length, digest: sha512([program]) });
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${ED25519_VECTORS[0].secret}`, "hex");
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return Uint8Array.of(...head, ...sign(null, head, key), ...program);
}

/** Does what the boot loader does with the board's flash at a start. Returns the program that it starts. */
function bootLoader(): { slot: 0 | 1; version: string } {
  const flash = new SimulatedFlash();
  const path = join(bench.home, "flash", "otadata.partition");
  if (existsSync(path)) flash.record.bytes.set(readFileSync(path));
  const slot = flash.boot();
  mkdirSync(join(bench.home, "flash"), { recursive: true });
  writeFileSync(path, flash.record.bytes);
  return { slot, version: versions[slot] };
}

/** One start of the board, as after a power cut. */
function launch(script: BoardScript = {}, settings: Values = {}): LaunchedSimulator {
  const own = { "wifi.ssid": "lab", "broker.host": "127.0.0.1", "broker.port": broker.port, "telemetry.interval": 0 };
  const all = { ...own, ...settings };
  const folder = join(bench.home, "flash", "fp-settings");
  mkdirSync(folder, { recursive: true });
  // One byte stands before each value, because NVS keeps no empty one.
  writeFileSync(join(folder, "settings-a"), Uint8Array.of(0, ...encodeCopy(all, 1)));
  writeFileSync(join(bench.home, "board.json"), JSON.stringify({ ...script, ...bootLoader() }));
  return bench.launch(process.env.FIELDPAGER_ESP32_PROGRAM, {}, 110);
}

const says = (simulator: LaunchedSimulator, words: string, timeout?: number) =>
  eventually(() => expect(simulator.lines.join("\n")).toContain(words), timeout);

const isOnline = (simulator: LaunchedSimulator) => says(simulator, `connected to 127.0.0.1:${broker.port}`);

async function restarts(simulator: LaunchedSimulator): Promise<void> {
  expect(await simulator.ended, simulator.lines.join("\n")).toBe(RESTARTED);
}

/** Sends the command, and waits for its first result. */
async function order(id: string, more: object = {}): Promise<{ ok: boolean; error?: string }> {
  const payload = { id, at: Math.floor(Date.now() / 1000), do: "update", url: address(), ...more };
  const before = results().length;
  await client.publishAsync(`/field/cmd/${WIFI_UID}`, JSON.stringify(payload), { qos: 1 });
  // The result of a former command comes again if the power was cut before the broker had acknowledged it.
  const first = () =>
    results()
      .slice(before)
      .find((result) => result.id === id);
  await eventually(() => expect(first()).toBeDefined());
  return first() as { ok: boolean; error?: string };
}

/** Makes a board take the command and load the image. Returns what it said while it loaded. */
async function load(id: string, more: object = {}): Promise<string> {
  const simulator = launch();
  await isOnline(simulator);
  expect(await order(id, more)).toMatchObject({ id, ok: true });
  await restarts(simulator);
  const loading = launch();
  await restarts(loading);
  return loading.lines.join("\n");
}

const lastResult = (result: object) => eventually(() => expect(results().at(-1)).toEqual(result));

describe("an update", () => {
  it("is loaded in spite of lost connections, started, confirmed at the broker, and reported", async () => {
    served = image([1, 3, 0]);
    versions[1] = "1.3.0";
    cutAfter = 25_000;
    expect(await load("u1")).toContain("Update: 1.3.0: 100 %");
    // The presence is offline, and its context says why.
    expect(heardOn(`/field/pres/${WIFI_UID}`).at(-1)).toMatch(/update$/);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1)).toEqual(["bytes=25000-", "bytes=50000-"]);
    const slot = readFileSync(join(bench.home, "flash", "ota_1.partition"));
    expect(slot.subarray(0, PROGRAM_BYTES).equals(programOf(PROGRAM_BYTES, 3))).toBe(true);
    const started = launch();
    await isOnline(started);
    await lastResult({ id: "u1", ok: true, note: "running 1.3.0" });
    await eventually(() =>
      expect(heardOn(`/field/info/${WIFI_UID}`).at(-1)).toBe(
        '{"version":"1.3.0","board":"m5stack","takesUpdates":true}',
      ),
    );
    await started.kill();
    expect(bootLoader()).toEqual({ slot: 1, version: "1.3.0" });
  });

  it("that ends before it has reached the broker gives way to the former program, which reports it", async () => {
    served = image([1, 3, 0]);
    versions[1] = "1.3.0";
    await load("u1");
    // The new program finds no broker until it is restarted.
    const started = launch({}, { "broker.port": 1 });
    await says(started, "disconnected");
    await started.kill();
    const former = launch();
    await lastResult({ id: "u1", ok: false, error: "1.3.0 did not reach the broker, so 1.2.0 is back" });
    await eventually(() => expect(heardOn(`/field/info/${WIFI_UID}`).at(-1)).toContain('"1.2.0"'));
    await former.kill();
    // It can be ordered again.
    await load("u2");
    expect(bootLoader()).toEqual({ slot: 1, version: "1.3.0" });
  });

  it("that cannot start gives way to the former program by itself", async () => {
    served = image([1, 3, 0]);
    versions[1] = "1.3.0";
    await load("u1");
    const started = launch({ flash: "refuses to open" });
    await says(started, "Cannot start");
    await restarts(started);
    expect(bootLoader()).toEqual({ slot: 0, version: "1.2.0" });
  });

  it.each([
    ["forged", () => new ReleaseKey().image(programOf(PROGRAM_BYTES), [1, 3, 0]), /not signed with the release key/],
    ["older", () => image([1, 1, 0]), /older: 1.1.0, this is 1.2.0/],
    ["of another board", () => image([1, 3, 0], "esp32c3"), /for esp32c3, this is m5stack/],
    ["another than was expected", () => image([1, 3, 1]), /1.3.1, expected 1.3.0/],
  ])("that is %s is refused, and the board goes on as before", async (_name, make, reason) => {
    served = make();
    const more = reason.source.includes("expected") ? { version: "1.3.0" } : {};
    expect(await load("u1", more)).toContain("Update failed");
    expect(existsSync(join(bench.home, "flash", "ota_1.partition"))).toBe(false);
    const simulator = launch();
    await lastResult({ id: "u1", ok: false, error: expect.stringMatching(reason) });
    await simulator.kill();
    expect(bootLoader().slot).toBe(0);
  });

  it("that is older is taken with `downgrade`; a wrong address is refused at once", async () => {
    served = image([1, 1, 0]);
    versions[1] = "1.1.0";
    await load("u1", { downgrade: true });
    const simulator = launch();
    await lastResult({ id: "u1", ok: true, note: "running 1.1.0" });
    expect(await order("u2", { url: "ftp://x/y" })).toMatchObject({ ok: false, error: expect.stringContaining("url") });
    expect(await order("u3", { url: undefined })).toMatchObject({
      ok: false,
      error: expect.stringContaining("update.url"),
    });
    await simulator.kill();
  });

  it("goes on after power cuts, and is given up after the fifth", async () => {
    served = image([1, 3, 0]);
    const simulator = launch();
    await isOnline(simulator);
    await order("u1");
    await restarts(simulator);
    cutAfter = 10_000;
    for (let cut = 0; cut < 5; cut += 1) {
      const loading = launch();
      await says(loading, "1.3.0: 15 %");
      await loading.kill();
      expect(bootLoader().slot).toBe(0);
    }
    await restarts(launch());
    launch();
    await lastResult({ id: "u1", ok: false, error: "5 starts did not end it" });
  });
});

describe("safe mode", () => {
  /** Makes the program end five times, each soon after it has begun. */
  async function endEarly(settings: Values = {}): Promise<void> {
    for (let count = 0; count < 5; count += 1) {
      const simulator = launch({}, settings);
      await isOnline(simulator);
      simulator.say("throw");
      expect(await simulator.ended).toBe(UNHANDLED_EXCEPTION);
    }
  }

  it("comes after five early ends, says why, and a button ends it", { timeout: 300_000 }, async () => {
    await endEarly();
    const safe = launch();
    await says(safe, "Safe mode: it has ended early 5 times: unhandled exception: Error: a callback failed");
    await says(safe, "Wi-Fi: connected as");
    safe.press("b");
    await restarts(safe);
    const usual = launch();
    await isOnline(usual);
    // One more early end, and it is back.
    usual.say("throw");
    expect(await usual.ended).toBe(UNHANDLED_EXCEPTION);
    await says(launch(), "Safe mode");
  });

  it("loads the image of the settings", { timeout: 300_000 }, async () => {
    served = image([1, 3, 0]);
    versions[1] = "1.3.0";
    const settings = { "update.url": address() };
    await endEarly(settings);
    const safe = launch({}, settings);
    await says(safe, "Update: 1.3.0 starts");
    await restarts(safe);
    const started = launch({}, settings);
    await isOnline(started);
    await says(started, "update: running 1.3.0");
    await started.kill();
    expect(bootLoader()).toEqual({ slot: 1, version: "1.3.0" });
  });
});
