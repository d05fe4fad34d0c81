/** Pictures of text: what a device asks for, when, and what it does with what comes. */
import { readFileSync } from "node:fs";
import { parser } from "mqtt-packet";
import { beforeEach, describe, expect, it } from "vitest";
import { Face } from "../../hosts/face.ts";
import { facesFrom, Lettering, type Pen } from "../../hosts/lettering.ts";
import type { GatewayOptions } from "../../src/gateway/gateway.ts";
import {
  RASTER_REQUEST_BYTES_MAX,
  RUN_ANSWER_MS,
  RUN_BUDGET_MAX,
  RUN_PAUSE_MS,
  RUN_RETRY_MAX_MS,
  RUN_RETRY_MS,
  RUNS_ASKED_MAX,
} from "../../src/limits.ts";
import { checkPicture, rowsAbove, rowsBelow } from "../../src/pager/screen/run-picture.ts";
import {
  decodeRasterRequest,
  encodePicture,
  encodeRasterReplies,
  type RasterRequest,
} from "../../src/payload/optional/raster.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { SmallStore } from "../small-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

const TOPIC = "/acme/raster/p1";
const REPLY = `${TOPIC}/reply`;

/** As on a board with little flash. */
const faces = facesFrom((name) => {
  if (!name.startsWith("latin")) return undefined;
  const { buffer, byteOffset, byteLength } = readFileSync(
    new URL(`../../hosts/moddable/faces/${name}.fnt`, import.meta.url),
  );
  return new Face(new DataView(buffer, byteOffset, byteLength), undefined);
});

/** A picture of these many pixels, each level in turn. */
function picture(advance: number, width = advance, height = 10): Uint8Array {
  const levels = Uint8Array.from({ length: width * height }, (_, at) => at % 16);
  return encodePicture({ advance, left: 0, top: 2, width, height, levels });
}

/** Draws what its faces hold, and notes the pictures and the boxes of the last screen. */
class DrawingBench extends Bench {
  pictures: Uint8Array[] = [];
  boxes: (readonly [x: number, width: number])[] = [];
  private readonly payloads: Uint8Array[] = [];

  constructor(options: Partial<GatewayOptions> = {}, store?: MemoryStore) {
    const lettering = new Lettering(faces);
    super(
      {
        measureText: (font, text) => lettering.measureText(font, text),
        random: seededRandom(7),
        // No ping is due within hours.
        settings: settingsOf({ "broker.keepAlive": 65_535, "broker.keepAliveMin": 65_535 }),
        ...options,
      },
      store,
    );
    lettering.pictures = this.gateway.pictures;
    const pen: Pen<undefined> = {
      text: () => {},
      box: (x, _y, width) => this.boxes.push([x, width]),
      picture: (bytes) => {
        checkPicture(bytes, 0, bytes.length, rowsAbove(28) + rowsBelow(28), 255);
        this.pictures.push(bytes.slice());
      },
    };
    this.draw = (drawList) => {
      this.pictures = [];
      this.boxes = [];
      this.gateway.pictures.beginScreen();
      for (const command of drawList) if (command.kind === "text") lettering.draw(pen, command);
    };
  }

  show(text: string): void {
    this.receive(publish(IM, im(undefined, text), { packetIdentifier: 7 }));
    // A long text is laid out in slices.
    for (let slice = 0; slice < 12; slice += 1) this.pass(0);
  }

  /** The requests since the last call. */
  requests(): RasterRequest[] {
    return this.payloads.splice(0).map(decodeRasterRequest);
  }

  protected override handleSent(bytes: Uint8Array): void {
    super.handleSent(bytes);
    const reader = parser();
    reader.on("packet", (packet) => {
      if (packet.cmd === "publish" && packet.topic === TOPIC) this.payloads.push(Buffer.from(packet.payload));
    });
    reader.parse(Buffer.from(bytes));
  }

  request(): RasterRequest {
    const requests = this.requests();
    expect(requests).toHaveLength(1);
    return requests[0] as RasterRequest;
  }

  draws(request: RasterRequest, pictures: readonly (Uint8Array | undefined)[]): void {
    for (const payload of encodeRasterReplies(request, pictures, 2_048))
      this.receive(publish(REPLY, payload, { qos: 0 }));
  }

