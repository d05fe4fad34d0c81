/**
 * Makes one module of the program, which the engine's linker runs when it is built: everything but the statements of its main
 * file, with those modules of the SDK that are written in JavaScript alone. mcconfig gets a manifest with it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { type Modules, moduleName, modulesOf, preloadsOf } from "./archive.ts";
import { MANIFEST, ROOT, run } from "./command.ts";
import { compact } from "./compact.ts";
import { privateNamesOf } from "./private-names.ts";
import { setupPage } from "./setup-page.ts";

export interface ProgramOptions {
  /** The makefile that mcconfig wrote for the manifest: it names the modules of the SDK. */
  readonly makefile: string;
  readonly manifest: string;
  /** The file whose statements start the program, from the root of the repository. */
  readonly main: string;
  /** Where the manifest and what it names are written. Its last part names the program. */
  readonly folder: string;
  /** A module that is run before the statements of the main file. */
  readonly before?: string;
  /** To be read in xsbug, with the names and places of the source; else it takes as little flash as can be. */
  readonly isReadable?: boolean;
}

export interface Program {
  /** For mcconfig. */
  readonly manifest: string;
  /** The source file of each property of the global object that the program makes, from the root of the repository. */
  readonly files: ReadonlyMap<string, string>;
  /** The modules of the SDK that it can import, those that became a part of it, too. */
  readonly modules: Modules;
}

/** How the names of our modules begin. */
const OWN = "fieldpager/";
const NAME = `${OWN}program`;

/** `pager`, or with the name of the folder of a manifest that is not the repository's own. */
export function programName(manifest: string): string {
  return manifest === MANIFEST ? "pager" : `pager-${basename(dirname(manifest))}`;
}

/** The linker keeps every name that any former build of a program had, and would give each its slot. */
export function forgetNames(makefile: string): void {
  rmSync(join(dirname(makefile), "modules", "mc.xsi"), { force: true });
}

/** Types are checked once, for all that is in the program. */
export async function checkTypes(env: NodeJS.ProcessEnv): Promise<void> {
  await run("tsc", ["-p", join(ROOT, "hosts", "moddable")], { env });
}

export async function writeProgram(options: ProgramOptions): Promise<Program> {
  const { folder, manifest, isReadable = false } = options;
  const makefile = readFileSync(options.makefile, "utf8");
  const modules = modulesOf(makefile);
  const start = startOf(join(ROOT, options.main), options.before);
  const { text, map, bundled, sources } = await bundle(
    start.exports,
    join(ROOT, options.main, ".."),
    modules,
    preloadsOf(makefile),
    isReadable,
  );
  const beside = [...modules].filter(([name]) => !bundled.has(name)).map(([, source]) => readFileSync(source, "utf8"));
  const { text: program, files } = isReadable
    ? { text, files: new Map() }
    : await compact(text, wordsOf([...beside, start.statements]), privateNamesOf(sources));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: string) => writeChanged(join(folder, name), content);
  write("program.js", program);
  if (map !== undefined) write("program.js.map", map);
  write("main.js", start.statements);
  write("setup-page.html", setupPage());
  const own = {
    include: manifest,
    creation: { main: "fieldpager/main" },
    modules: {
      [NAME]: join(folder, "program"),
      "fieldpager/main": join(folder, "main"),
      "~": [...bundled].map((name) => (modules.get(name) as string).replace(/\.[jt]s$/, "")),
    },
    preload: [NAME],
    resources: { "*": [join(folder, "setup-page")] },
  };
  write("manifest.json", JSON.stringify(own, undefined, 2));
  const ofSdk = new Map([...modules].filter(([name]) => !name.startsWith(OWN)));
  return { manifest: join(folder, "manifest.json"), files, modules: ofSdk };
}

