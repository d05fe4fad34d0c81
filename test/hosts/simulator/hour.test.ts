/**
 * An hour of use of the whole pager over TLS in the memory of an M5Stack, with the default settings: so many messages in many
 * scripts, with the pictures of text that they need, so many messages with a picture, and so many presses as a busy hour has. While
 * something happens the simulator runs in the time of this machine, because broker, TLS and the station's services are real. In
 * between its clock runs faster.
 *
 * After each round the pager is where it was after the one before, so what is in use must be the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DEVICE } from "../../../hosts/simulator/tools/build.ts";
import type { FreeMemory, LaunchedSimulator } from "../../../hosts/simulator/tools/launched.ts";
import { creationOf } from "../../../hosts/simulator/tools/memory.ts";
import { addFigures } from "../../../hosts/simulator/tools/memory-figures.ts";
import { PRESS_GUARD_MS } from "../../../src/limits.ts";
import { encodeLink, encodeText, type MessageKeys } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { findMosquitto, startMosquitto } from "../../brokers/mosquitto.ts";
import { findProgram } from "../../brokers/server-process.ts";
import type { TestSender } from "../../brokers/test-sender.ts";
import { type Certificates, makeCertificates } from "../../certificates.ts";
import { LANGUAGES, TOUR } from "../../pictures/scenes.ts";
import { requireOrSkip } from "../../require.ts";
import { Bench, connectionsOf, eventually } from "./bench.ts";
import { DrawingStation } from "./drawing-station.ts";

const UID = "pager-sim";
const ROUNDS = 6;
const ROUND_MS = 3_600_000 / ROUNDS;
const MESSAGES = 50;
/** So many of them have a picture. */
const PICTURES = 5;
const PRESSES = 100;
const BURST = 9;

/** From this round on every table of the pager is full: inbox, names of former messages, pictures, log. */
const FULL_ROUND = 4;

/** A press is painted within this time. */
const PRESS_MS = 60;

/**
 * Texts may get a digit more, and there may be one timer more or less. The least that a message could lose is a slot and a chunk of 16
 * bytes. In the rounds after the full one this would be twice these figures.
 */
const FURTHER_MESSAGES = MESSAGES * (ROUNDS - FULL_ROUND);
const GROWTH_BYTES_MAX = 8 * FURTHER_MESSAGES;
const GROWTH_SLOTS_MAX = FURTHER_MESSAGES / 2;

/** What an hour brings. A text of each script comes in each round. */
const TEXTS: readonly string[] = [
  TOUR.text,
  ...Object.values(LANGUAGES).map(({ text }) => text),
  `${TOUR.text}\n`.repeat(6),
  `${TOUR.text}\n`.repeat(6),
  "The pump in hall 3 is over temperature again, see the log of unit-7 and call back soon. ".repeat(40),
];

/** What leads to each view, from an alert with choices on: buttons, and `h` for a finger that is held. */
const WAY_THROUGH_VIEWS: readonly (readonly [steps: string, view: string])[] = [
  ["", "alert"],
  ["b", "replies"],
  ["bh", "home"],
  ["b", "inbox"],
  ["b", "message"],
  ["hc", "people"],
  ["cb", "texts"],
  ["acb", "this device"],
];

const openssl = findProgram("openssl");
const isReady =
  requireOrSkip("mosquitto", findMosquitto() !== undefined) && requireOrSkip("openssl", openssl !== undefined);
const { chunk, heap } = creationOf(DEVICE.name);

