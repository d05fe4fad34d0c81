/** What the screen costs in the engine of the boards, whatever the text is and however full the inbox. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PINGRESP_TIMEOUT_MS } from "../../src/limits.ts";
import { requireOrSkip } from "../require.ts";
import { bundle, Engine, findEngine, PRELUDE } from "./engine.ts";

const binary = findEngine();

/**
 * An m5stack does about 5 million of XS compute a second, so this is 50 ms. The meter counts byte codes. It hardly counts the work
 * of Poco, such as measuring a character.
 */
const SLICE_COMPUTE = 250_000;

/** The limit for painting the same screen again, as in each new minute. */
const REPAINT_COMPUTE = 50_000;

/** The screens of an m5stack and an m5paper, with the most slices that a page may take there. */
const SCREENS = [
  { width: 320, height: 240, slicesMax: 4 },
  { width: 540, height: 960, slicesMax: 12 },
];

interface Look {
  readonly lines: readonly string[];
}

/** A packet of 4,096 bytes holds about 3,900 bytes of text. */
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["words", `"The pump in hall 3 is over temperature again, see the log of unit-7 and call back soon. ".repeat(41)`],
  ["one word", `"x".repeat(3600)`],
  ["thin letters", `"i".repeat(3600)`],
  ["ends of lines", `"\\n".repeat(1700) + "x"`],
  [
    "Chinese, every character another one",
    `Array.from({ length: 1200 }, (_, at) => String.fromCharCode(0x4e00 + 7 * at)).join("")`,
  ],
  ["letters with accents", `"é ".repeat(1200)`],
  ["marks alone", `"e" + "\\u0301".repeat(1790)`],
  ["Devanagari marks alone", `"\\u0915" + "\\u0941".repeat(1190)`],
  ["families of emoji", `"\\u{1f469}\\u200d\\u{1f680}".repeat(320)`],
  [
    "Arabic words and emoji",
    `"\\u0627\\u0644\\u0645\\u0636\\u062e\\u0629 \\u0633\\u0627\\u062e\\u0646\\u0629 \\u{1f469}\\u200d\\u{1f692} ".repeat(100)`,
  ],
  ["one word of Hebrew", `"\\u05d0".repeat(1900)`],
  ["Thai, which no face holds", `"\\u0e1b\\u0e31\\u0e4a\\u0e21".repeat(310)`],
  ["signs without a direction", `"\\u2500\\u2192 1".repeat(400)`],
  ["jamo", `"\\u1112\\u1161\\u11ab".repeat(400)`],
];

describe.runIf(requireOrSkip("xsnap", binary !== undefined))("in the XS engine", () => {
  let engine: Engine;

  beforeAll(async () => {
    engine = new Engine(binary as string);
    await engine.evaluate(PRELUDE);
    await engine.evaluate(await bundle(new URL("./screen.program.ts", import.meta.url)));
  });

  afterAll(() => engine.stop());

  it.each(SCREENS.flatMap((screen) => TEXTS.map(([name, text]) => ({ ...screen, name, text }))))(
    "a long text is painted and its pages are turned in slices of time, on $width × $height: $name",
    async (of) => {
      const { width, height, slicesMax, name, text } = of;
      /** The cost of each slice until the screen is painted. */
      const slicesOf = async (program: string) => {
        const slices = [await engine.compute(program)];
        for (
          ;
          !(await engine.ask<boolean>("program.isPainted()"));
          slices.push(await engine.compute("program.goOn()"))
        );
        return slices;
      };
      await engine.evaluate(`program.start(${width}, ${height}, 0)`);
      await engine.evaluate(`program.prepare(${text}); program.arrive()`);
      const first = await slicesOf("program.paint()");
      const { lines } = await engine.ask<Look>("program.look()");
      await engine.evaluate("program.see()");
      const next = await slicesOf('program.press("c")');
      const further = await slicesOf('program.press("c")');
      const back = await slicesOf('program.press("a")');
      const repaint = await engine.compute("program.passMinute()");
      console.info(`${name}: first paint ${first}; next pages ${next}; ${further}; back ${back}; repaint ${repaint}`);
      // Every page of a text except the last one fills the screen.
      expect(lines.length).toBeGreaterThan(name === "ends of lines" ? 2 : 7);
      for (const slices of [first, next, further, back]) {
        expect(Math.max(...slices)).toBeLessThanOrEqual(SLICE_COMPUTE);
        expect(slices.length).toBeLessThanOrEqual(slicesMax);
      }
      expect(repaint).toBeLessThanOrEqual(REPAINT_COMPUTE);
    },
  );

  it("a page of 4,000 characters does not keep the pager from its broker: between two slices a PINGREQ leaves and its answer is taken", async () => {
    const connection = () =>
      engine.ask<{ readonly pingCount: number; readonly closeCount: number }>("program.connection()");
    const isPainted = () => engine.ask<boolean>("program.isPainted()");
    await engine.evaluate("program.start(540, 960, 0)");
    await engine.evaluate(`program.prepare(${TEXTS[0]?.[1]}); program.arrive()`);
    const slices = [await engine.compute("program.paint()")];
    const before = await connection();
    // The ping is due while the page is laid out.
    await engine.evaluate("program.pass(1000 * program.KEEP_ALIVE_SECONDS)");
    slices.push(await engine.compute("program.goOn()"));
    const { pingCount } = await connection();
    expect([await isPainted(), pingCount]).toEqual([false, before.pingCount + 1]);
    // The answer comes as late as it may. Then the layout goes on where it was.
    await engine.evaluate(`program.pass(${PINGRESP_TIMEOUT_MS - 1})`);
    slices.push(await engine.compute("program.ping()"));
    expect(await isPainted()).toBe(false);
    await engine.evaluate(`program.pass(${PINGRESP_TIMEOUT_MS})`);
    while (!(await isPainted())) slices.push(await engine.compute("program.goOn()"));
    console.info(`with a ping: ${slices}`);
    expect(Math.max(...slices)).toBeLessThanOrEqual(SLICE_COMPUTE);
    expect(await connection()).toEqual({ pingCount: pingCount, closeCount: before.closeCount });
  });

  it("a PINGRESP costs the same, however many messages there are", async () => {
    const costs: number[] = [];
    for (const count of [0, 1, 124]) {
      await engine.evaluate(`program.start(320, 240, ${count})`);
      await engine.evaluate("program.ping()");
      costs.push(await engine.compute("program.ping()"));
    }
    console.info(`idle: ${costs.join(", ")}`);
    expect(costs).toEqual(costs.map(() => costs[0]));
  });
});
