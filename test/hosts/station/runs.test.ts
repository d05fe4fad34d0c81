/** The station draws text for devices: what it draws, for whom, and within which limits. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Shaper } from "../../../hosts/station/runs/shaper.ts";
import { RUNS_PER_DEVICE } from "../../../hosts/station/shared/limits.ts";
import type { Station } from "../../../hosts/station/station.ts";
import { RASTER_REPLY_BYTES_MAX, RUNS_ASKED_MAX } from "../../../src/limits.ts";
import { checkPicture, rowsAbove, rowsBelow } from "../../../src/pager/screen/run-picture.ts";
import { encodePicture, encodeRasterRequest } from "../../../src/payload/optional/raster.ts";
import { RasterReply } from "../../../src/payload/raster.ts";
import { StationBench } from "./harness.ts";
import { connectRaster } from "./raster-client.ts";

const SIZES = [16, 20, 28];

/** A word, or a character, of each script that the station has a font for. */
const WORDS = [
  ..."Grüße жарко αντλία שלום المضخة ساخنة हिन्दी বাংলা ਪੰਜਾਬੀ ગુજરાતી தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල".split(" "),
  ..."ป้ ກຳ ភាសា မြန် ქართ Հայ ሰላም ދިވެ 水 ポ 펌 👩‍🚀 🇩🇪 👍🏽 ❤️ ℵ ⚙".split(" "),
];

/** What nobody writes, or only to do harm. */
const HOSTILE = [
  `e${"\u0301".repeat(31)}`,
  `\u0e01${"\u0e49".repeat(31)}`,
  "\u200d".repeat(32),
  "\ufdfd\ufdfd\ufdfd",
  "\u{12031}\u{12031}",
  "\u202eabc",
  "\u0915".repeat(32),
  "W".repeat(32),
  " ",
];

describe("the shaper", () => {
  let shaper: Shaper;
  beforeAll(async () => {
    shaper = await Shaper.open();
  }, 120_000);

  it.each(WORDS)("draws %s", (text) => {
    for (const sizePixels of SIZES) {
      const drawn = shaper.draw({ text, sizePixels }, 255, 4);
      expect(drawn?.levels.some((level) => level > 0)).toBe(true);
      // Not squeezed: a character is about as wide as a third of its height, or wider.
      expect(drawn?.advance).toBeGreaterThan(sizePixels / 4);
    }
  });

  it("says of what its fonts lack that it cannot be drawn", () => {
    expect(shaper.draw({ text: "\u{10fffd}", sizePixels: 16 }, 255, 4)).toBeUndefined();
    expect(shaper.draw({ text: "a\ue000", sizePixels: 16 }, 255, 4)).toBeUndefined();
  });

  it("stays within the box, whatever the text is", () => {
    for (const text of [...WORDS, ...HOSTILE]) {
      for (const sizePixels of [8, 16, 28]) {
        for (const widthMax of [1, 60, 255]) {
          const drawn = shaper.draw({ text, sizePixels }, widthMax, 4);
          if (!drawn) continue;
          const picture = encodePicture(drawn);
          checkPicture(picture, 0, picture.length, rowsAbove(sizePixels) + rowsBelow(sizePixels), widthMax);
        }
      }
    }
  }, 120_000);

  it("joins letters and writes from right to left", () => {
    const draw = (text: string) => shaper.draw({ text, sizePixels: 28 }, 255, 4);
    // An initial and a final form are narrower than two isolated ones.
    expect(draw("ببب")?.advance).toBeLessThan(3 * (draw("ب")?.advance ?? 0) - 8);
    const [lamed, mem, word] = ["ל", "ם", "לם"].map((text) => draw(text));
    // The first letter is on the right: the left half is that of mem.
    const left = (of: typeof word, columns: number) =>
      Array.from(of?.levels ?? []).filter((_, at) => at % (of?.width ?? 1) < columns);
    expect(word?.advance).toBe((lamed?.advance ?? 0) + (mem?.advance ?? 0));
    expect(left(word, 12).filter((level) => level > 7).length).toBeGreaterThan(
      0.8 * left(mem, 12).filter((level) => level > 7).length,
    );
  });

  it("has two levels with one bit", () => {
    const levels = new Set(shaper.draw({ text: "المضخة", sizePixels: 16 }, 255, 1)?.levels);
    expect([...levels].sort()).toEqual([0, 15]);
  });
});