  reply(hex: string): void {
    this.receive(publish(REPLY, fromHex(hex), { qos: 0 }));
  }
}

const texts = ({ runs }: RasterRequest) => runs.map(({ text }) => text);
const all = ({ runs }: RasterRequest, advance = 20) => runs.map(() => picture(advance));

let bench: DrawingBench;
beforeEach(() => {
  bench = new DrawingBench().connect() as DrawingBench;
});

describe("a device asks", () => {
  it("for the words and characters on its screen that no face holds, each once", () => {
    bench.show("Pump המשאבה חמה, חמה! 👩‍🚀 水 é ปั๊");
    const request = bench.request();
    expect([...texts(request)].sort()).toEqual([..."המשאבה חמה 👩‍🚀 水 ปั๊".split(" ")].sort());
    expect(request).toMatchObject({ depth: 4, widthMax: 255 });
    expect(bench.boxes.length).toBeGreaterThan(0);
    bench.draws(request, all(request));
    expect([bench.pictures.length, bench.boxes]).toEqual([6, []]);
    bench.pass(60_000);
    expect(bench.requests()).toEqual([]);
  });

  it("nothing where the faces hold everything, and nothing while it is away", () => {
    bench.show("Pump 3: 92 °C — Насос, Ψηλά");
    expect(bench.requests()).toEqual([]);
    const away = new DrawingBench();
    away.gateway.start(away.nowMs);
    away.drain();
    expect(away.requests()).toEqual([]);
  });

  it("in bounded requests, one at a time, until the screen is whole", () => {
    bench.show(Array.from({ length: 140 }, (_, at) => String.fromCharCode(0x5000 + at)).join(""));
    const asked: string[] = [];
    for (let count = 0; bench.boxes.length > 0; count += 1) {
      const request = bench.request();
      expect(request.runs.length).toBeLessThanOrEqual(RUNS_ASKED_MAX);
      asked.push(...texts(request));
      bench.pass(RUN_PAUSE_MS);
      expect(bench.requests()).toEqual([]);
      bench.draws(request, all(request, 16));
      bench.pass(RUN_PAUSE_MS);
      expect(count).toBeLessThan(6);
    }
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBe(bench.pictures.length);
  });

  it("with long words within the bytes of a request", () => {
    bench.show(Array.from({ length: 20 }, (_, at) => String.fromCharCode(0x5d0 + at).repeat(24)).join(" "));
    const request = bench.request();
    const bytes = request.runs.reduce((sum, { text }) => sum + 2 + Buffer.byteLength(text), 4);
    expect(bytes).toBeLessThanOrEqual(RASTER_REQUEST_BYTES_MAX);
    expect(request.runs.length).toBeGreaterThan(4);
  });

  it("one bit a pixel on a low screen, and no picture wider than the screen", () => {
    const low = new DrawingBench({ size: { width: 128, height: 64 } }).connect() as DrawingBench;
    low.show("שלום");
    expect(low.request()).toMatchObject({ depth: 1, widthMax: 112 });
  });

  it("ever more rarely where nobody answers, and of a page that is gone nothing", () => {
    bench.show("שלום");
    bench.request();
    let waitMs = RUN_RETRY_MS;
    for (let count = 0; count < 14; count += 1) {
      bench.pass(RUN_ANSWER_MS);
      bench.pass(waitMs - 1);
      const isKeptAlive = bench.gateway.isConnected;
      if (!isKeptAlive) break;
      expect(bench.requests(), `wait ${count}`).toEqual([]);
      bench.pass(1);
      waitMs = Math.min(2 * waitMs, RUN_RETRY_MAX_MS);
      if (!bench.gateway.isConnected) break;
      expect(bench.requests()).toHaveLength(1);
    }
    expect(waitMs).toBeGreaterThan(RUN_RETRY_MS);
  });

  it("again after a lost connection, for what is on the screen then", () => {
    bench.show("שלום");
    bench.request();
    bench.gateway.handleClosed("cut", bench.nowMs);
    bench.drain();
    bench.pass(60_000);
    bench.gateway.handleConnected(bench.nowMs);
    bench.receive(fromHex("20020000"));
    expect(texts(bench.request())).toEqual(["שלום"]);
  });

  it("within its budget, whatever is sent to it", () => {
    let asked = 0;
    for (let page = 0; page < 60; page += 1) {
      bench.show(Array.from({ length: 100 }, (_, at) => String.fromCharCode(0x4e00 + 100 * page + at)).join(""));
      for (let turn = 0; turn < 4; turn += 1) {
        for (const request of bench.requests()) {
          asked += request.runs.length;
          bench.draws(request, all(request, 16));
        }
        bench.pass(RUN_PAUSE_MS);
      }
    }
    expect(asked).toBeGreaterThan(RUN_BUDGET_MAX / 2);
    expect(asked).toBeLessThanOrEqual(RUN_BUDGET_MAX + 32);
  });
});

