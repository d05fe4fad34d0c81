/** Pictures of messages: what a device asks for, when, what it does with what comes, and what is on the screen meanwhile. */
import { parser } from "mqtt-packet";
import { beforeEach, describe, expect, it } from "vitest";
import type { GatewayOptions } from "../../src/gateway/gateway.ts";
import {
  PICTURE_ANSWER_MS,
  PICTURE_BUDGET_MAX,
  PICTURE_CHANGES_MAX,
  PICTURE_REFILL_MS,
  RUN_RETRY_MS,
} from "../../src/limits.ts";
import type { DrawList, PicturePart } from "../../src/pager/screen/draw-list.ts";
import { encodeLink, encodeText } from "../../src/payload/content.ts";
import { encodeMessage } from "../../src/payload/message.ts";
import type { PicturePiece, PictureRequest } from "../../src/payload/message-picture.ts";
import { decodePictureRequest, encodePictureReply } from "../../src/payload/optional/message-picture.ts";
import { encodeUtf8 } from "../../src/utf8.ts";
import { MemoryStore } from "../memory-store.ts";
import { seededRandom } from "../random.ts";
import { SmallStore } from "../small-store.ts";
import { fromHex } from "../vectors/vector.ts";
import { Bench, IM, im, publish, settingsOf } from "./bench.ts";

const TOPIC = "/acme/raster/p1";
const LINK = "http://cam/a.png";
const KEYS = { priority: 3, choices: [] };

/** A message with a picture. */
function imageMessage(id: string | undefined, text: string, link = LINK): Uint8Array {
  return encodeMessage({
    timestampSeconds: 1_700_000_000,
    imType: 3,
    contents: [encodeText(text, { id }), encodeLink({ type: "image", keys: KEYS, link })],
    sender: "station",
  });
}

/** A picture in pieces of 8 rows. Each piece has a colour of its own. */
class Camera {
  version = 1;
  width = 100;
  height = 60;
  scale = 1;

  get pieces(): number {
    return Math.ceil(this.height / 8);
  }

  answer(request: PictureRequest, given: Partial<PicturePiece> = {}): Uint8Array {
    const { colours, number, piece } = request;
    const { version, width, height, scale, pieces } = this;
    const row = 8 * piece;
    const rows = Math.min(2, Math.ceil((height - row) / 4));
    // One colour, which needs no bits.
    const color = [16 * this.version, piece, 16 * this.version, piece];
    const block = colours === 5 ? color : colours === 4 ? [0x77] : [0, 0];
    const blocks = Uint8Array.from(new Array(Math.ceil(width / 4) * rows).fill(block).flat());
    return encodePictureReply({ colours, number, piece, pieces, version, width, height, scale, row, blocks, ...given });
  }
}

class PictureBench extends Bench {
  readonly camera = new Camera();
  list: DrawList = [];
  private readonly payloads: Uint8Array[] = [];

  constructor(options: Partial<GatewayOptions> = {}, store?: MemoryStore) {
    const settings = settingsOf({ "broker.keepAlive": 65_535, "broker.keepAliveMin": 65_535 });
    super({ random: seededRandom(7), settings, ...options }, store);
    this.draw = (drawList) => {
      this.list = drawList;
    };
  }

  /** The broker takes what it gets. */
  override pass(ms: number): void {
    super.pass(ms);
    this.answer();
  }

  show(text: string, hasId = true): void {
    this.receive(publish(IM, imageMessage(hasId ? "m1" : undefined, text)));
    for (let slice = 0; slice < 12; slice += 1) this.pass(0);
  }

  /** The requests since the last call. */
  requests(): PictureRequest[] {
    return this.payloads.splice(0).map(decodePictureRequest);
  }

  request(): PictureRequest {
    const requests = this.requests();
    expect(requests).toHaveLength(1);
    return requests[0] as PictureRequest;
  }

  protected override handleSent(bytes: Uint8Array): void {
    super.handleSent(bytes);
    const reader = parser();
    reader.on("packet", (packet) => {
      if (packet.cmd === "publish" && packet.topic === TOPIC) this.payloads.push(Buffer.from(packet.payload));
    });
    reader.parse(Buffer.from(bytes));
  }

  reply(payload: Uint8Array): void {
    this.receive(publish(`${TOPIC}/reply`, payload, { qos: 0 }));
  }