describe("a station with devices", () => {
  const bench = new StationBench();
  afterEach(() => bench.end());

  const connect = (station: Station, uid: string) => connectRaster(bench, station, uid);

  const request = (number: number, texts: readonly string[]) =>
    Buffer.from(
      encodeRasterRequest({ depth: 4, number, widthMax: 255, runs: texts.map((text) => ({ sizePixels: 16, text })) }),
    );

  /** Which runs have a picture, by the number of the request. */
  function answered(replies: readonly Buffer[]): Record<number, boolean[]> {
    const found: Record<number, boolean[]> = {};
    for (const payload of replies) {
      expect(payload.length).toBeLessThanOrEqual(RASTER_REPLY_BYTES_MAX);
      const reply = new RasterReply(payload);
      while (reply.next()) {
        const runs = found[reply.head.number] ?? [];
        runs[reply.index] = reply.end > reply.start;
        found[reply.head.number] = runs;
      }
    }
    return found;
  }

  it("answers each device on its own topic, and nobody else can ask or listen", async () => {
    const station = await bench.station({});
    const [ann, bob] = [await connect(station, "ann-1"), await connect(station, "bob-1")];
    await expect(bob.client.subscribeAsync("/field/raster/ann-1/reply", { qos: 1 })).rejects.toThrow();
    await expect(bob.client.subscribeAsync("/field/raster/ann-1", { qos: 1 })).rejects.toThrow();
    await bob.client.publishAsync("/field/raster/ann-1", request(1, ["שלום"]), { qos: 1 });
    await bob.client.publishAsync("/field/raster/ann-1/reply", Buffer.from("1400010000", "hex"), { qos: 1 });
    await ann.client.publishAsync("/field/raster/ann-1", Buffer.from("1400"), { qos: 1 });
    await ann.client.publishAsync("/field/raster/ann-1", request(2, ["المضخة", "\ue000", "👍"]));
    await vi.waitFor(() => expect(answered(ann.replies)).toEqual({ 2: [true, false, true] }), 30_000);
    // The same again comes from memory.
    await ann.client.publishAsync("/field/raster/ann-1", request(3, ["المضخة", "\ue000", "👍"]));
    await vi.waitFor(() => expect(ann.replies).toHaveLength(2));
    expect(ann.replies[1]?.subarray(3)).toEqual(ann.replies[0]?.subarray(3));
    expect(bob.replies).toEqual([]);
  }, 60_000);

  it("draws for one device only so much, and goes on for the others", async () => {
    const station = await bench.station({});
    const [ann, bob] = [await connect(station, "ann-1"), await connect(station, "bob-1")];
    const many = Array.from({ length: RUNS_ASKED_MAX }, (_, at) => String.fromCharCode(0x4e00 + at));
    const full = RUNS_PER_DEVICE.capacity / RUNS_ASKED_MAX;
    for (let number = 0; number < full + 10; number += 1)
      await ann.client.publishAsync("/field/raster/ann-1", request(number, many), { qos: 1 });
    await bob.client.publishAsync("/field/raster/bob-1", request(1, ["שלום"]), { qos: 1 });
    await vi.waitFor(() => expect(answered(bob.replies)).toEqual({ 1: [true] }), 30_000);
    const count = Object.keys(answered(ann.replies)).length;
    expect(count).toBeGreaterThanOrEqual(full);
    expect(count).toBeLessThan(full + 10);
  }, 60_000);
});
