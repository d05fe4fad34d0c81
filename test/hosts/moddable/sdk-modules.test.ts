/**
 * Checks the program against an installed SDK, for each board and the simulator. Every import must find its module and its names,
 * and our own declarations must agree with the SDK's modules. The types alone cannot show that, because they are ours.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOARDS, boardManifest, linkByteCode, prepareBoard } from "../../../hosts/esp32/tools/boards.ts";
import { linkProblems, type Modules, modulesOf } from "../../../hosts/moddable/tools/archive.ts";
import { BUILD, ROOT } from "../../../hosts/moddable/tools/command.ts";
import type { Sdk } from "../../../hosts/moddable/tools/sdk.ts";
import { prepareProgram } from "../../../hosts/simulator/tools/build.ts";
import { importsOf } from "../../architecture/source-text.ts";
import { requireOrSkip } from "../../require.ts";
import { type Declared, declaredGlobals, declaredIn, declaredModules } from "./sdk-declarations.ts";
import { sdkOfThisMachine } from "./sdk-of-this-machine.ts";

const SIMULATOR = "simulator";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const json = (path: string) => JSON.parse(read(path));

const sdk = sdkOfThisMachine() as Sdk;
const programs = new Map<string, Promise<{ makefile: string; modules: Modules }>>();

/** The makefile of mcconfig for this target, and the modules: the program's, and those of the SDK that it can import. */
function programOf(target: string): Promise<{ makefile: string; modules: Modules }> {
  const known = programs.get(target);
  if (known) return known;
  const prepared = target === SIMULATOR ? prepareProgram(sdk, "whole") : prepareBoard(sdk, target, []);
  const program = prepared.then(({ makefile, modules }) => {
    const text = readFileSync(makefile, "utf8");
    return { makefile: text, modules: new Map([...modules, ...modulesOf(text)]) };
  });
  programs.set(target, program);
  return program;
}

/** Our declarations, by the module that they describe. */
function declarations(): Map<string, Declared> {
  const all = declaredModules(read("hosts/moddable/sdk.d.ts"));
  const { paths } = json("hosts/moddable/tsconfig.json").compilerOptions as { paths: Record<string, [string]> };
  for (const [name, [path]] of Object.entries(paths))
    if (path.endsWith(".d.ts")) all.set(name, declaredIn(read(join("hosts/moddable", path))));
  return all;
}

/** The text of a module and of the modules that it imports, because it may inherit from them. */
function textOf(name: string, modules: Modules, seen = new Set<string>()): string {
  const source = modules.get(name);
  if (source === undefined || seen.has(name)) return "";
  seen.add(name);
  const text = readFileSync(source, "utf8");
  return (
    text +
    importsOf(text)
      .map(({ specifier }) => textOf(specifier, modules, seen))
      .join("")
  );
}

/** The modules of the simulated board that replace no driver. */
const OWN_MODULES = ["simulated-board", "power-chip", "fieldpager/board", "fieldpager/firmware"];

/** The modules of the SDK that the simulator replaces by made-up drivers, and the exports of these. */
function madeUpDrivers(): [name: string, Declared][] {
  const made = "hosts/simulator/esp32";
  return Object.entries(json(`${made}/manifest.json`).modules as Record<string, string>)
    .filter(([name, path]) => typeof path === "string" && path.startsWith("./") && !OWN_MODULES.includes(name))
    .map(([name, path]) => [name, declaredIn(read(join(made, `${path}.ts`)))]);
}