  /** Answers so many requests. */
  come(count = Number.POSITIVE_INFINITY): void {
    for (let left = count; left > 0; left -= 1) {
      const requests = this.requests();
      if (requests.length === 0) return;
      expect(requests).toHaveLength(1);
      this.reply(this.camera.answer(requests[0] as PictureRequest));
    }
  }

  /** What is drawn of the picture: piece, and first row on the screen. */
  get drawn(): PicturePart[] {
    return this.list.filter((command) => command.kind === "picture");
  }

  get words(): string {
    return this.screen;
  }

  cut(): void {
    this.gateway.handleClosed("cut", this.nowMs);
    this.drain();
  }

  reconnect(): void {
    if (this.gateway.isConnected) this.cut();
    this.pass(60_000);
    this.gateway.handleConnected(this.nowMs);
    this.receive(fromHex("20020100"));
    this.answer();
  }

  press(button: "a" | "b" | "c"): void {
    this.pass(400);
    this.gateway.handleButton(button, this.nowMs);
    this.drain();
    for (let slice = 0; slice < 12; slice += 1) this.pass(0);
  }

  get keys(): string[] {
    return [...this.store.records.keys()].filter((key) => key.startsWith("pic-"));
  }
}

let bench: PictureBench;
const started = (options: Partial<GatewayOptions> = {}, store?: MemoryStore) =>
  new PictureBench(options, store).connect() as PictureBench;
beforeEach(() => {
  bench = started();
});