describe("a device takes", () => {
  it("a picture into its layout, and keeps it over a restart", () => {
    bench.show("שלום שלום");
    const request = bench.request();
    bench.draws(request, [picture(33)]);
    expect(bench.pictures).toEqual([picture(33), picture(33)]);
    bench.pass(RUN_PAUSE_MS);
    const next = new DrawingBench({}, bench.store).connect() as DrawingBench;
    expect(next.pictures).toEqual([picture(33), picture(33)]);
    next.pass(RUN_PAUSE_MS);
    expect(next.requests()).toEqual([]);
  });

  it("that a run cannot be drawn: it does not ask again for a day", () => {
    bench.show("שלום עולם");
    const request = bench.request();
    bench.draws(request, [undefined, picture(20)]);
    expect([bench.pictures.length, bench.boxes.length]).toEqual([1, 1]);
    for (let count = 0; count < 20; count += 1) {
      bench.show(`${count}: שלום`);
      bench.pass(RUN_PAUSE_MS);
    }
    expect(bench.requests()).toEqual([]);
    expect(bench.gateway.counters.refused).toBe(0);
  });

  it.each([
    ["the number of another request", (number: string) => `14${number === "0000" ? "0001" : "0000"} 00 0000`, 0],
    ["a picture of a run that was not asked for", (number: string) => `14${number} 05 0000`, 1],
    ["second picture of a run", (number: string) => `14${number} 00 0000 00 0005 10 00 00 00 00`, 0],
    ["another kind", (number: string) => `34${number} 00 0000`, 1],
    ["a picture past the end", (number: string) => `14${number} 00 ffff 10`, 1],
    ["a picture that is wider than asked for", (number: string) => `11${number} 00 0005 ff ff 00 ff 00`, 1],
    ["a picture that is higher than its line", (number: string) => `14${number} 00 0008 10 00 14 10 10 ffff00`, 1],
    ["more pixels than its head says", (number: string) => `14${number} 00 0007 10 00 00 02 02 ffff`, 1],
    ["fewer pixels than its head says", (number: string) => `14${number} 00 0006 10 00 00 20 10 f0`, 1],
    ["nothing", () => "", 1],
  ])("no %s", (_what, replyTo, refused) => {
    bench.show("שלום");
    const request = bench.request();
    bench.reply(replyTo(request.number.toString(16).padStart(4, "0")));
    expect(bench.pictures).toEqual([]);
    expect(bench.gateway.counters.refused).toBe(refused);
    expect([...bench.store.records.keys()].filter((key) => key.startsWith("run-"))).toEqual([]);
    bench.pass(RUN_PAUSE_MS);
    expect(bench.requests()).toEqual([]);
    // It goes on.
    bench.show("עולם");
    let [next] = bench.requests();
    for (let waits = 0; !next && waits < 3; waits += 1) {
      bench.pass(waits === 0 ? RUN_PAUSE_MS : waits === 1 ? RUN_ANSWER_MS : RUN_RETRY_MS);
      [next] = bench.requests();
    }
    expect(next && texts(next)).toContain("עולם");
    if (next) bench.draws(next, all(next));
    expect(bench.pictures.length).toBeGreaterThan(0);
  });

  it("no endless replies: after the last run of a request the rest is ignored", () => {
    bench.show("שלום");
    const request = bench.request();
    for (let count = 0; count < 50; count += 1) bench.draws(request, [picture(20)]);
    expect([...bench.store.records.keys()].filter((key) => key.startsWith("run-"))).toHaveLength(1);
    expect(bench.gateway.counters.refused).toBe(0);
  });

  it("no retained reply", () => {
    bench.show("שלום");
    const request = bench.request();
    const [payload] = encodeRasterReplies(request, [picture(20)], 2_048);
    bench.receive(publish(REPLY, payload as Uint8Array, { qos: 0, retain: true }));
    expect(bench.pictures).toEqual([]);
  });

  it("what comes while the store refuses as a box, and goes on", () => {
    bench.show("שלום עולם");
    const request = bench.request();
    bench.store.isFailing = true;
    bench.draws(request, all(request));
    bench.store.isFailing = false;
    expect([bench.pictures.length, bench.boxes.length]).toEqual([0, 2]);
    expect(bench.gateway.counters.storeFailures).toBeGreaterThan(0);
    bench.pass(RUN_PAUSE_MS);
    expect(bench.requests()).toEqual([]);
  });
});

