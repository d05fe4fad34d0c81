/** Runs programs inside the engine of the boards. */
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { requireOrSkip } from "../require.ts";
import { bundle, Engine, findEngine, type Reply, UNFROZEN } from "./engine.ts";
import { run as runSession } from "./session.program.ts";

const binary = findEngine();

/** What the script of `session.program.ts` must lead to, on every engine. */
const SESSION = [
  "CONNECT keep-alive 60, flags 2c",
  "SUBSCRIBE",
  "PUBLISH /field/pres/pager-1 51 retained",
  "— connected",
  "PUBACK 1234, after it was stored",
  "PUBLISH /field/im/bob p-1 stored",
  "screen mark1",
  "PUBLISH /field/im/bob p-1 shown",
  "alert 3",
  "— push",
  "PINGREQ",
  "— quiet",
  "CONNECT keep-alive 60, flags 2c",
  "PUBLISH /field/pres/pager-1 51 retained",
  "— cut",
  "PUBACK 1234, after it was stored",
  "— push again",
  "PUBLISH /field/pres/pager-1 52 retained",
  "DISCONNECT",
  "close",
  "end: 1 message kept",
];

it("the session of the script goes as it must on Node", () => {
  expect(runSession()).toEqual(SESSION);
});

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

  it("the codecs agree with every vector", async () => {
    const { value } = await run("vectors");
    expect(value).toEqual({ complaints: [], rows: expect.toSatisfy((rows: number) => rows > 80) });
  });

  it("the session of the script goes as it must", async () => {
    const { value } = await run("session");
    expect(value).toEqual(SESSION);
  });

  // Their share of the work takes seconds, and a loaded machine many of them.
  it("the packets of a normal day cost at most a tenth of what they cost mqtt-packet", {
    timeout: 180_000,
  }, async () => {
    const ours = await run("day-ours");
    await engine?.stop();
    const shim = fileURLToPath(new URL("./node-shim.ts", import.meta.url));
    const theirProgram = await bundle(new URL("./day-theirs.program.ts", import.meta.url), {
      platform: "browser",
      inject: [shim],
      define: { global: "globalThis", self: "globalThis" },
    });
    const theirs = await start().run(theirProgram, UNFROZEN);
    // The same work: as many bytes and as many packets.
    expect(ours.value).toEqual(theirs.value);
    const share = ours.meter.compute / theirs.meter.compute;
    console.info(`a day in XS: ${ours.meter.compute} of ${theirs.meter.compute}, ${(share * 100).toFixed(1)} %`);
    expect(share).toBeLessThanOrEqual(0.1);
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