describe("a device", () => {
  it("asks for the picture of the message on its screen, and draws each piece when it has come", () => {
    bench.show("look");
    const first = bench.request();
    expect(first).toMatchObject({ colours: 5, piece: 0, sender: "station", id: "m1", widthMax: 302 });
    expect(bench.words).toMatch(/look.*picture, 0 %/);
    bench.reply(bench.camera.answer(first));
    expect(bench.drawn.map(({ piece, height }) => [piece, height])).toEqual([[0, 8]]);
    expect(bench.words).toContain("picture, 13 %");
    const before = bench.list;
    const second = bench.request();
    expect(second).toMatchObject({ piece: 1, widthMax: first.widthMax, heightMax: first.heightMax });
    bench.reply(bench.camera.answer(second));
    // What has not changed is the same command in the same place: a host paints nothing but the new rows.
    const changed = bench.list.filter((command, at) => {
      const { source: _, words: __, ...rest } = command as PicturePart;
      const { source: ___, words: ____, ...former } = (before[at] ?? {}) as PicturePart;
      return JSON.stringify(rest) !== JSON.stringify(former);
    });
    const [frame] = bench.drawn;
    for (const { y } of changed) expect(y).toBeGreaterThanOrEqual((frame as PicturePart).y + 8);
    bench.come();
    expect(bench.drawn.map(({ piece }) => piece)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(bench.drawn.reduce((sum, { height }) => sum + height, 0)).toBe(60);
    expect(bench.words).toMatch(/look.*picture(?!,)/);
    expect(bench.words).not.toContain(LINK);
    bench.pass(3_600_000);
    expect(bench.requests()).toEqual([]);
  });

  it.each([
    ["grey", 4],
    ["one bit", 1],
    ["color", 5],
  ] as const)("of a screen of %s asks for as many colours", (screenKind, colours) => {
    bench = started({ screenKind });
    bench.show("look");
    expect(bench.request().colours).toBe(colours);
  });

  it("keeps the picture: it is there again without a request, also at the next start", () => {
    bench.show("look");
    bench.come();
    bench.press("c");
    expect(bench.drawn).toEqual([]);
    bench.press("a");
    expect(bench.drawn).toHaveLength(8);
    const again = started({}, bench.store);
    again.pass(0);
    expect(again.drawn).toHaveLength(8);
    expect(again.drawn[0]?.source.read(3)?.blocks.subarray(0, 2)).toEqual(Uint8Array.of(16, 3));
    expect([...bench.requests(), ...again.requests()]).toEqual([]);
  });

  it("goes on after a cut, and at the next start, with the piece that it lacks", () => {
    bench.show("look");
    bench.come(3);
    const { heightMax } = bench.request();
    bench.cut();
    expect(bench.drawn).toHaveLength(3);
    bench.reconnect();
    expect(bench.request()).toMatchObject({ piece: 3, heightMax });
    const again = started({}, bench.store);
    again.pass(0);
    expect(again.drawn).toHaveLength(3);
    again.come();
    expect(again.drawn).toHaveLength(8);
  });

  it("asks only while the message is on the screen", () => {
    bench.show("look");
    const late = bench.request();
    bench.press("c");
    bench.reply(bench.camera.answer(late));
    bench.pass(3_600_000);
    expect(bench.requests()).toEqual([]);
    expect(bench.keys).toEqual([]);
    bench.press("a");
    bench.come(2);
    bench.press("c");
    bench.requests();
    bench.pass(3_600_000);
    bench.press("a");
    expect(bench.request().piece).toBe(2);
  });

  it("shows a message that comes while a picture comes", () => {
    bench.show("look");
    bench.come(2);
    bench.receive(publish(IM, im("m2", "Fire", { priority: 5 }), { packetIdentifier: 9 }));
    for (let slice = 0; slice < 12; slice += 1) bench.pass(0);
    expect(bench.words).toContain("Fire");
    bench.requests();
    bench.press("b");
    bench.pass(20_000);
    bench.press("a");
    expect(bench.words).toContain("look");
    bench.come();
    expect(bench.drawn).toHaveLength(8);
  });

  it("shows in words why there is no picture, and does not ask again", () => {
    bench.show("look");
    const { colours, number, piece } = bench.request();
    bench.reply(encodePictureReply({ colours, number, piece, pieces: 0, words: "picture not found" }));
    expect(bench.words).toMatch(/look.*\[picture not found\] http:\/\/cam\/a\.png/);
    for (const button of ["c", "a"] as const) bench.press(button);
    expect(bench.words).toContain("[picture not found]");
    bench.reconnect();
    bench.pass(3_600_000);
    expect(bench.requests()).toEqual([]);
  });

  it("shows the link where nobody answers, asks ever more rarely, and takes a late station", () => {
    bench.show("look");
    bench.requests();
    bench.pass(PICTURE_ANSWER_MS);
    expect(bench.words).toMatch(/look.*\[image\] http:\/\/cam\/a\.png/);
    const asked: number[] = [];
    const start = bench.nowMs;
    for (let minute = 0; minute < 60; minute += 1) {
      bench.pass(60_000);
      if (bench.requests().length > 0) asked.push((bench.nowMs - start) / 60_000);
    }
    expect(asked[0]).toBe(RUN_RETRY_MS / 60_000);
    expect(asked.length).toBeLessThan(7);
    let late = bench.requests();
    for (; late.length === 0; late = bench.requests()) bench.pass(60_000);
    bench.reply(bench.camera.answer(late[0] as PictureRequest));
    bench.come();
    expect(bench.drawn).toHaveLength(8);
    expect(bench.words).not.toContain(LINK);
  });

  it("shows the link while it is away, and for a message without an id", () => {
    bench.show("look", false);
    expect(bench.words).toContain(`[image] ${LINK}`);
    const away = new PictureBench({}, started().store);
    away.gateway.start(away.nowMs);
    away.drain();
    expect(bench.requests()).toEqual([]);
    const other = started();
    other.show("look");
    other.cut();
    other.pass(1_000);
    expect(other.words).toContain(`[image] ${LINK}`);
  });

  it("without a screen asks for nothing", () => {
    const blind = new Bench({ size: { width: 0, height: 0 } }).connect();
    blind.receive(publish(IM, imageMessage("m1", "look")));
    expect(JSON.stringify(blind.sent)).not.toContain("raster");
  });
});

describe("the picture is", () => {
  it("below a short text, in what the text leaves", () => {
    bench.show("look");
    expect(bench.request().heightMax).toBeLessThan(164);
    bench.come();
    expect(bench.words).toContain("look");
  });

  it("on a page of its own, as large as the view, behind a long text", () => {
    bench.show("Pump 3 is hot. ".repeat(40));
    const { heightMax, widthMax } = bench.request();
    expect([widthMax, heightMax]).toEqual([302, 186]);
    bench.camera.height = 186;
    bench.reply(bench.camera.answer({ colours: 5, number: 0, piece: 0 } as PictureRequest));
    let pages = 0;
    while (bench.drawn.length === 0 && bench.words.includes("more")) {
      bench.press("c");
      pages += 1;
      expect(pages).toBeLessThan(20);
    }
    expect(bench.words).toMatch(/picture/);
    expect(bench.words).not.toContain("Pump");
    expect(bench.words).toMatch(/back.*read.*home/);
    bench.press("a");
    expect(bench.words).toContain("Pump");
  });

  it("on a page of its own where a line above the text takes its room", () => {
    bench.show("look");
    bench.camera.height = bench.requests()[0]?.heightMax ?? 0;
    bench.press("c");
    bench.press("a");
    bench.come();
    expect(bench.drawn.length).toBeGreaterThan(0);
    // Something is refused, and a line says so.
    bench.receive(publish(IM, fromHex("00"), { packetIdentifier: 9 }));
    for (let slice = 0; slice < 12; slice += 1) bench.pass(300);
    expect(bench.drawn).toEqual([]);
    bench.press("c");
    expect(bench.drawn.length).toBeGreaterThan(0);
    for (const { y, height } of bench.drawn) expect(y + height).toBeLessThanOrEqual(212);
    expect(bench.requests()).toEqual([]);
  });

  it.each([
    [240, 320, "color"],
    [135, 240, "color"],
    [128, 64, "one bit"],
    [540, 960, "grey"],
  ] as const)("within the view of a screen of %i by %i", (width, height, screenKind) => {
    for (const text of ["look", "long text ".repeat(30)]) {
      bench = started({ size: { width, height }, screenKind });
      bench.show(text);
      const first = bench.request();
      Object.assign(bench.camera, { width: first.widthMax, height: Math.min(first.heightMax, 8 * 63) });
      bench.reply(bench.camera.answer(first));
      bench.come();
      for (let page = 0; page < 20 && bench.drawn.length === 0; page += 1) bench.press("c");
      expect(bench.drawn.length).toBeGreaterThan(0);
      for (const part of bench.drawn) {
        expect(part.x).toBeGreaterThanOrEqual(0);
        expect(part.x + part.width).toBeLessThanOrEqual(width);
        expect(part.y).toBeGreaterThanOrEqual(20);
        expect(part.y + part.height).toBeLessThanOrEqual(height);
      }
    }
  });
});

describe("a device takes", () => {
  const cases: readonly (readonly [string, (bench: PictureBench, request: PictureRequest) => Uint8Array, number])[] = [
    [
      "an answer with another number",
      ({ camera }, request) => camera.answer({ ...request, number: request.number ^ 1 }),
      0,
    ],
    ["another piece", ({ camera }, request) => camera.answer({ ...request, piece: 1 }), 1],
    ["other colours", ({ camera }, request) => camera.answer(request, { colours: 4 }), 1],
    ["a picture that is wider than its room", ({ camera }, request) => camera.answer(request, { scale: 4 }), 1],
    ["a picture that is higher than its room", ({ camera }, request) => camera.answer(request, { height: 2_000 }), 1],
    ["a row that does not follow", ({ camera }, request) => camera.answer(request, { row: 4 }), 1],
    ["a last piece that ends early", ({ camera }, request) => camera.answer(request, { pieces: 1 }), 1],
    ["pieces behind the end", ({ camera }, request) => camera.answer(request, { height: 8 }), 1],
    ["rows behind the end", ({ camera }, request) => camera.answer(request, { height: 4, pieces: 1 }), 1],
    ["half a row of blocks", ({ camera }, request) => camera.answer(request).subarray(0, -4), 1],
    ["half a block", ({ camera }, request) => camera.answer(request).subarray(0, -1), 1],
    ["a piece without blocks", ({ camera }, request) => camera.answer(request).subarray(0, 16), 1],
    ["a head that ends early", ({ camera }, request) => camera.answer(request).subarray(0, 7), 1],
    ["words that are no UTF-8", (_, { number }) => Uint8Array.from([0x25, number >> 8, number, 0, 0, 0xff]), 1],
  ];

  it.each(cases)("not %s", (_, answer, refused) => {
    bench.show("look");
    const request = bench.request();
    bench.reply(answer(bench, request));
    expect(bench.drawn).toEqual([]);
    expect(bench.keys).toEqual([]);
    expect(bench.gateway.counters.refused).toBe(refused);
    if (refused === 0) {
      // The right one still counts.
      bench.reply(bench.camera.answer(request));
      expect(bench.drawn).toHaveLength(1);
      return;
    }
    expect(bench.words).toContain("[wrong picture]");
    bench.pass(3_600_000);
    expect(bench.requests()).toEqual([]);
  });

  it("no reply that nobody asked for, none that is retained, and none twice", () => {
    bench.reply(bench.camera.answer({ colours: 5, number: 0, piece: 0 } as PictureRequest));
    bench.show("look");
    const request = bench.request();
    bench.receive(publish(`${TOPIC}/reply`, bench.camera.answer(request), { qos: 0, retain: true }));
    expect(bench.drawn).toEqual([]);
    bench.reply(bench.camera.answer(request));
    bench.reply(bench.camera.answer(request));
    expect(bench.drawn).toHaveLength(1);
    bench.come();
    expect(bench.drawn).toHaveLength(8);
  });

  it("a picture that has changed from its beginning, and gives it up when it changes too often", () => {
    bench.show("look");
    bench.come(3);
    bench.camera.version = 2;
    bench.come();
    expect(bench.drawn).toHaveLength(8);
    for (const { source, piece } of bench.drawn) expect(source.read(piece)?.blocks[0]).toBe(32);
    bench = started();
    bench.show("look");
    let count = 0;
    for (let requests = bench.requests(); requests.length > 0; requests = bench.requests()) {
      bench.camera.version = 1 + (count % 2);
      bench.reply(bench.camera.answer(requests[0] as PictureRequest));
      count += 1;
    }
    expect(count).toBe(2 * (PICTURE_CHANGES_MAX + 1));
    expect(bench.words).toContain("[the picture keeps changing]");
    expect(bench.keys).toEqual([]);
  });

  it("reasons with control characters as text", () => {
    bench.show("look");
    const { number } = bench.request();
    bench.reply(Uint8Array.from([0x25, number >> 8, number & 255, 0, 0, ...encodeUtf8("no\u0007\nway")]));
    expect(bench.words).toMatch(/\[no.*way\]/);
  });
});

it("asks for no more pieces than flash bears", () => {
  bench.show("look");
  let asked = 0;
  // Each start of the transfer asks again, and never gets to the second piece.
  for (let round = 0; round < PICTURE_BUDGET_MAX + 100; round += 1) {
    asked += bench.requests().length;
    bench.press("c");
    bench.press("a");
  }
  const refilled = Math.ceil(bench.nowMs / PICTURE_REFILL_MS);
  expect(asked).toBeLessThanOrEqual(PICTURE_BUDGET_MAX + refilled);
  expect(asked).toBeGreaterThan(PICTURE_BUDGET_MAX - 10);
});

it("the store that refuses costs the picture, and nothing else", () => {
  bench.show("look");
  bench.come(2);
  const request = bench.request();
  bench.store.isFailing = true;
  bench.reply(bench.camera.answer(request));
  bench.store.isFailing = false;
  bench.pass(1_000);
  expect(bench.words).toMatch(/look.*\[no room for the picture\]/);
  expect(bench.requests()).toEqual([]);
});

it("pictures leave the store when a message needs the room", () => {
  const store = new SmallStore();
  bench = started({}, store);
  bench.show("look");
  bench.come();
  expect(bench.keys).toHaveLength(8);
  store.recordsMax = store.records.size;
  bench.receive(publish(IM, im("m2", "Pump 3"), { packetIdentifier: 9 }));
  for (let slice = 0; slice < 12; slice += 1) bench.pass(0);
  expect(bench.words).toContain("Pump 3");
  expect(bench.gateway.counters.storeFailures).toBe(0);
  expect(bench.keys).toEqual([]);
});

describe("on a link that loses, delays and repeats replies, with connections and power that fail", () => {
  it.each(Array.from({ length: 30 }, (_, seed) => seed))("the picture is whole in the end, seed %i", (seed) => {
    const random = seededRandom(seed);
    const store = new MemoryStore();
    let device = started({ random }, store);
    device.show("look");
    const late: Uint8Array[] = [];
    let asked = 0;
    let steps = 0;
    for (; steps < 400 && device.drawn.length < 8; steps += 1) {
      const isCalm = steps >= 30;
      for (const request of device.requests()) {
        asked += 1;
        const reply = device.camera.answer(request);
        const chance = isCalm ? 1 : random();
        if (chance < 0.3) continue;
        if (chance < 0.6) late.push(reply);
        if (chance > 0.5 && device.gateway.isConnected) device.reply(reply);
      }
      if (random() < 0.5 && device.gateway.isConnected) for (const reply of late.splice(0)) device.reply(reply);
      device.answer();
      if (!device.gateway.isConnected || (!isCalm && random() < 0.2)) device.reconnect();
      if (!isCalm && random() < 0.1) {
        device = started({ random }, store);
        device.pass(0);
      }
      device.pass(isCalm ? 120_000 : 10_000);
    }
    expect(device.drawn.map(({ source, piece }) => source.read(piece)?.blocks[1])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(device.gateway.counters.refused).toBe(0);
    expect(asked).toBeLessThanOrEqual(80);
  });
});
