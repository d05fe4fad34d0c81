/**
 * The modules of a program, as mcconfig's makefile puts them together, and whether each of their imports finds what it names.
 * The linker of the SDK does not tell: it links a module that is not preloaded only when it runs, which is on the board.
 */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { type BuildResult, build, type Message, type Plugin, transform } from "esbuild";
import { ProgramFailed } from "./command.ts";

/** Throws, after naming them, when there are imports in the program of this makefile that cannot be linked. */
export async function checkLinks(makefilePath: string): Promise<void> {
  const problems = await linkProblems(modulesOf(readFileSync(makefilePath, "utf8")));
  if (problems.length === 0) return;
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  throw new ProgramFailed(`imports that cannot be linked: ${problems.length}`);
}

/** The source file of each module, by its name. */
export type Modules = ReadonlyMap<string, string>;

/** Reads the makefile that mcconfig wrote. TypeScript stands there with the file that it becomes, and that with its source. */
export function modulesOf(makefile: string): Modules {
  const typeScript = new Map<string, string>();
  for (const [, script = "", source = ""] of makefile.matchAll(/^(\S+\.m?js) *: *(\S+\.ts)\b/gm))
    typeScript.set(script, source);
  const modules = new Map<string, string>();
  for (const [, path = "", source = ""] of makefile.matchAll(/^\$\(MODULES_DIR\)\/(\S+)\.xsb *: *(\S+)/gm)) {
    // A name with a colon is no path: `embedded:io/spi` lies in `~.embedded/io`.
    const name = path.replace(/^~\.([^/]+)\//, "$1:");
    if (!source.endsWith(".json")) modules.set(name, typeScript.get(source) ?? source);
  }
  return modules;
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
 * Makes esbuild look for modules as the engine does: by name, and relative to the name of the one that imports. What is not
 * there is put into `missing`: as an error it would keep esbuild from looking at the rest.
 */
function archive(modules: Modules, missing: string[]): Plugin {
  return {
    name: "archive",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, importer }) => {
        const whole = path.startsWith(".") ? posix.join(posix.dirname(importer), path) : path;
        const name = whole.replace(/\.(?:js|ts)$/, "");
        if (modules.has(name)) return { path: name, namespace: "module" };
        missing.push(`${importer}: there is no module "${name}"`);
        return { path: name, external: true };
      });
      onLoad({ filter: /./, namespace: "module" }, async ({ path }) => {
        const source = modules.get(path) as string;
        const text = readFileSync(source, "utf8");
        const script = source.endsWith(".ts") ? await scriptOf(text) : withoutNatives(text);
        // Without a word of import or export esbuild would take it for CommonJS, which exports whatever it is asked for.
        return { contents: `${script}\nexport {};`, loader: "js" };
      });
    },
  };
}

/** Of what is imported only the types go. Asked for a bundle, esbuild forgives TypeScript an import that leads nowhere. */
async function scriptOf(text: string): Promise<string> {
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  return (await transform(text, { loader: "ts", tsconfigRaw })).code;
}

/** XS has its own syntax for what is written in C: `@ "name"` in the place of a body or behind the name of a class. */
function withoutNatives(text: string): string {
  return text
    .replace(/(\bset\s+\w+\s*\()\s*(\)\s*@)/g, "$1_$2")
    .replace(/\)\s*@\s*"[^"]*"/g, ") {}")
    .replace(/@\s*"[^"]*"/g, "");
}

function sentence({ text, location }: Message): string {
  const where = location ? `${location.file.replace(/^module:/, "")}: ` : "";
  return where + text.replace(/"module:([^"]*)"/g, '"$1"');
}
