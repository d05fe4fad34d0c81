/** Updates from the station: who may order them, the command to the device, the image that it fetches, and the result. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { localPassword } from "../../../../hosts/common/local-key.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { encodeInfo } from "../../../../src/payload/info.ts";
import { programOf, ReleaseKey } from "../../../update/images.ts";
import { StationBench } from "../harness.ts";

const key = new ReleaseKey();
const image = key.image(programOf(5_000), [1, 3, 0]);

let bench: StationBench;
let station: Station;
let admin: string;
let person: string;
let device: MqttClient;
/** Commands that the device got. */
let commands: Record<string, unknown>[];

beforeEach(async () => {
  bench = new StationBench();
  const data = bench.folder();
  mkdirSync(join(data, "images"));
  writeFileSync(join(data, "images", "m5stack-1.3.0.fpui"), image);
  writeFileSync(join(data, "images", "cut.fpui"), image.subarray(0, 4_000));
  writeFileSync(join(data, "images", "other.fpui"), "nothing");
  writeFileSync(join(data, "images", "notes.txt"), "none");
  station = await bench.station({ data });
  await station.accounts.create({ name: "root", kind: "person", isAdmin: true });
  await station.accounts.create({ name: "ann", kind: "person" });
  admin = await station.accounts.issueToken("root", "test");
  person = await station.accounts.issueToken("ann", "test");
  const username = "bay-7";
  const password = localPassword(station.localKey, username);
  const login = { clientId: username, username, password };
  device = await connectAsync(`mqtt://127.0.0.1:${station.mqttPort}`, login);
  bench.add(() => device.endAsync(true));
  commands = [];
  device.on("message", (_topic, payload) => commands.push(JSON.parse(payload.toString())));
  await device.subscribeAsync("/field/cmd/bay-7", { qos: 1 });
  await tell({ version: "1.2.0", board: "m5stack", takesUpdates: true });
});

afterEach(() => bench.end());

async function tell(info: Parameters<typeof encodeInfo>[0]): Promise<void> {
  await device.publishAsync("/field/info/bay-7", Buffer.from(encodeInfo(info)), { qos: 1, retain: true });
}

const ask = (path: string, token: string, body?: object) =>
  fetch(station.url + path, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });

const order = (more: object = {}, token = admin) =>
  ask("/api/updates", token, { image: "m5stack-1.3.0.fpui", devices: ["bay-7"], ...more });

const updates = async () => (await (await ask("/api/updates", admin)).json()).updates;

async function ordered(): Promise<{ id: string; url: string }> {
  expect((await order()).status).toBe(202);
  await vi.waitFor(() => expect(commands).toHaveLength(1));
  return commands[0] as { id: string; url: string };
}

const answer = (result: object) => device.publishAsync("/field/cmd/bay-7/result", JSON.stringify(result), { qos: 1 });

describe("images and versions", () => {
  it("are listed: images that are whole, and the firmware of each device", async () => {
    const { images } = await (await ask("/api/updates", admin)).json();
    expect(images).toEqual([{ name: "m5stack-1.3.0.fpui", board: "m5stack", version: "1.3.0", bytes: image.length }]);
    const { devices } = await (await ask("/api/devices", admin)).json();
    expect(devices).toContainEqual(
      expect.objectContaining({ uid: "bay-7", firmware: { version: "1.2.0", board: "m5stack", takesUpdates: true } }),
    );
  });

  it("are only for administrators", async () => {
    expect((await ask("/api/updates", person)).status).toBe(403);
    expect((await order({}, person)).status).toBe(403);
    const { devices } = await (await ask("/api/devices", person)).json();
    expect(JSON.stringify(devices)).not.toContain("1.2.0");
    expect(commands).toEqual([]);
  });
});

describe("an order", () => {
  it("gives the device the address of its image, and follows the update to its end", async () => {
    const { id, url } = await ordered();
    expect(commands[0]).toMatchObject({ do: "update", version: "1.3.0", ex: 86_400 });
    expect(commands[0]).not.toHaveProperty("downgrade");
    expect(url.startsWith(`${station.url}/images/`)).toBe(true);
    await answer({ id, ok: true, note: "the device restarts to load it" });
    expect(await updates()).toEqual([expect.objectContaining({ device: "bay-7", state: "ordered", percent: 0 })]);

    const part = await fetch(url, { headers: { range: "bytes=4000-" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 4000-${image.length - 1}/${image.length}`);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(image.subarray(4_000));
    const whole = await fetch(url);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("content-length")).toBe(String(image.length));
    expect(new Uint8Array(await whole.arrayBuffer())).toEqual(image);
    expect(await updates()).toEqual([expect.objectContaining({ state: "starting", percent: 100 })]);

    await answer({ id: "another", ok: false, error: "no" });
    await answer({ id, ok: true, note: "running 1.3.0" });
    await vi.waitFor(async () => expect(await updates()).toEqual([expect.objectContaining({ state: "done" })]));
    // The image's address ends with the update.
    expect((await fetch(url)).status).toBe(404);
  });

  it("tells why it failed", async () => {
    const { id } = await ordered();
    await answer({ id, ok: false, error: "the image is older" });
    await vi.waitFor(async () =>
      expect(await updates()).toEqual([expect.objectContaining({ state: "failed", words: "the image is older" })]),
    );
  });

  it("may name another address, and an older image", async () => {
    expect((await order({ address: "https://station.example", isDowngrade: true })).status).toBe(202);
    await vi.waitFor(() => expect(commands).toHaveLength(1));
    expect(commands[0]).toMatchObject({
      downgrade: true,
      url: expect.stringMatching(/^https:\/\/station\.example\/images\//),
    });
    expect((await order({ address: "ftp://x" })).status).toBe(400);
  });

  it.each([
    ["an image that is not there", { image: "../accounts.json" }, 404, /no image/],
    ["a device that has told nothing", { devices: ["bay-7", "bay-8"] }, 400, /bay-8 has not told/],
    ["no device", { devices: [] }, 400, /devices/],
  ])("is refused for %s", async (_name, more, status, words) => {
    const response = await order(more);
    expect(response.status).toBe(status);
    expect((await response.json()).error).toMatch(words);
    expect(commands).toEqual([]);
  });

  it.each([
    ["another board", { version: "1.2.0", board: "esp32c3", takesUpdates: true }, /bay-7 is esp32c3/],
    ["one without a key", { version: "1.2.0", board: "m5stack", takesUpdates: false }, /takes no updates/],
  ])("is refused for %s", async (_name, info, words) => {
    await tell(info);
    await vi.waitFor(async () => expect((await (await order()).json()).error).toMatch(words));
    expect(commands).toEqual([]);
  });

  it("does not give its image to anyone without the token, and refuses an impossible range", async () => {
    const { url } = await ordered();
    expect((await fetch(`${station.url}/images/m5stack-1.3.0.fpui`)).status).toBe(404);
    expect((await fetch(url, { headers: { range: `bytes=${image.length}-` } })).status).toBe(416);
  });
});
