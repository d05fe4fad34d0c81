/** The steps that make the program smaller, with small bundles. Each bundle must still do the same. */
import { runInNewContext } from "node:vm";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { compact } from "../../../hosts/moddable/tools/compact.ts";
import { privateNamesOf } from "../../../hosts/moddable/tools/private-names.ts";

const NOTHING_TAKEN: ReadonlySet<string> = new Set();
const NOTHING_PRIVATE: ReadonlySet<string> = new Set();

/** Runs this bundle in a new context, and returns the result of its export `run()` as JSON. */
async function resultOf(bundle: string): Promise<unknown> {
  const { code } = await transform(bundle, { format: "iife", globalName: "program" });
  return runInNewContext(`${code}\nJSON.stringify(program.run())`);
}

/** Makes the bundle compact, and checks that `run()` returns the same as before. */
async function compacted(bundle: string, taken = NOTHING_TAKEN, privateNames = NOTHING_PRIVATE): Promise<string> {
  const { text } = await compact(bundle, taken, privateNames);
  expect(await resultOf(text), text).toBe(await resultOf(bundle));
  return text;
}

const EXPORT = "\nexport { run };";

describe("a constant stands for itself", () => {
  it("number, short text, and values computed from them", async () => {
    const text = await compacted(`
      var SECOND_MS = 1e3; var MINUTE_MS = 60 * SECOND_MS; var LEAST = -1; var WORD = "ok"; var MASK = 1 << 7 | 3;
      function run() { return [MINUTE_MS, 5 - LEAST, -LEAST, WORD, MASK, { WORD, LEAST }, MINUTE_MS.toString(16)]; }${EXPORT}`);
    expect(text).not.toMatch(/SECOND_MS|MINUTE_MS/);
    expect(text).toContain("6e4");
  });

  it("a member of a frozen table, which is removed if nothing else uses it", async () => {
    const text = await compacted(`
      var TYPE = Object.freeze({ connect: 1, publish: 3 });
      function run() { return [TYPE.publish, TYPE.connect]; }${EXPORT}`);
    expect(text).not.toContain("freeze");
  });

  it("but not if the table is used in another way", async () => {
    const text = await compacted(`
      var TYPE = Object.freeze({ connect: 1, publish: 3 });
      function run() { return [TYPE.publish, TYPE["con" + "nect"], Object.keys(TYPE), TYPE.missing ?? "none"]; }${EXPORT}`);
    expect(text).toContain("freeze");
  });

  it.each([
    ["a variable that is set again", "var count = 1; function run() { count += 1; count++; return count; }"],
    ["one that a pattern sets", "var a = 1; var b = 2; function run() { [a, b] = [b, a]; return [a, b]; }"],
    ["one that a loop sets", "var last = 0; function run() { for (last of [1, 2]); return last; }"],
    ["an object that is not frozen", "var state = { n: 1 }; function run() { state.n = 2; return state.n; }"],
    [
      "a long text that is used often",
      `var L = "${"x".repeat(99)}"; function run() { return [L, L, L, L, L, L, L, L]; }`,
    ],
    ["no number", "var A = 1 / 0; var B = 0 / 0; function run() { return [A > 5, B !== B]; }"],
  ])("but not %s", async (_, bundle) => {
    await compacted(bundle + EXPORT);
  });
});

describe("a function of the module becomes an arrow function", () => {
  it("with its parameters and any body", async () => {
    const text = await compacted(`
      function sum(a, b = 2, ...rest) { return a + b + rest.length; }
      function first({ a: [x], y = 3 }) { if (x) return { x, y }; return undefined; }
      function later() { const inner = function () { return typeof this; }; return inner.call(5); }
      function run() { return [sum(1), sum(1, 1, 1, 1), first({ a: [1] }), first({ a: [0] }) ?? "none"]; }${EXPORT}`);
    expect(text.match(/\bfunction\b/g)).toHaveLength(2);
  });

  it.each([
    ["it is made with new", "function A() {} function run() { return new A() instanceof A; }"],
    ["it has members", "function a() {} function run() { return typeof a.prototype; }"],
    ["it asks for its arguments", "function a() { return arguments.length; } function run() { return a(1, 2); }"],
    ["it asks for this", "function a() { return this.n; } function run() { return a.call({ n: 4 }); }"],
    ["it gives values in turn", "function* a() { yield 1; yield 2; } function run() { return [...a()]; }"],
  ])("but not where %s", async (_, bundle) => {
    expect(await compacted(bundle + EXPORT)).toContain("function");
  });

  it("and is defined before its first use, wherever it stands", async () => {
    await compacted(`
      var made = twice(2); var Thing = class { value = twice(made); };
      function run() { return new Thing().value; }
      function twice(n) { return n * 2; }${EXPORT}`);
  });
});