describe("on a link that loses, delays and repeats replies, with connections and power that fail", () => {
  const WORDS = "שלום עולם חם מאוד 👩‍🚀 🔥 ปั๊ม เกิน पंप गरम";
  const STEP_MS = 60_000;

  it.each(Array.from({ length: 40 }, (_, seed) => seed))("everything is drawn in the end, seed %i", (seed) => {
    const random = seededRandom(seed);
    const store = new MemoryStore();
    let device = new DrawingBench({ random }, store).connect() as DrawingBench;
    device.show(WORDS);
    const late: Uint8Array[] = [];
    let asked = 0;
    const deliver = (payload: Uint8Array) => device.receive(publish(REPLY, payload, { qos: 0 }));
    const isConnected = () => device.gateway.isConnected;
    const reconnect = () => {
      if (isConnected()) device.gateway.handleClosed("cut", device.nowMs);
      device.drain();
      device.pass(STEP_MS);
      device.gateway.handleConnected(device.nowMs);
      device.receive(fromHex("20020100"));
      device.answer();
    };
    for (let step = 0; step < 300 && device.boxes.length > 0; step += 1) {
      const isCalm = step >= 20;
      for (const request of device.requests()) {
        asked += 1;
        if (!isCalm && random() < 0.4) continue;
        for (const reply of encodeRasterReplies(request, all(request), 300)) {
          const chance = isCalm ? 1 : random();
          if (chance < 0.2) late.push(reply);
          else if (chance > 0.3 && isConnected()) deliver(reply);
          if (chance > 0.3 && chance < 0.5) late.push(reply);
        }
      }
      if (random() < 0.5 && isConnected()) for (const reply of late.splice(0)) deliver(reply);
      device.answer();
      if (!isConnected() || (!isCalm && random() < 0.1)) reconnect();
      if (!isCalm && random() < 0.1) {
        device = new DrawingBench({ random }, store).connect() as DrawingBench;
        device.pass(0);
      }
      device.pass(RUN_PAUSE_MS);
      device.pass(STEP_MS);
    }
    expect([device.boxes.length, device.pictures.length]).toEqual([0, 13]);
    expect(device.gateway.counters.refused).toBe(0);
    expect(asked).toBeLessThanOrEqual(60);
  });
});

it("the pictures leave the store when a message needs the room", () => {
  const store = new SmallStore();
  bench = new DrawingBench({}, store).connect() as DrawingBench;
  bench.show("שלום עולם חם מאוד");
  const request = bench.request();
  bench.draws(request, all(request));
  const count = () => [...store.records.keys()].filter((key) => key.startsWith("run-")).length;
  expect(count()).toBe(4);
  store.recordsMax = store.records.size;
  bench.show("Pump 3");
  expect(bench.screen).toContain("Pump 3");
  expect(bench.gateway.counters.storeFailures).toBe(0);
  expect(count()).toBeLessThan(4);
});

it("a board without a screen asks for nothing and listens to nothing", () => {
  const blind = new Bench({ size: { width: 0, height: 0 }, settings: settingsOf() });
  blind.gateway.start(blind.nowMs);
  blind.gateway.handleConnected(blind.nowMs);
  blind.receive(fromHex("20020000"));
  expect(JSON.stringify(blind.sent)).not.toContain("raster");
});
