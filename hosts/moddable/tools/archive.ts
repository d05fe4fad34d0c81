/**
 * Finds the modules of a program in mcconfig's makefile, and checks that each import exists. The SDK's linker does not
 * check this: it links a module that is not preloaded only when the program runs on the board.
 */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { type BuildResult, build, type Message, type Plugin, transform } from "esbuild";
import { ProgramFailed } from "./command.ts";

/** Prints the imports in the program of this makefile that cannot be linked, and throws if there are any. */
export async function checkLinks(makefilePath: string): Promise<void> {
  const problems = await linkProblems(modulesOf(readFileSync(makefilePath, "utf8")));
  if (problems.length === 0) return;
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  throw new ProgramFailed(`imports that cannot be linked: ${problems.length}`);
}

/** The source file of each module, by its name. */
export type Modules = ReadonlyMap<string, string>;

/**
 * Reads the makefile that mcconfig wrote. For TypeScript, the makefile names both the script that is compiled from it
 * and its source.
 */
export function modulesOf(makefile: string): Modules {
  const typeScript = new Map<string, string>();
  for (const [, script = "", source = ""] of makefile.matchAll(/^(\S+\.m?js) *: *(\S+\.ts)\b/gm))
    typeScript.set(script, source);
  const modules = new Map<string, string>();
  for (const [, path = "", source = ""] of makefile.matchAll(/^\$\(MODULES_DIR\)\/(\S+)\.xsb *: *(\S+)/gm)) {
    const name = nameAt(path);
    if (!source.endsWith(".json")) modules.set(name, typeScript.get(source) ?? source);
  }
  return modules;
}

/** The modules that the linker runs, by their names. */
export function preloadsOf(makefile: string): ReadonlySet<string> {
  return new Set([...makefile.matchAll(/^\s*-p (\S+)\.xsb\b/gm)].map(([, path = ""]) => nameAt(path)));
}

/** A name with a colon is no path: `embedded:io/spi` lies in `~.embedded/io`. */
function nameAt(path: string): string {
  return path.replace(/^~\.([^/]+)\//, "$1:");
}

/** The name of the module that another one means by this text. */
export function moduleName(text: string, importer: string): string {
  const whole = text.startsWith(".") ? posix.join(posix.dirname(importer), text) : text;
  return whole.replace(/\.(?:js|ts)$/, "");
}

/** What cannot be linked, one sentence each: imports of modules that are not there, and of names that they do not export. */
export async function linkProblems(modules: Modules): Promise<string[]> {
  const names = [...modules.keys()];
  const missing: string[] = [];
  const result = await build({
    stdin: { contents: names.map((name, at) => `export * as m${at} from ${JSON.stringify(name)};`).join("\n") },
    bundle: true,
    write: false,
    format: "esm",
    logLevel: "silent",
    logLimit: 0,
    plugins: [archive(modules, missing)],
  }).catch((error: Partial<BuildResult>) => {
    const { errors, warnings } = error;
    if (!errors || !warnings) throw error;
    return { errors, warnings };
  });
  const unknown = result.warnings.filter(({ id }) => id === "import-is-undefined");
  return [...missing, ...[...result.errors, ...unknown].map(sentence)];
}

/**
 * Makes esbuild find modules as the engine does: by name, or relative to the name of the importing module. A module
 * that does not exist is added to `missing`. As an error it would stop esbuild from checking the rest.
 */
function archive(modules: Modules, missing: string[]): Plugin {
  return {
    name: "archive",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, importer }) => {
        const name = moduleName(path, importer);
        if (modules.has(name)) return { path: name, namespace: "module" };
        missing.push(`${importer}: there is no module "${name}"`);
        return { path: name, external: true };
      });
      onLoad({ filter: /./, namespace: "module" }, async ({ path }) => {
        const source = modules.get(path) as string;
        const text = readFileSync(source, "utf8");
        const script = source.endsWith(".ts") ? await scriptOf(text) : withoutNatives(text);
        // Without an import or export, esbuild would take it for CommonJS, which is allowed to export any name.
        return { contents: `${script}\nexport {};`, loader: "js" };
      });
    },
  };
}

/** Removes only imports of types. When esbuild bundles TypeScript itself, it ignores an import that does not exist. */
async function scriptOf(text: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  return (await transform(text, { loader: "ts", tsconfigRaw })).code;
}

/**
 * XS has a syntax for functions and classes that are written in C: `@ "name"` in place of a body, or after a class
 * name.
 */
function withoutNatives(text: string): string {
  return text
    .replace(/(\bset\s+\w+\s*\()\s*(\)\s*@)/g, "$1_$2")
    .replace(/\)\s*@\s*"[^"]*"/g, ") {}")
    .replace(/(?<!["'\w])@\s*"[^"]*"/g, "");
}

function sentence({ text, location }: Message): string {
  const where = location ? `${location.file.replace(/^module:/, "")}: ` : "";
  return where + text.replace(/"module:([^"]*)"/g, '"$1"');
}
