/** What it costs the engine of the boards to take a page, from its bytes to the record in the inbox, without a screen. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requireOrSkip } from "../require.ts";
import { bundle, Engine, findEngine } from "./engine.ts";

/** The longest page that fits into a packet, in bytes of UTF-8. */
const TEXT_BYTES = 3_600;

/** A board takes about 50 ms for 250,000 of compute, so about 0.24 s for this. A page may take 0.3 s until it is `stored`. */
const COMPUTE_MAX = 1_200_000;

/** Twice the text may take at most so many times as long. Quadratic code would take four times as long. */
const GROWTH_MAX = 3;

const MEASURED_TIMES = 12;

const binary = findEngine();

describe.runIf(requireOrSkip("xsnap", binary !== undefined))("a page of 3,600 bytes in the XS engine", () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = new Engine(binary as string);
    await engine.evaluate(await bundle(new URL("./screen.program.ts", import.meta.url)));
    await engine.evaluate("program.start(320, 240, 0)");
  });

  afterAll(() => engine.stop());

  const textOf = (sample: string, bytes: number) => {
    const count = Math.floor(bytes / Buffer.byteLength(sample));
    return sample.repeat(count);
  };

  it.each([
    ["ASCII", "Pump 3 runs hot. "],
    ["umlauts", "Füllstand prüfen. "],
    ["Cyrillic", "Насос горячий. "],
    ["Chinese", "水泵过热。"],
    ["emoji", "🔥🚒"],
    ["quotes, escaped in JSON", '"'],
  ])("of %s: at most 1.2 million of compute until it is stored", async (_, sample) => {
    await engine.evaluate(
      `program.prepare(${JSON.stringify(textOf(sample, TEXT_BYTES / (sample === '"' ? 2 : 1)))}, 0x65)`,
    );
    const compute = await engine.compute("program.arrive()");
    console.info(`a page of ${sample.slice(0, 5)}… in XS: ${compute} until it is stored`);
    expect(compute).toBeLessThanOrEqual(COMPUTE_MAX);
  });

  it("takes time in proportion to its length, and not to its square", async () => {
    // The meter does not count the work inside one call of the engine. A clock does.
    const leastMs = async (bytes: number) => {
      let least = Number.POSITIVE_INFINITY;
      for (let time = 0; time < MEASURED_TIMES; time += 1) {
        await engine.evaluate(`program.prepare(${JSON.stringify(textOf("Pump 3 runs hot. ", bytes))})`);
        const beganMs = performance.now();
        await engine.evaluate("program.arrive()");
        least = Math.min(least, performance.now() - beganMs);
      }
      return least;
    };
    const [half, whole] = [await leastMs(TEXT_BYTES / 2), await leastMs(TEXT_BYTES)];
    expect(whole / half).toBeLessThan(GROWTH_MAX);
  });
});
