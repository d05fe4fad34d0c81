/** The check of imports, with made-up modules. `sdk-modules.test.ts` applies it to the program. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linkProblems, modulesOf } from "../../../hosts/moddable/tools/archive.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fieldpager-archive-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A module as in the SDK, with a global and without an export. */
const SYSTEM = "class System { static restart() {} }; globalThis.System = System;";
const NATIVE = 'export class Mode @ "destroy" { constructor(a) @ "make"; set eof() @ "set"; get eof() @ "get" }';
/** A text with @ at its end is nothing of C's. */
const TEXT_WITH_AT = 'export const hasAt = (name) => (name.includes("@") ? name : name + ".");';

function problemsOf(ours: string, name = "ours/main"): Promise<string[]> {
  const sources: Record<string, [extension: string, text: string]> = {
    system: ["js", SYSTEM],
    native: ["js", `${NATIVE} export default Mode;`],
    text: ["js", TEXT_WITH_AT],
    "ours/sdk-like": ["ts", "export interface Options {} export const one: number = 1;"],
    [name]: ["ts", ours],
  };
  const modules = new Map<string, string>();
  for (const [module, [extension, text]] of Object.entries(sources)) {
    const path = join(folder, `${module.replace("/", "-")}.${extension}`);
    writeFileSync(path, text);
    modules.set(module, path);
  }
  return linkProblems(modules);
}

describe("a module is linked", () => {
  it.each([
    'import Mode, { Mode as Same } from "native"; new Mode(Same);',
    'import "system"; import { one, type Options } from "./sdk-like.ts"; const a: Options = one;',
    'import type { Nowhere } from "not/there"; import * as all from "native"; let a: Nowhere = all.Mode;',
    'export * from "./sdk-like.ts"; export { default } from "native";',
  ])("%s", async (text) => {
    expect(await problemsOf(text)).toEqual([]);
  });
});

describe("a module is refused, even if nothing imports it", () => {
  const refused: [string, string][] = [
    [
      'import System from "system"; System.restart();',
      'ours/main: No matching export in "system" for import "default"',
    ],
    ['import { two } from "./sdk-like.ts"; two();', 'No matching export in "ours/sdk-like" for import "two"'],
    ['import * as all from "native"; all.Other();', '"Other" will always be undefined'],
    ['import "./nowhere.ts";', 'ours/main: there is no module "ours/nowhere"'],
    ['import("not/there");', 'there is no module "not/there"'],
    ['export { Options } from "./sdk-like.ts";', 'No matching export in "ours/sdk-like" for import "Options"'],
    ["const a = ;", "Unexpected"],
  ];
  it.each(refused)("%s", async (text, problem) => {
    expect(await problemsOf(text)).toEqual([expect.stringContaining(problem)]);
  });

  it("each import of it", async () => {
    expect(await problemsOf('import "no/where"; import a, { b } from "system"; a(b);')).toHaveLength(3);
  });
});

it("modules and their sources are read from a makefile, also in TypeScript and with a colon in the name", () => {
  const makefile = [
    "$(MODULES_DIR)/timer.xsb: /sdk/timer.js",
    "$(MODULES_DIR)/package.xsb: /sdk/package.json",
    "$(MODULES_DIR)/~.embedded/io/spi.xsb: /sdk/spi.js",
    "$(MODULES_DIR)/ours/main.xsb: $(TMP_DIR)/tsc/ours/main.js",
    "\t@echo '# xsc ours/main.xsb'",
    "$(TMP_DIR)/tsc/ours/main.js : /ours/main.ts $(MODULES_DIR)/tsconfig-base.json",
  ].join("\n");
  expect([...modulesOf(makefile)]).toEqual([
    ["timer", "/sdk/timer.js"],
    ["embedded:io/spi", "/sdk/spi.js"],
    ["ours/main", "/ours/main.ts"],
  ]);
});
