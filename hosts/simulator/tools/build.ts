/** Builds the program for the simulated M5Stack, and the launcher that runs it without a window. */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, MANIFEST, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { checkTypes, type Program, programName, writeChanged, writeProgram } from "../../moddable/tools/program.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";
import { type Allowance, simulatedCreation } from "./memory.ts";

const FOLDER = join(BUILD, "simulator");

/** The simulated device: its size in pixels, and its name in mcsim. */
export const DEVICE = Object.freeze({ width: 320, height: 240, name: "m5stack" } as const);

interface Built {
  /** Of mcconfig; what a program has beside it. */
  readonly manifest: string;
  readonly main: string;
  readonly before?: string;
  /** What is built in, as `npm run deploy` does it. */
  readonly settings: readonly string[];
}

const PAGER = Object.freeze({ manifest: MANIFEST, main: "hosts/simulator/main.ts", settings: [] });

/** The pager, the same as it is read in xsbug, and the program of the boards with drivers that are made up. */
const PROGRAMS = Object.freeze({
  whole: PAGER,
  readable: PAGER,
  esp32: Object.freeze({
    manifest: join(ROOT, "hosts", "simulator", "esp32", "manifest.json"),
    main: "hosts/esp32/main.ts",
    before: "simulated-board",
    settings: [],
  }),
}) satisfies Readonly<Record<string, Built>>;

/** The program of the boards with the parts of a further one, whose file this manifest names. */
interface FurtherBoard {
  readonly manifest: string;
}

/** By name with the heap of an M5Stack; or the pager with what it may take of a board's memory; or a board that is not in the list. */
export type SimulatorProgram = keyof typeof PROGRAMS | Allowance | FurtherBoard;

function builtOf(program: SimulatorProgram): Built {
  if (typeof program === "string") return PROGRAMS[program];
  return "manifest" in program ? { ...PROGRAMS.esp32, ...program } : { ...PAGER, manifest: writeManifest(program) };
}

const TARGET = Object.freeze(["-d", "-p", `sim/${DEVICE.name}`, "-o", FOLDER]);

/** Makes a program, up to what mcconfig needs: its manifest, and the makefile that says which modules it has. */
export async function prepareProgram(
  sdk: Sdk,
  program: SimulatorProgram,
): Promise<Program & { readonly makefile: string; readonly settings: readonly string[] }> {
  const { settings, ...built } = builtOf(program);
  const isReadable = program === "readable";
  const name = programName(built.manifest) + (isReadable ? "-readable" : "");
  const made = await writeProgram({
    ...built,
    makefile: await writeMakefile(sdk, built.manifest, settings),
    folder: join(FOLDER, "programs", name),
    isReadable,
  });
  return { ...made, settings, makefile: await writeMakefile(sdk, made.manifest, settings) };
}

/** Resolves a manifest for the simulator, and gives the path of the makefile that says which modules it has. */
async function writeMakefile(sdk: Sdk, manifest: string, settings: readonly string[]): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  await mcconfig(sdk, TARGET, settings, { manifest });
  return join(FOLDER, "tmp", "lin", DEVICE.name, "debug", basename(dirname(manifest)), "makefile");
}

/** Builds the program (again) and gives the path of its library. mcsim and launcher run the same one. */
export async function buildProgram(sdk: Sdk, program: SimulatorProgram = "whole"): Promise<string> {
  requireLinux();
  await checkTypes(sdk.env);
  const { manifest, makefile, settings } = await prepareProgram(sdk, program);
  await checkLinks(makefile);
  // Of the targets only this one leaves a simulator alone that is running. mcsim knows the device by the word debug.
  await mcconfig(sdk, ["-m", "-t", "build", ...TARGET], settings, { manifest });
  return join(FOLDER, "bin", "lin", DEVICE.name, "debug", basename(dirname(manifest)), "mc.so");
}

/** The root's manifest with another `creation`. Its folder names the program that is built. */
function writeManifest(allowance: Allowance): string {
  const folder = join(FOLDER, `allowance-${allowance.boards[0]}`);
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "manifest.json");
  const text = JSON.stringify({ include: MANIFEST, creation: simulatedCreation(allowance) });
  writeChanged(manifest, text);
  return manifest;
}

/** Compiles the launcher if it is out of date. Returns its path. */
export async function buildLauncher(sdk: Sdk): Promise<string> {
  requireLinux();
  const compiler = findProgram("cc");
  if (!compiler) throw new Refusal("A C compiler is missing. To get it: apt install build-essential");
  const packages = findProgram("pkg-config");
  if (!packages) throw new Refusal("pkg-config is missing. To get it: apt install pkg-config libgtk-3-dev");
  const flags = await run(packages, ["--cflags", "--libs", "gio-2.0"], { quiet: true }).catch(() => {
    throw new Refusal("The headers of GLib are missing. To get them: apt install libgtk-3-dev");
  });
  const source = join(ROOT, "hosts", "simulator", "launcher.c");
  const header = join(sdk.root, "build", "simulators", "modules");
  const launcher = join(FOLDER, "launcher");
  if (existsSync(launcher) && [source, join(header, "screen.h")].every((file) => isOlder(file, launcher)))
    return launcher;
  mkdirSync(FOLDER, { recursive: true });
  const own = ["-Wall", "-Wextra", "-O1", "-DmxLinux=1", `-I${header}`, source, "-o", launcher];
  await run(compiler, [...own, ...flags.trim().split(/\s+/), "-rdynamic", "-ldl"]);
  return launcher;
}

function isOlder(file: string, than: string): boolean {
  return statSync(file).mtimeMs < statSync(than).mtimeMs;
}

function requireLinux(): void {
  if (process.platform !== "linux") throw new Refusal("The simulator's commands run on Linux only, so far.");
}
