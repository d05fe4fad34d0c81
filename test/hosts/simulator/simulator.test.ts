/** The firmware in the XS engine, with a real broker, real sockets and files. Its screen is read pixel by pixel. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wifiQrText } from "../../../hosts/moddable/setup/wifi-qr-text.ts";
import type { Picture } from "../../../hosts/moddable/tools/picture.ts";
import type { LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { INBOX_RECORDS_MAX, PRESS_GUARD_MS } from "../../../src/limits.ts";
import type { Broker } from "../../brokers/broker.ts";
import type { TestSender } from "../../brokers/test-sender.ts";
import { readQrCode } from "../../qr-reader.ts";
import { type Bench, eventually, inkOf, MESSAGE_ROWS, useBench } from "./bench.ts";

const UID = "pager-sim";
const ONLINE = "51";
const OFFLINE = "52";

/** More pushes than the inbox holds. They come faster than they are shown. */
const FLOOD_PUSHES = INBOX_RECORDS_MAX + 60;

/** What an M5Stack's heap holds: bytes of chunks, and slots, which take 32 bytes each here and 16 there. */
const CHUNK_BYTES = 78_848;
const SLOT_BYTES = 4_928 * 32;

let bench: Bench;
let broker: Broker;
useBench((...opened) => {
  [bench, broker] = opened;
});

function launch(settings: Readonly<Record<string, string | number>> = {}, timeoutSeconds?: number): LaunchedSimulator {
  const all = { uid: UID, "broker.port": broker.port, "telemetry.interval": 0, ...settings };
  return bench.launch(process.env.FIELDPAGER_PROGRAM, all, timeoutSeconds);
}

const startSender = () => bench.sender(broker.port, UID);

const online = (sender: TestSender) => eventually(() => expect(sender.presence.at(-1)?.hex).toBe(ONLINE));

/** How many pixels of these rows differ. */
function difference(a: Picture, b: Picture, { top, bottom } = MESSAGE_ROWS): number {
  let count = 0;
  for (let at = 3 * a.width * top; at < 3 * a.width * bottom; at += 3)
    if (a.rgb[at] !== b.rgb[at] || a.rgb[at + 1] !== b.rgb[at + 1] || a.rgb[at + 2] !== b.rgb[at + 2]) count += 1;
  return count;
}

