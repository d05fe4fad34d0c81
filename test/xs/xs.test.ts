/** Runs programs inside the engine of the boards. */
import { afterEach, describe, expect, it } from "vitest";
import { requireOrSkip } from "../require.ts";
import { bundle, Engine, findEngine, type Reply } from "./engine.ts";

const binary = findEngine();

describe.runIf(requireOrSkip("xsnap", binary !== undefined))("in the XS engine", () => {
  let engine: Engine | undefined;

  const start = () => {
    engine = new Engine(binary as string);
    return engine;
  };

  const run = async (name: string): Promise<Reply> => {
    const program = await bundle(new URL(`./${name}.program.ts`, import.meta.url));
    return start().run(program);
  };

  afterEach(async () => {
    await engine?.stop();
    engine = undefined;
  });

  it("a program meets what a board has: frozen built-ins, no platform", async () => {
    const { value, meter } = await run("engine");
    expect(value).toEqual({
      present: [],
      compartment: "function",
      renamed: "TypeError",
      added: "TypeError",
      map: [[1, 2]],
    });
    expect(meter.compute).toBeGreaterThan(100);
  });

  it("a program's error reaches the test", async () => {
    await expect(start().evaluate("throw new RangeError('too far')")).rejects.toThrow("RangeError: too far");
  });

  it("a program that runs away is ended", async () => {
    const looping = start().evaluate("for (;;) {}");
    await engine?.stop();
    await expect(looping).rejects.toThrow("XS: ended with SIGTERM");
  });
});
