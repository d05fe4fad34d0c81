// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are source text.
/** Checks the files against the rules of the architecture. Each rule is also shown to fail. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BOARDS, boardManifest } from "../hosts/esp32/tools/boards.ts";
import { coreCodeViolations, flashedCodeViolations, topLevelViolations } from "./architecture/code-rules.ts";
import { folderCycles, importCycles, importViolations } from "./architecture/import-rules.ts";
import { creationViolations } from "./architecture/manifest-rules.ts";
import { codeOf, importsOf, type SourceFile } from "./architecture/source-text.ts";
import { MOCKING } from "./vitest.config.ts";

const root = new URL("..", import.meta.url);
const files: SourceFile[] = ["src", "hosts"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path.split(sep).join("/")}`)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(new URL(path, root), "utf8") })),
);
const core = files.filter((file) => file.path.startsWith("src/"));

/** The files that git tracks. In a copy without git: everything at the top that is not ignored. */
function pathsOfRepository(): string[] {
  const folder = fileURLToPath(root);
  if (existsSync(new URL(".git", root))) {
    const listed = spawnSync("git", ["-C", folder, "ls-files", "-z"], { encoding: "utf8" });
    if (listed.status === 0) return listed.stdout.split("\0").filter(Boolean);
  }
  const ignored = new Set(readFileSync(new URL(".gitignore", root), "utf8").split(/\/?\n/));
  return readdirSync(folder).filter((name) => !ignored.has(name));
}

const sample = (path: string, text: string, ...others: string[]): SourceFile[] => [
  { path, text },
  ...others.map((other) => ({ path: other, text: "" })),
];