describe.runIf(isReady)(`in the memory of ${DEVICE.name}`, () => {
  let certificates: Certificates;
  let bench: Bench;

  beforeAll(() => {
    certificates = makeCertificates(openssl as string);
    bench = new Bench();
  });
  afterEach(() => bench.end());
  afterAll(() => certificates.remove());

  it("an hour of use takes no more memory at its end than before", { timeout: 600_000 }, async () => {
    const { server, ca } = certificates;
    const broker = await startMosquitto({ listeners: [[`certfile ${server.certificate}`, `keyfile ${server.key}`]] });
    bench.add(() => broker.stop());
    const sender = await bench.sender(broker.port, UID);
    const station = await DrawingStation.start(sender.client, UID);
    const simulator = bench.launch(
      process.env.FIELDPAGER_DEFAULT_PROGRAM,
      {
        uid: UID,
        "broker.transport": "tls",
        "broker.port": broker.further[0] as number,
        "broker.ca": readFileSync(ca.certificate, "utf8"),
        "screen.dwell": 0,
        contacts: "ann",
        "message.texts": "on my way,call me",
      },
      600,
    );
    await eventually(() => expect(connectionsOf(simulator)).toBe(1));
    const hour = new Hour(sender, simulator, station);
    const free: FreeMemory[] = [];
    const startMs = performance.now();
    for (let round = 1; round <= ROUNDS; round += 1) {
      const beganMs = performance.now();
      await hour.play(round);
      await simulator.pass(Math.max(0, ROUND_MS - (performance.now() - beganMs)));
      free.push(await simulator.collect());
    }
    const seconds = Math.round((performance.now() - startMs) / 1_000);
    expect([sender.countOf("stored"), sender.countOf("read")]).toEqual([ROUNDS * MESSAGES, ROUNDS * MESSAGES]);
    expect(hour.presses).toBeGreaterThanOrEqual(ROUNDS * PRESSES);
    expect(station.wholePictures).toBe(ROUNDS * PICTURES);
    const pictures = readdirSync(join(bench.home, "records")).filter((name) => name.startsWith("run-")).length;
    process.stdout.write(
      `an hour in ${seconds} s: ${hour.presses} presses, ${station.wholePictures} pictures of messages, ${pictures} pictures of text are kept; free after each round: ${JSON.stringify(free)}\n`,
    );
    const full = free[FULL_ROUND - 1] as FreeMemory;
    for (const { chunkBytes, slots } of free.slice(FULL_ROUND)) {
      expect(full.chunkBytes - chunkBytes).toBeLessThanOrEqual(GROWTH_BYTES_MAX);
      expect(full.slots - slots).toBeLessThanOrEqual(GROWTH_SLOTS_MAX);
    }
    await tellViews(hour, simulator);
    expect(connectionsOf(simulator)).toBe(1);
    expect(await simulator.stop()).toBe(0);
  });

  /** Goes through all views, and says how much each takes. */
  async function tellViews(hour: Hour, simulator: LaunchedSimulator): Promise<void> {
    const seen = new Set<string>();
    await hour.push("alert", TEXTS[0] as string, { priority: 5, choices: ["Yes", "No"] });
    await eventually(() => expect(hour.sender.statesOf("alert")).toContain("shown"));
    await hour.wait(PRESS_GUARD_MS);
    for (const [steps, view] of WAY_THROUGH_VIEWS) {
      await hour.go(steps);
      await tell(view);
    }
    await hour.go("h");
    await hour.showPicture("photo", 0);
    await tell("message with a picture");
    expect(hour.sender.statesOf("alert")).toContain("answered");
    expect(seen.size).toBe(WAY_THROUGH_VIEWS.length + 1);

    async function tell(view: string): Promise<void> {
      seen.add(Buffer.from((await simulator.picture()).rgb).toString("base64"));
      const free = await simulator.collect();
      addFigures(process.env.FIELDPAGER_MEMORY_FIGURES as string, {
        view,
        chunkBytes: { used: chunk.initial - free.chunkBytes, of: chunk.initial },
        slots: { used: heap.initial - free.slots, of: heap.initial },
      });
    }
  }
});

class Hour {
  readonly sender: TestSender;
  presses = 0;
  readonly #simulator: LaunchedSimulator;
  readonly #station: DrawingStation;

  constructor(sender: TestSender, simulator: LaunchedSimulator, station: DrawingStation) {
    this.sender = sender;
    this.#simulator = simulator;
    this.#station = station;
  }

  /** Messages come while the carrier reads. At the end all of them are read. */
  async play(round: number): Promise<void> {
    const pressesBefore = this.presses;
    for (let index = 1; index <= PICTURES; index += 1) {
      await this.showPicture(`p${(round - 1) * MESSAGES + index}`.padEnd(5), index);
      await this.go("bh");
    }
    for (let index = PICTURES + 1; index <= MESSAGES; index += 1) {
      const number = (round - 1) * MESSAGES + index;
      const text = TEXTS[index % TEXTS.length] as string;
      await this.push(`p${number}`.padEnd(5), text, { title: text.slice(0, 12), priority: 1 + (index % 5) });
      if ((MESSAGES - index) % BURST !== 0) continue;
      await eventually(() => expect(this.sender.countOf("stored")).toBe(number));
      await this.go("cacbcaccbcaccbca");
    }
    for (let left = 3 * MESSAGES; this.sender.countOf("read") < round * MESSAGES && left > 0; left -= 1)
      await this.go("b");
    await this.go("ca".repeat((PRESSES - Math.min(PRESSES, this.presses - pressesBefore)) >> 1));
    await this.go("h");
  }

  /** A message with a picture comes. It is opened from home, and shown whole. */
  async showPicture(id: string, number: number): Promise<void> {
    const { wholePictures } = this.#station;
    await this.push(id, `picture ${number}`, { priority: 2 }, String(number));
    await eventually(() => expect(this.sender.statesOf(id)).toContain("stored"));
    await this.wait(PRESS_GUARD_MS);
    await this.go("ha");
    await eventually(() => expect(this.#station.wholePictures).toBe(wholePictures + 1));
  }

  async push(id: string, text: string, keys: Partial<MessageKeys>, picture?: string): Promise<void> {
    const contents = [encodeText(text, { ...keys, id })];
    if (picture !== undefined)
      contents.push(encodeLink({ type: "image", keys: { priority: 2, choices: [] }, link: picture }));
    const payload = encodeMessage({
      timestampSeconds: 0,
      imType: IM_TYPE.notification,
      contents,
      sender: "sender-1",
    });
    await this.sender.client.publishAsync(`/field/im/${UID}`, Buffer.from(payload), { qos: 1 });
  }

  /** Presses buttons. `h` holds a finger on the screen, which leads home. */
  async go(steps: string): Promise<void> {
    for (const step of steps) {
      if (step === "h") await this.#simulator.hold(DEVICE.width >> 1, DEVICE.height >> 1);
      else this.#simulator.press(step as "a" | "b" | "c");
      this.presses += 1;
      await this.wait(PRESS_MS);
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}