/** What a main file imports as exports of the program, and its statements, which run on the device. */
function startOf(path: string, before?: string): { exports: string; statements: string } {
  const text = readFileSync(path, "utf8");
  const imports = /^import (\{[^}]*\}) from "(\.[^"]*|fieldpager\/[^"]*)";$/gm;
  const exports = [...text.matchAll(imports)].map(([, names, from]) => `export ${names} from "${from}";`);
  const first = before === undefined ? "" : `import "${before}";\n`;
  return { exports: exports.join("\n"), statements: first + text.replace(imports, `import $1 from "${NAME}";`) };
}

interface Bundle {
  readonly text: string;
  readonly map: string | undefined;
  /** The modules of the SDK that are part of it, by their names. */
  readonly bundled: ReadonlySet<string>;
  /** The TypeScript that it was made of. */
  readonly sources: readonly string[];
}

/**
 * What these exports need, in one text. A module of the SDK is part of it when it is written in JavaScript alone and run by the
 * linker, and no module beside the bundle names it, which would get another one.
 */
async function bundle(
  exports: string,
  resolveDir: string,
  modules: Modules,
  preloads: ReadonlySet<string>,
  isReadable: boolean,
): Promise<Bundle> {
  const sources = new Map([...modules].map(([name, path]) => [name, readFileSync(path, "utf8")]));
  const own = new Set(
    [...sources].filter(([name, text]) => preloads.has(name) && !NATIVE.test(text)).map(([name]) => name),
  );
  for (;;) {
    const result = await build({
      stdin: { contents: exports, resolveDir, loader: "ts" },
      bundle: true,
      write: false,
      metafile: true,
      absWorkingDir: ROOT,
      outfile: join(ROOT, "program.js"),
      format: "esm",
      target: "es2023",
      charset: "utf8",
      sourcemap: isReadable ? "linked" : false,
      tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
      plugins: [sdkModules(modules, own)],
    });
    const files = new Set(Object.keys(result.metafile.inputs).map((path) => resolve(ROOT, path)));
    const bundled = new Set([...own].filter((name) => files.has(modules.get(name) as string)));
    const beside = [...sources].filter(([name]) => !bundled.has(name));
    const isNamed = (module: string) => beside.some(([name, text]) => namedBy(name, text).has(module));
    const shared = [...bundled].filter(isNamed);
    if (shared.length === 0) {
      const [text = "", map] = result.outputFiles.map((file) => file.text).reverse();
      const typed = [...files].filter((path) => path.endsWith(".ts"));
      return { text, map, bundled, sources: typed.map((path) => readFileSync(path, "utf8")) };
    }
    for (const name of shared) own.delete(name);
  }
}

/** XS has its own syntax for what is written in C. */
const NATIVE = /@\s*"|\bnative\(/;

/** All that may be the name of a module in a script: what it imports, and what it asks the engine to import. */
function namedBy(importer: string, text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/"([^"\n]+)"|'([^'\n]+)'/g)].map(([, one, other]) => moduleName(one ?? other ?? "", importer)),
  );
}

/** Makes esbuild find the SDK's modules by their names; those that are not to be bundled stay imports. */
function sdkModules(modules: Modules, own: ReadonlySet<string>): Plugin {
  const names = new Map([...modules].map(([name, path]) => [path, name]));
  return {
    name: "sdk",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, importer }) => {
        const of = names.get(importer);
        const name = moduleName(path, of ?? "");
        // A relative import of our own files is esbuild's matter. The SDK's modules have such imports, too.
        if (path.startsWith(".") && !(of !== undefined && modules.has(name))) return undefined;
        return own.has(name) ? { path: modules.get(name) as string } : { path: name, external: true };
      });
    },
  };
}

/** A comment that begins a script, and lines of comment. */
const COMMENTS = Object.freeze([/^\s*\/\*[\s\S]*?\*\//, /^\s*\/\/.*$/gm]);

/** All words in these scripts that could be names. */
function wordsOf(texts: readonly string[]): ReadonlySet<string> {
  const scripts = texts.map((text) => COMMENTS.reduce((rest, comment) => rest.replace(comment, ""), text));
  return new Set(scripts.flatMap((text) => text.match(/[A-Za-z_$][\w$]*/g) ?? []));
}

/** A file that is newer than what was made of it costs a build. */
export function writeChanged(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
