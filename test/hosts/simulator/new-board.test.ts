/** Takes the files of the example board from `hosts/esp32/README.md`, links them for the chip, and runs them in the simulator. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { linkByteCode } from "../../../hosts/esp32/tools/boards.ts";
import { BUILD, ROOT, run } from "../../../hosts/moddable/tools/command.ts";
import { findSdk } from "../../../hosts/moddable/tools/sdk.ts";
import { buildProgram } from "../../../hosts/simulator/tools/build.ts";
import { Bench, eventually } from "./bench.ts";
import { launchBoard, says } from "./launched-board.ts";

const NAME = "gate_panel";
const HOST = join(ROOT, "hosts", "esp32");

/** Time limit of a build, in milliseconds. The first build on a busy machine takes long. */
const BUILD_MS = 600_000;

/** The folder for its files. Their relative paths are changed to fit. */
const FOLDER = join(BUILD, "new-board", NAME);

/** The text of a file that the README shows. */
function shown(language: string): string {
  const readme = readFileSync(join(HOST, "README.md"), "utf8");
  const section = readme.slice(readme.indexOf("## Add a board"), readme.indexOf("## Build and flash"));
  const blocks = [...section.matchAll(/^ {3}```(\w+)\n([\s\S]*?)^ {3}```$/gm)].filter(([, of]) => of === language);
  expect(blocks).toHaveLength(1);
  const text = (blocks[0]?.[2] ?? "").replaceAll(/^ {3}/gm, "");
  return text.replaceAll(/"(\.\/)?((?:\.\.\/)+[^"]*)"/g, (_, here: string | undefined, path: string) =>
    JSON.stringify(`${here ?? ""}${relative(FOLDER, join(HOST, "boards", NAME, path))}`),
  );
}

describe("the board that the README adds", () => {
  let bench: Bench;

  beforeAll(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, "manifest.json"), shown("json"));
    writeFileSync(join(FOLDER, "board.ts"), shown("ts"));
  });

  afterEach(() => bench?.end());

  it("has the types that a board must have", async () => {
    const files = ["board.ts", join(ROOT, "hosts/moddable/sdk.d.ts")];
    const tsconfig = { extends: join(ROOT, "hosts/moddable/tsconfig.json"), include: [], files };
    writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(tsconfig));
    await run("tsc", ["-p", FOLDER], { env: findSdk().env });
  });

  it("is linked", { timeout: BUILD_MS }, async () => {
    const { romSlots, byteCode, faces } = await linkByteCode(findSdk(), NAME, [], join(FOLDER, "manifest.json"));
    expect(romSlots).toBeGreaterThan(5_000);
    expect(byteCode).toBeGreaterThan(100_000);
    expect(faces).toBeGreaterThan(100_000);
  });

  it("runs with made-up drivers: a page comes, buzzer and light announce it, and the left button opens it", {
    timeout: BUILD_MS,
  }, async () => {
    const simulated = join(FOLDER, "simulated");
    mkdirSync(simulated, { recursive: true });
    const host = join(ROOT, "hosts", "simulator", "esp32");
    const modules = { "fieldpager/board": join(FOLDER, "board"), "~": [join(host, "chosen-board")] };
    const manifest = { include: join(host, "manifest.json"), modules };
    writeFileSync(join(simulated, "manifest.json"), JSON.stringify(manifest));
    const program = await buildProgram(findSdk(), { manifest: join(simulated, "manifest.json") });
    bench = new Bench();
    const broker = await bench.broker();
    const sender = await bench.sender(broker.port, "pager-aabbcc");
    const simulator = launchBoard(
      bench,
      {},
      { "broker.host": "127.0.0.1", "broker.port": broker.port, "telemetry.interval": 0 },
      program,
    );
    await says(simulator, "connected to");
    await sender.push("pager-aabbcc", { id: "one", text: "The gate is open" });
    await eventually(() => expect(sender.statesOf("one")).toEqual(["stored", "shown"]));
    for (const line of ["pin 25: 880 Hz", "pin 25: quiet", "light: on", "light: off"])
      await eventually(() => expect(simulator.lines).toContain(line));
    simulator.press("a");
    await eventually(() => expect(sender.statesOf("one")).toContain("read"));
  });
});