/** Exports and members that the SDK's modules do not have, one sentence each. */
async function strangersTo(modules: Modules, declared: readonly [string, Declared][]): Promise<string[]> {
  const importing = new Map(modules);
  const unknown: string[] = [];
  for (const [name, { exports, members }] of declared) {
    const path = join(folder, `${name.replace(/\W/g, "-")}.js`);
    writeFileSync(path, exports.map((each) => `export { ${each} as _${each} } from "${name}";`).join("\n"));
    importing.set(`declaration of ${name}`, path);
    const text = textOf(name, modules);
    for (const each of members) if (!new RegExp(`\\b${each}\\b`).test(text)) unknown.push(`${name}: ${each}`);
  }
  return [...(await linkProblems(importing)), ...unknown];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fieldpager-sdk-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(requireOrSkip("moddable", sdk !== undefined))("the SDK of this machine", () => {
  describe.each([SIMULATOR, ...BOARDS])("for %s", (target) => {
    let modules: Modules;
    beforeAll(async () => {
      ({ modules } = await programOf(target));
    });

    it("has every module and every name that any module of the program imports", async () => {
      expect([...modules.keys()]).toEqual(expect.arrayContaining(["fieldpager/main", "fieldpager/program"]));
      expect(await linkProblems(modules)).toEqual([]);
    });

    it("has the exports and members that our declarations state", async () => {
      const declared = [...declarations()].filter(([name]) => modules.has(name));
      expect(declared.length).toBeGreaterThan(15);
      expect(await strangersTo(modules, declared)).toEqual([]);
    });
  });

  describe.each(BOARDS)("for %s", (board) => {
    it("makes the globals that hosts/esp32 declares", async () => {
      const globals = ["hosts/esp32", `hosts/esp32/boards/${board}`].flatMap((folder) =>
        readdirSync(join(ROOT, folder))
          .filter((name) => name.endsWith(".ts"))
          .flatMap((name) => declaredGlobals(read(`${folder}/${name}`))),
      );
      expect(globals).toContain("System");
      const texts = [...(await programOf(board)).modules.values()].map((source) => readFileSync(source, "utf8"));
      const globalName = "\\bglobal(This)?( as unknown as \\{[^}]*\\}\\))?";
      const isMade = (name: string) => texts.some((text) => new RegExp(`${globalName}\\.${name}\\s*=`).test(text));
      expect(globals.filter((name) => !isMade(name))).toEqual([]);
    });

    it("has the exports and members of the made-up drivers", async () => {
      const { modules } = await programOf(board);
      const made = madeUpDrivers().filter(([name]) => modules.has(name));
      expect(made.length).toBeGreaterThan(5);
      for (const [name, { exports }] of made) expect(exports, name).not.toEqual([]);
      expect(await strangersTo(modules, made)).toEqual([]);
    });

    it("gives the memory that our manifest states", async () => {
      const { creation } = JSON.parse(readFileSync(boardManifest(board), "utf8"));
      const { static: whole, stack, chunk, heap } = creation;
      const used = /^CREATION = -c (.*)$/m.exec((await programOf(board)).makefile)?.[1]?.split(",") ?? [];
      const stated = [chunk.initial, chunk.incremental, heap.initial, heap.incremental, stack];
      expect(used.slice(0, 5).map(Number)).toEqual(stated);
      expect(Number(used[11])).toBe(whole);
    });
  });

  it("has declarations and made-up drivers only for modules that some target has", async () => {
    const known = new Set<string>();
    for (const target of [SIMULATOR, ...BOARDS])
      for (const name of (await programOf(target)).modules.keys()) known.add(name);
    const described = [...declarations().keys(), ...madeUpDrivers().map(([name]) => name)];
    expect(described.filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([
    ["preloaded", ["broken"]],
    ["not preloaded", []],
  ])("fails the build for a board with a module that imports what is not there, %s", async (_, preload) => {
    writeFileSync(
      join(folder, "broken.js"),
      'import System from "system";\nexport const restart = () => System.restart();',
    );
    const build = { SDK_TARGET: "m5stack" };
    const modules = { broken: join(folder, "broken") };
    const manifest = { build, include: boardManifest("m5stack"), modules, preload };
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    const link = linkByteCode(sdk, "m5stack", [], join(folder, "manifest.json"));
    await expect(link).rejects.toThrow("imports that cannot be linked: 1");
    const built = join(BUILD, "esp32", "tmp", "esp32", "m5stack", "release", basename(folder));
    rmSync(built, { recursive: true, force: true });
  });
});
