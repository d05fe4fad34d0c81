/** Runs programs inside the engine of the boards. */
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { SCRAM_SLICE_ROUNDS } from "../../src/limits.ts";
import { requireOrSkip } from "../require.ts";
import { bundle, Engine, findEngine, type Reply, UNFROZEN } from "./engine.ts";
import { run as runInbox } from "./inbox.program.ts";
import { run as runScenarios } from "./scenarios.program.ts";
import { run as runSession } from "./session.program.ts";
import { run as runXmpp } from "./xmpp.program.ts";

const binary = findEngine();

/** An m5stack does about 5 million of XS compute a second, so this is 100 ms. */
const SLICE_COMPUTE_MAX = 500_000;

/** The view of the payload. A typed array of XS takes so many slots. */
const VIEW_SLOTS = 6;

/** The expected result of `session.program.ts`, in every engine. */
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

/** The expected result of `inbox.program.ts`, in every engine. */
const INBOX = [
  "fill: duplicate; 200 messages, 200 unread, 200 not shown; 200 receipts",
  "shown: true; 200 messages, 200 unread, 199 not shown; 199 shown",
  "answered: true; 200 messages, 199 unread, 198 not shown; 3 shown, 3 read, 3 answered nein",
  "read goes first: stored; 200 messages, 200 unread, 199 not shown; new stored",
  "then the least important: stored; 200 messages, 200 unread, 200 not shown; 199 dropped, more stored",
  "late: expired; 200 messages, 200 unread, 200 not shown; late expired",
  "less: full; 200 messages, 200 unread, 200 not shown; less dropped",
  "keyed: stored,stored; 200 messages, 200 unread, 200 not shown; 0 dropped, k1 stored, k1 dropped, k2 stored",
  "worthless: 1; 200 messages, 199 unread, 199 not shown; k2 expired",
  "taken back: true; 199 messages, 198 unread, 198 not shown; ",
  "again: duplicate,duplicate,duplicate,duplicate,duplicate; 199 messages, 198 unread, 198 not shown; ",
  "oldest: undefined Füllstand 1",
];

it("the main scenarios give the expected results on Node", () => {
  const looks = runScenarios();
  expect(looks.length).toBeGreaterThan(50);
  for (const { what, got, expected } of looks) expect.soft(got, what).toBe(expected);
});

it("the session of the script gives the expected result on Node", () => {
  expect(runSession()).toEqual(SESSION);
});

it("the script with a full inbox gives the expected result on Node", () => {
  expect(runInbox()).toEqual(INBOX);
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

  it("a program finds what it finds on a board: frozen built-ins, no platform", async () => {
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

  it("the session of the script gives the expected result", async () => {
    const { value } = await run("session");
    expect(value).toEqual(SESSION);
  });

  it("the script with a full inbox gives the expected result", async () => {
    const { value } = await run("inbox");
    expect(value).toEqual(INBOX);
  });

  it("the XMPP engine reads, logs in, registers and takes a push as on Node", async () => {
    const { value } = await run("xmpp");
    const expected = runXmpp();
    expect(value).toEqual(expected);
    expect(expected).toContain("message ä € & 😀 u");
    expect(expected).toContain("registered");
    expect(expected.slice(-2)).toEqual([
      expect.stringContaining("v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
      expect.stringContaining("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
    ]);
  });

  it("a slice of a login's rounds keeps a board from other things for less than 0.1 s", async () => {
    const program = await bundle(new URL("./xmpp.program.ts", import.meta.url));
    const engine = start();
    await engine.evaluate(program);
    for (const name of ["SHA-1", "SHA-256"] as const) {
      const cost = (count: number) => engine.compute(`program.rounds("${name}", ${count})`);
      const each = ((await cost(48)) - (await cost(16))) / 32;
      console.info(`a round of SCRAM-${name} in XS: ${each}`);
      expect(each * SCRAM_SLICE_ROUNDS).toBeLessThan(SLICE_COMPUTE_MAX);
    }
  });

  it("the main scenarios run as on Node: connect, subscribe, each QoS both ways, again, lost, too large, silent", async () => {
    const { value } = await run("scenarios");
    expect(value).toEqual(runScenarios());
  });

  it.each(["3.1.1", "5"])(
    "a message of QoS 0 takes nothing to send, and to receive no more than the view of its payload, MQTT %s",
    async (protocol) => {
      const program = await bundle(new URL("./allocation.program.ts", import.meta.url));
      const engine = start();
      await engine.evaluate(program);
      await engine.evaluate(`program.connect("${protocol}")`);
      const slotsEach = async (what: "send" | "receive") => {
        // The first messages do the work that is done only once.
        await engine.evaluate(`program.${what}(3)`);
        const [ten, twenty] = [
          await engine.slotsTaken(`program.${what}(10)`),
          await engine.slotsTaken(`program.${what}(20)`),
        ] as const;
        return (twenty - ten) / 10;
      };
      expect(await slotsEach("send")).toBe(0);
      const received = await slotsEach("receive");
      expect(received).toBe(VIEW_SLOTS);
    },
  );

  it("the packets of a normal day cost at most a tenth of what they cost mqtt-packet", async () => {
    const ours = await run("day-ours");
    await engine?.stop();
    const shim = fileURLToPath(new URL("./node-shim.ts", import.meta.url));
    const theirProgram = await bundle(new URL("./day-theirs.program.ts", import.meta.url), {
      platform: "browser",
      inject: [shim],
      define: { global: "globalThis", self: "globalThis" },
    });
    const theirs = await start().run(theirProgram, UNFROZEN);
    // Both have done the same work: as many bytes and as many packets.
    expect(ours.value).toEqual(theirs.value);
    const share = ours.meter.compute / theirs.meter.compute;
    console.info(`a day in XS: ${ours.meter.compute} of ${theirs.meter.compute}, ${(share * 100).toFixed(1)} %`);
    expect(share).toBeLessThanOrEqual(0.1);
  });

  it("a program's error reaches the test", async () => {
    await expect(start().evaluate("throw new RangeError('too far')")).rejects.toThrow("RangeError: too far");
  });

  it("a program that runs away is ended", async () => {
    engine = new Engine(binary as string, 10_000_000);
    await expect(engine.evaluate("for (;;) {}")).rejects.toThrow("XS: ended with 17");
  });
});