describe("a variable of the module is a property of the global object", () => {
  it("with a name that some property has already", async () => {
    const text = await compacted(`
      function helper(value) { return { width: value, height: value }; }
      function run() { const { width, height: other } = helper(3); return [width, other, { helper }.helper(1)]; }${EXPORT}`);
    expect(text).toContain("globalThis.height =");
    expect(text).toContain("globalThis.helper =");
  });

  it("and an inner variable, an import and an export have such names too", async () => {
    const bundle = `
      import made from "thing"; import { listen } from "net";
      function helper(value, { width: w = 2, ...rest }, [first] = [1]) { return [value, w, rest, first, made, listen]; }
      function run() { return [helper(1, {}), { top: 1, left: 2, right: 3, low: 4, width: 5, high: 6, deep: 7, near: 8, far: 9, wide: 10, upper: 11 }]; }${EXPORT}`;
    const { text } = await compact(bundle, NOTHING_TAKEN, NOTHING_PRIVATE);
    const names = new Set(text.replace(/"[^"]*"/g, "").match(/\b[a-z]\w*/g));
    const known =
      "import default as from globalThis return const export run top left right low width high deep near far wide upper listen";
    expect([...names].filter((name) => !known.split(" ").includes(name))).toEqual([]);
  });

  it("but not with a name that the engine or a module beside the bundle uses", async () => {
    const bundle = `
      function helper() { return 1; } function other() { return 2; }
      function run() { return [helper(), other(), ({}).then, [].length, ({ button: 1 }).button, [1].at(0)]; }${EXPORT}`;
    const text = await compacted(bundle, new Set(["button", "at", "then"]));
    expect(text).toContain("globalThis.length =");
    expect(text).not.toMatch(/globalThis\.(button|at|then) =/);
  });

  it("and not with a name that the program reads from the global object", async () => {
    const text = await compacted(`
      function helper() { return 1; } function other() { return 2; }
      function run() { const { button } = globalThis; return [button ?? "none", globalThis.device ?? "none", helper(), other(), { device: 1, button: 2 }]; }${EXPORT}`);
    expect(text).not.toMatch(/globalThis\.(button|device) =/);
  });

  it("and is reported with its file", async () => {
    const { files } = await compact(
      `// src/a.ts\nvar GONE = 1;\n// src/b.ts\nfunction run() { return GONE; }\n// hosts/c.ts\nvar list = [];${EXPORT}\nlist.push(1);`,
      NOTHING_TAKEN,
      NOTHING_PRIVATE,
    );
    expect([...files.values()]).toEqual(["src/b.ts", "hosts/c.ts"]);
  });
});

it("two imports of one export become one", async () => {
  const { text } = await compact(
    'import a from "time"; import { Mode as m } from "crypt"; import b, { x } from "time"; import { Mode } from "crypt"; export const run = () => [a, b, m, Mode, x];',
    NOTHING_TAKEN,
    NOTHING_PRIVATE,
  );
  expect(text.match(/^import .*$/gm)).toHaveLength(3);
});

describe("a bundle is refused", () => {
  it.each([
    ["with a pattern at its top", "var P = /a/;", "pattern at the top"],
    ["with one that is made there", 'var P = new RegExp("a");', "pattern at the top"],
    ["in a table", "var T = [{ p: /a/ }];", "pattern at the top"],
    ["that hands on the global object", "var g = globalThis;", "global object"],
    ["that asks it for a name it reckons", 'function run() { return globalThis["a" + 1]; }', "global object"],
    ["that imports a module whole", 'import * as all from "time"; var a = all.x;', "imported whole"],
    [
      "with an inner variable of the same name as one of the module",
      "var a = [1]; function f() { let a = 2; return a; }",
      "same name",
    ],
  ])("%s", async (_, bundle, words) => {
    await expect(compact(bundle, NOTHING_TAKEN, NOTHING_PRIVATE)).rejects.toThrow(words);
  });

  it("but not for a regular expression inside a function", async () => {
    await compacted(`function run() { return /a/.test("a"); } var C = class { m() { return /b/; } };${EXPORT}`);
  });
});

describe("private members", () => {
  /** Makes the script of this TypeScript compact, and checks that `run()` returns the same as before. */
  async function compactedTypes(source: string, taken = NOTHING_TAKEN): Promise<string> {
    const { code } = await transform(source, {
      loader: "ts",
      target: "es2023",
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    });
    return await compacted(`// src/a.ts\n${code}${EXPORT}`, taken, privateNamesOf([source]));
  }

  it("of different classes share names", async () => {
    const text = await compactedTypes(`
      class One { private deep: number; private far = 2; constructor(private readonly low: number) { this.deep = low; }
        sum() { return this.deep + this.far + this.low; } }
      class Two { private wide = 4; private readonly high = [5]; private twice(n: number) { return n * this.wide; }
        sum() { return this.high.map((n) => this.twice(n)); } }
      function run() { return [new One(1).sum(), new Two().sum()]; }`);
    const names = "deep far low wide high twice".split(" ");
    expect(names.filter((name) => text.includes(`this.${name}`))).toEqual(["deep", "far", "low"]);
  });

  it("are found in destructuring, and the variables keep their values", async () => {
    const text = await compactedTypes(`
      class One { private near = 1; sum() { return this.near; } }
      class Two { private wide = 2; private high: number | undefined; private deeper = 3;
        sum() { const { wide, high = 7, deeper: other } = this; return [wide, high, other, (() => { const { wide } = this; return wide; })()]; } }
      function run() { return [new One().sum(), new Two().sum()]; }`);
    expect(text).not.toMatch(/deeper:|this\.deeper/);
  });

  it("of a class and its subclasses get different names", async () => {
    await compactedTypes(`
      class First { private alpha = 1; protected beta = 2; first() { return [this.alpha, this.beta, this.gamma()]; } protected gamma() { return "f"; } }
      class Second extends First { private delta = 3; all() { return [this.first(), this.beta, this.delta]; } protected override gamma() { return super.gamma() + "s"; } }
      class Third extends Second { private epsilon = 4; every() { return [this.all(), this.epsilon, this.beta]; } }
      class Other { private zeta = 5; private eta = 6; private theta = 7; private iota = 8; private kappa = 9; sum() { return [this.zeta, this.eta, this.theta, this.iota, this.kappa]; } }
      function run() { return [new Third().every(), new Other().sum()]; }`);
  });

  it("may be getters and setters", async () => {
    const text = await compactedTypes(`
      class One { private a1 = 1; sum() { return this.a1; } }
      class Two { private kept = 1; private get level() { return this.kept; } private set level(n: number) { this.kept = n * 2; }
        sum() { this.level = 4; this.level += 1; return this.level; } }
      function run() { return [new One().sum(), new Two().sum()]; }`);
    expect(text).toMatch(/get a1|get kept/);
    expect(text).not.toContain("level");
  });

  it("#names become plain names, different in each class of a hierarchy", async () => {
    const text = await compactedTypes(`
      class One { private deep = 1; private far = 2; private low = 3; sum() { return [this.deep, this.far, this.low]; } }
      class Base { #own = 5; base() { return this.#own; } }
      class Heir extends Base { #own = 6; #twice() { return this.#own * 2; } both() { return [this.base(), this.#twice()]; } }
      function run() { return [new One().sum(), new Heir().both()]; }`);
    expect(text).not.toContain("#");
  });

  it.each([
    ["another object is asked for it", "private", "same(other: One) { return other.kept === 2; }"],
    ["it is the key of another object", "private", "copy() { return Object.assign(this, { kept: 3 }).sum(); }"],
    ["a text is its name", "private", 'same() { return this["kept"]; }'],
    ["the pattern is of another object", "private", "same(other: One) { const { kept } = other; return kept; }"],
    ["this is another one", "private", "same() { return function (this: One) { return this.kept; }.call(this); }"],
    ["an object has its own this", "private", "same() { return { m() { return this.kept; } }; }"],
    ["it is of the class itself", "private static", "static own() { return One.kept; }"],
    ["it is public", "public", ""],
    ["another class has a public one", "private", "} class Three { kept = 9;"],
    ["an interface has it", "private", "} interface Three { kept: number;"],
    ["the class comes from what is not known", "private", "} class Three extends Array { private kept = 8; "],
  ])("keep their names where %s", async (_, access, more) => {
    const text = await compactedTypes(`
      class Two { private a = 1; sum() { return this.a; } }
      class One { ${access} kept = 2; sum() { return (this as any).kept ?? 0; } ${more} }
      function run() { return [new One().sum(), new Two().sum()]; }`);
    expect(text).toContain("this.kept");
  });

  it("are renamed in the same class without any of these", async () => {
    const text = await compactedTypes(`
      class Two { private a = 1; sum() { return this.a; } }
      class One { private kept = 2; sum() { return (this as any).kept ?? 0; } }
      function run() { return [new One().sum(), new Two().sum()]; }`);
    expect(text).not.toContain("this.kept");
  });

  it("keep their names if a module beside the bundle has the same, or if the class is JavaScript", async () => {
    const source = `
      class Two { private a = 1; sum() { return this.a; } }
      class One { private kept = 2; sum() { return this.kept; } }
      function run() { return [new One().sum(), new Two().sum()]; }`;
    expect(await compactedTypes(source, new Set(["kept"]))).toContain("kept");
    expect(
      await compacted(
        `// sdk/a.js\n${source.replaceAll("private", "")}${EXPORT}`,
        NOTHING_TAKEN,
        new Set(["a", "kept"]),
      ),
    ).toContain("kept");
  });
});