describe("the repository", () => {
  it("has files to check", () => {
    expect(core.length).toBeGreaterThan(5);
  });

  it("imports only in the allowed directions", () => {
    expect(importViolations(files)).toEqual([]);
  });

  it("has no cycle of imports", () => {
    expect(importCycles(files)).toEqual([]);
  });

  it("has no cycle between folders", () => {
    expect(folderCycles(files)).toEqual([]);
  });

  it("keeps platforms, default exports, enums, any and barrel files out of src", () => {
    expect(core.flatMap(coreCodeViolations)).toEqual([]);
  });

  it("gives each test that replaces modules a process of its own, and only those", () => {
    const folder = new URL("test/", root);
    const mocking = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((path) => `test/${path.split(sep).join("/")}`)
      .filter(
        (path) =>
          path.endsWith(".test.ts") && /^vi\.(?:mock|doMock)\(/m.test(readFileSync(new URL(path, root), "utf8")),
      );
    const [, before = "", names = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(MOCKING) ?? [];
    expect(mocking.toSorted()).toEqual(
      names
        .split(",")
        .map((name) => before + name + after)
        .toSorted(),
    );
  });

  it("flashes nothing that fails only on a board", () => {
    expect(files.flatMap(flashedCodeViolations)).toEqual([]);
  });

  it("holds at its top only what the architecture lists", () => {
    expect(topLevelViolations(pathsOfRepository())).toEqual([]);
  });

  it("states the memory of each board in its manifest", () => {
    expect(BOARDS.length).toBeGreaterThan(5);
    expect(BOARDS.flatMap((board) => creationViolations(board, readFileSync(boardManifest(board), "utf8")))).toEqual(
      [],
    );
  });
});

describe("reading a source", () => {
  it("blanks comments, strings, templates and patterns", () => {
    const source = 'a // "b\nc /* d\n e */ f("g\\"h", `i${j(`k`, {l})}m`, /n["/]o/g, 4 / 2 / p)';
    expect(codeOf(source).replace(/\s+/g, " ")).toBe('a c f(" ", ` ${j(` `, {l})} `, / /g, 4 / 2 / p)');
    expect(codeOf(source)).toHaveLength(source.length);
  });

  it("finds every form of import, and nothing else", () => {
    const source = [
      'import a from "./a.ts"; import { b,\n  c } from "./b.ts";',
      'import * as d from "./d.ts"; import "./e.ts"; export { f } from "./f.ts"; export * from "./g.ts";',
      'import type { H } from "./h.ts"; export type { I } from "./i.ts"; import { type J } from "./j.ts";',
      'await import("./k.ts"); import(name); // import "./no.ts"',
      "const text = 'import x from \"./no.ts\"'; const from = important; export const m = 1;",
    ].join("\n");
    const found = importsOf(source);
    const names = (wanted: boolean) => found.filter((each) => each.typeOnly === wanted).map((each) => each.specifier);
    expect(names(true)).toEqual(["./h.ts", "./i.ts"]);
    expect(names(false)).toEqual("./a.ts ./b.ts ./d.ts ./e.ts ./f.ts ./g.ts ./j.ts ./k.ts ?".split(" "));
  });
});

describe("an import is refused", () => {
  const refused: [string, string, string][] = [
    ["src/mqtt/a.ts", "../payload/b.ts", "may not know of payload"],
    ["src/mqtt/a.ts", "../xmpp/b.ts", "may not know of xmpp"],
    ["src/connection/a.ts", "../mqtt/b.ts", "may not know of mqtt"],
    ["src/payload/a.ts", "../connection/b.ts", "may not know of connection"],
    ["src/pager/screen/a.ts", "../../mqtt/b.ts", "may not know of mqtt"],
    ["src/sensor/a.ts", "../gateway/b.ts", "may not know of gateway"],
    ["src/bytes.ts", "./mqtt/b.ts", "only root files"],
    ["src/seams.ts", "./pager/screen/fonts.ts", "only root files"],
    ["src/gateway/a.ts", "../seams.ts", "import type"],
    ["src/gateway/a.ts", "../../hosts/runner.ts", "only src"],
    ["src/gateway/a.ts", "../../test/require.ts", "only src"],
    ["hosts/node/a.ts", "../../src/mqtt/b.ts", "a host sees"],
    ["hosts/node/a.ts", "../../src/payload/b.ts", "a host sees"],
    ["hosts/node/a.ts", "../../test/require.ts", "does not import tests"],
  ];
  it.each(refused)("from %s to %s", (from, specifier, problem) => {
    const to = new URL(specifier, `file:///${from}`).pathname.slice(1);
    expect(importViolations(sample(from, `import { x } from "${specifier}";`, to))).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it.each(["node:net", "ws", "#board"])("from src to %s", (specifier) => {
    expect(importViolations(sample("src/gateway/a.ts", `import "${specifier}";`))).toHaveLength(1);
  });

  it("when it leads nowhere, and when it is dynamic in src", () => {
    expect(importViolations(sample("src/mqtt/a.ts", 'import "./b.ts";'))).toHaveLength(1);
    expect(importViolations(sample("src/mqtt/a.ts", 'import("./b.ts");', "src/mqtt/b.ts"))).toHaveLength(1);
  });

  it("when it closes a cycle, unless only types do", () => {
    const cycle = (keyword: string) => [
      { path: "src/mqtt/a.ts", text: 'import { b } from "./b.ts";' },
      { path: "src/mqtt/b.ts", text: 'import { c } from "./c.ts";' },
      { path: "src/mqtt/c.ts", text: `${keyword} { a } from "./a.ts";` },
    ];
    expect(importCycles(cycle("import"))).toEqual(["src/mqtt/a.ts → src/mqtt/b.ts → src/mqtt/c.ts → src/mqtt/a.ts"]);
    expect(importCycles(cycle("import type"))).toEqual([]);
  });

  it("when it closes a cycle between folders that stand side by side", () => {
    const cycle = (back: string) => [
      { path: "hosts/station/push/a.ts", text: 'import { b } from "../store/b.ts";' },
      { path: "hosts/station/store/c.ts", text: back },
    ];
    const problem = ["hosts/station/push → hosts/station/store → hosts/station/push"];
    expect(folderCycles(cycle('import { d } from "../push/d.ts";'))).toEqual(problem);
    expect(folderCycles(cycle('import { d } from "../push/parts/d.ts";'))).toEqual(problem);
    expect(folderCycles(cycle('import type { D } from "../push/d.ts";'))).toEqual([]);
    expect(folderCycles(cycle('import { d } from "../station.ts";'))).toEqual([]);
  });
});

describe("an import is allowed", () => {
  const allowed: [string, string, string][] = [
    ["src/gateway/a.ts", "import { x }", "../mqtt/session.ts"],
    ["src/pager/screen/a.ts", "import { x }", "../inbox.ts"],
    ["src/mqtt/a.ts", "import { x }", "../limits.ts"],
    ["src/pager/a.ts", "import type { Store }", "../seams.ts"],
    ["src/seams.ts", "import type { Font }", "./pager/screen/fonts.ts"],
    ["hosts/node/a.ts", "import { x }", "../../src/gateway/gateway.ts"],
    ["hosts/station/a.ts", "import { x }", "../../src/payload/message.ts"],
  ];
  it.each(allowed)("from %s by %s from %s", (from, clause, specifier) => {
    const to = new URL(specifier, `file:///${from}`).pathname.slice(1);
    expect(importViolations(sample(from, `${clause} from "${specifier}";`, to))).toEqual([]);
  });
});

describe("code is refused in src", () => {
  const refused = [
    "setTimeout(f, 1);",
    "console.log(1);",
    "const b = Buffer.alloc(1);",
    "new TextEncoder();",
    "const t = Date.now();",
    "const t = new Date();",
    "const r = Math.random();",
    "async function f() {}",
    "new Promise(f);",
    "export default 1;",
    "enum Color { red }",
    "let x: any;",
    "const x = `${process.env}`;",
  ];
  it.each(refused)("%s", (text) => {
    expect(coreCodeViolations({ path: "src/a.ts", text })).toHaveLength(1);
  });

  it("as a barrel file", () => {
    expect(coreCodeViolations({ path: "src/mqtt/index.ts", text: "" })).toHaveLength(1);
  });

  it("but not in comments, strings and members, nor a date of a given time", () => {
    const text =
      '/** any process */ session.process("console"); new Date(1); const company = this.fetch; class A { private window() {} }';
    expect(coreCodeViolations({ path: "src/a.ts", text })).toEqual([]);
  });
});

describe("code is refused in what is flashed", () => {
  const refused: [string, string][] = [
    ["src/a.ts", "numbers.slice(0, count).sort();"],
    ["src/mqtt/a.ts", "numbers\n  .sort( );"],
    ["hosts/esp32/a.ts", "bytes.toSorted();"],
    ["hosts/runner.ts", "this.numbers?.sort();"],
  ];
  it.each(refused)("%s: %s", (path, text) => {
    expect(flashedCodeViolations({ path, text })).toHaveLength(1);
  });

  it("trace, which writes nothing in a release build, and the global object of the linker", () => {
    const refusals = (path: string, text: string) => flashedCodeViolations({ path, text }).length;
    expect(refusals("hosts/esp32/wifi.ts", 'trace("lost");')).toBe(1);
    expect(refusals("hosts/esp32/serial-line.ts", 'trace("lost");')).toBe(0);
    expect(refusals("hosts/simulator/board.ts", 'trace("lost");')).toBe(0);
    expect(refusals("hosts/moddable/a.ts", "const { button } = globalThis as Buttons;")).toBe(1);
    expect(refusals("hosts/moddable/a.ts", "export const all = globalThis;")).toBe(1);
    expect(refusals("hosts/moddable/a.ts", "function f() {\n  const { button } = globalThis as Buttons;\n}")).toBe(0);
  });

  it("but not a sort with a comparison, a method of its own, or a sort in tools", () => {
    const text = "rows.sort((a, b) => a - b); this.sort(); sort();";
    expect(flashedCodeViolations({ path: "src/a.ts", text })).toEqual([]);
    expect(flashedCodeViolations({ path: "hosts/simulator/tools/a.ts", text: "names.sort();" })).toEqual([]);
  });
});

it("a stray file or folder at the top is refused, a dotfile is not", () => {
  expect(topLevelViolations(["src/a.ts", ".ci/run", ".gitignore", "docs/a.md", "notes.txt"])).toHaveLength(2);
});

describe("the memory of a board is refused", () => {
  const whole = {
    static: 0,
    stack: 512,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4_928, incremental: 0 },
  };
  const check = (manifest: unknown) => creationViolations("m5stack", JSON.stringify(manifest));

  it("not when all of it is stated", () => {
    expect(check({ creation: whole })).toEqual([]);
  });

  it("when nothing is stated", () => {
    expect(check({})).toHaveLength(6);
  });

  it("when one value is missing or no number", () => {
    const { stack: _, ...noStack } = whole;
    expect(check({ creation: noStack })).toEqual([expect.stringContaining("stack")]);
    const growing = { ...whole, heap: { initial: 4_928 } };
    expect(check({ creation: growing })).toEqual([expect.stringContaining("heap.incremental")]);
    expect(check({ creation: { ...whole, static: "0" } })).toHaveLength(1);
  });
});