describe("the simulated pager", () => {
  it("shows a push, sends its receipts, marks it read by a button, says goodbye and ends with 0", async () => {
    const sender = await startSender();
    const simulator = launch();
    await online(sender);
    const before = await simulator.picture();
    expect([before.width, before.height]).toEqual([320, 240]);

    await sender.push(UID, { id: "p1", text: "Pump 3 over temperature" });
    await eventually(() => expect(sender.statesOf("p1")).toEqual(["stored", "shown"]));
    const shown = await simulator.picture();
    expect(difference(before, shown)).toBeGreaterThan(500);
    expect(inkOf(shown)).toBeGreaterThan(500);

    simulator.press("b");
    await eventually(() => expect(sender.statesOf("p1")).toEqual(["stored", "shown", "read"]));
    await eventually(async () => expect(difference(shown, await simulator.picture())).toBeGreaterThan(500));

    expect(await simulator.stop()).toBe(0);
    await eventually(() => expect(sender.presence.map((seen) => seen.hex)).toEqual([ONLINE, OFFLINE]));
  });

  it("shows different pictures for different words, and the same one for the same words", async () => {
    const sender = await startSender();
    const simulator = launch({ "screen.dwell": 0 });
    await online(sender);
    const pictures: Picture[] = [];
    for (const [id, text] of [
      ["a", "Gate open"],
      ["b", "Gate shut"],
      ["c", "Gate open"],
    ] as const) {
      await sender.push(UID, { id, text });
      await eventually(() => expect(sender.statesOf(id)).toEqual(["stored", "shown"]));
      pictures.push(await simulator.picture());
      simulator.press("b");
      await eventually(() => expect(sender.statesOf(id)).toContain("read"));
    }
    const [open, shut, again] = pictures as [Picture, Picture, Picture];
    // Below the line with sender and time.
    const words = { top: 48, bottom: MESSAGE_ROWS.bottom };
    expect(difference(open, shut, words)).toBeGreaterThan(20);
    expect(difference(open, again, words)).toBe(0);
  });

  it("keeps an unread message over a power cut, and receives what was sent meanwhile", async () => {
    const sender = await startSender();
    const first = launch();
    await online(sender);
    await sender.push(UID, { id: "before", text: "sent before" });
    await eventually(() => expect(sender.statesOf("before")).toEqual(["stored", "shown"]));
    await first.kill();
    await eventually(() => expect(sender.presence.at(-1)?.hex).toBe(OFFLINE));
    await sender.push(UID, { id: "while", text: "sent meanwhile" });

    const second = launch();
    await eventually(() => expect(sender.statesOf("while")).toEqual(["stored", "shown"]));
    expect(inkOf(await second.picture())).toBeGreaterThan(500);
    // After the start the old message is shown first, then the new one. A press just after that change would be ignored.
    await new Promise((resolve) => setTimeout(resolve, PRESS_GUARD_MS));
    second.press("b");
    await eventually(() => expect(sender.statesOf("while")).toContain("read"));
    second.press("b");
    await eventually(() => expect(sender.statesOf("before")).toEqual(["stored", "shown", "read"]));
    expect(await second.stop()).toBe(0);
    expect(readdirSync(join(bench.home, "records")).filter((name) => name.includes("."))).toEqual([]);
  });

  it("offers choices and answers with the buttons, shows a group's message, writes to a contact who is online", async () => {
    const sender = await startSender();
    const received: string[] = [];
    sender.client.on("message", (topic, payload) => received.push(`${topic} ${payload.toString("latin1")}`));
    await sender.client.subscribeAsync("/field/im/ann", { qos: 1 });
    await sender.client.publishAsync("/field/pres/ann", Buffer.from([0x51]), { qos: 1, retain: true });
    const simulator = launch({ contacts: "ann", groups: "ops", "message.texts": "On my way", "screen.dwell": 0 });
    await online(sender);
    await sender.push("ops", { id: "g1", text: "Who closes gate 4?", extra: { pr: 4, re: ["I do", "Not me"] } });
    await eventually(() => expect(sender.statesOf("g1")).toEqual(["stored", "shown"]));
    const alert = await simulator.picture();
    simulator.press("b");
    await eventually(async () => expect(difference(alert, await simulator.picture())).toBeGreaterThan(500));
    simulator.press("b");
    await eventually(() => expect(sender.statesOf("g1")).toEqual(["stored", "shown", "read", "answered"]));
    expect(received.join("\n")).toContain('"st":"answered","co":"Not me"');
    // To people, the first contact, the first text.
    for (const button of ["c", "c", "b", "b"] as const) simulator.press(button);
    await eventually(() => expect(received.join("\n")).toMatch(/^\/field\/im\/ann .*"co":"On my way".*pager-sim$/m));
    expect(await simulator.stop()).toBe(0);
  });

  it("draws characters that its face does not hold as boxes", async () => {
    const sender = await startSender();
    const simulator = launch({ "screen.dwell": 0 });
    await online(sender);
    const show = async (id: string, co: string) => {
      await sender.client.publishAsync(`/field/page/${UID}`, JSON.stringify({ id, co }), { qos: 1 });
      await eventually(() =>
        expect(simulator.lines.filter((line) => line.startsWith("alert"))).toHaveLength(Number(id)),
      );
      const picture = await simulator.picture();
      simulator.press("b");
      return picture;
    };
    const plain = await show("1", "92 C");
    const degrees = await show("2", "92 \u00b0C");
    const temperature = await show("3", "\u6e29\u5ea6");
    const words = { top: 48, bottom: MESSAGE_ROWS.bottom };
    expect(difference(plain, degrees, words)).toBeGreaterThan(20);
    expect(inkOf(temperature, words)).toBeGreaterThan(60);
  });

  it.each([wifiQrText("fieldpager-aabbcc", "k;7 q"), `FP1:${"A7".repeat(80)}`, "\u00e4\u4e2d"])(
    "draws %j as a QR code that is read back from its pixels",
    async (text) => {
      const sender = await startSender();
      const simulator = launch();
      await online(sender);
      simulator.say(`code ${text}`);
      const picture = await simulator.picture();
      expect(readQrCode(picture, picture.rgb)).toBe(text);
    },
  );

  it("draws the address in a message as a QR code on the page behind its text", async () => {
    const address = "https://wiki.example/pump-3?step=4";
    const sender = await startSender();
    const simulator = launch();
    await online(sender);
    await sender.push(UID, { id: "p1", text: `Pump 3: ${address}.` });
    await eventually(() => expect(sender.statesOf("p1")).toContain("shown"));
    await eventually(async () => {
      simulator.press("c");
      const picture = await simulator.picture();
      expect(readQrCode(picture, picture.rgb)).toBe(address);
    });
  });

  it("says that a text is too long for a QR code", async () => {
    const sender = await startSender();
    const simulator = launch();
    await online(sender);
    simulator.say(`code ${"a".repeat(3_000)}`);
    const picture = await simulator.picture();
    expect(readQrCode(picture, picture.rgb)).toBeUndefined();
    await sender.push(UID, { id: "p1", text: "goes on" });
    await eventually(() => expect(sender.statesOf("p1")).toContain("shown"));
  });

  it("leaves pushes that have no room with the broker, and stays connected", { timeout: 150_000 }, async () => {
    const sender = await startSender();
    const simulator = launch({}, 150);
    await online(sender);
    const pushes = Array.from({ length: FLOOD_PUSHES }, (_, number) => ({ id: `f${number}`, text: `flood ${number}` }));
    await Promise.all(pushes.map((push) => sender.push(UID, push)));
    await eventually(() => expect(sender.countOf("stored")).toBe(FLOOD_PUSHES), 120_000);
    // The last pushes had to wait until others were shown.
    expect(sender.countOf("shown")).toBeGreaterThanOrEqual(FLOOD_PUSHES - INBOX_RECORDS_MAX);
    expect(simulator.lines.filter((line) => line.includes("disconnected"))).toEqual([]);
    expect(await simulator.stop()).toBe(0);
  });

  it("stays within the heap of an M5Stack while its inbox overflows", async () => {
    const sender = await startSender();
    const simulator = launch({ "screen.dwell": 0 });
    await online(sender);
    const words = "All work and no play makes Jack a dull boy. ".repeat(20);
    for (let index = 1; index <= 60; index += 1) {
      await sender.push(UID, { id: `p${index}`, text: `${index} ${words}` });
      await eventually(() => expect(sender.countOf("stored")).toBe(index));
    }
    await simulator.picture();
    const last = simulator.figures.at(-1) ?? {};
    expect(last["Chunk available"]).toBeLessThanOrEqual(CHUNK_BYTES);
    expect(last["Slot available"]).toBeLessThanOrEqual(SLOT_BYTES);
    expect(await simulator.stop()).toBe(0);
  });

  it("shows wrong settings instead of starting with them", async () => {
    const simulator = launch({ "broker.port": 70_000 });
    await eventually(() => expect(simulator.lines.join("\n")).toContain("broker.port: 70000"));
    expect(inkOf(await simulator.picture(), { top: 0, bottom: 100 })).toBeGreaterThan(500);
    expect(await simulator.stop()).toBe(0);
  });

  it("shows that its store cannot be used", async () => {
    writeFileSync(join(bench.home, "records"), "no folder");
    const simulator = launch();
    await eventually(() => expect(simulator.lines.join("\n")).toContain("failed to open directory"));
    expect(inkOf(await simulator.picture(), { top: 0, bottom: 100 })).toBeGreaterThan(100);
  });

  it("resolves a name, and goes on if nobody answers", async () => {
    const sender = await startSender();
    const simulator = launch({ "broker.host": "localhost" });
    await online(sender);
    await simulator.kill();
    const alone = launch({ "broker.port": 1 });
    await eventually(() => expect(alone.lines.join("\n")).toContain("no connection to 127.0.0.1"));
    const lost = launch({ "broker.host": "no-such-host.invalid" });
    await eventually(() => expect(lost.lines.join("\n")).toContain("no-such-host.invalid has no address"));
    expect(await alone.stop()).toBe(0);
    expect(await lost.stop()).toBe(0);
  });

  it("ends with 124 when the launcher's time is over", async () => {
    expect(await launch({}, 1).ended).toBe(124);
  });
});
