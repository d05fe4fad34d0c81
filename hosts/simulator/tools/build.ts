/** Builds the program for the simulated M5Stack, and the launcher that runs it without a window. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";
import { type Allowance, simulatedCreation } from "./memory.ts";

const FOLDER = join(BUILD, "simulator");

/** The simulated device: its size in pixels, and its name in mcsim. */
export const DEVICE = Object.freeze({ width: 320, height: 240, name: "m5stack" } as const);

/** The folders of the two programs: the pager, and the boards' program with simulated drivers. */
const PROGRAMS = Object.freeze({ whole: ".", esp32: "hosts/simulator/esp32" });

/** A named program with the heap of an M5Stack, or the pager with its allowance of a board's memory. */
export type Program = keyof typeof PROGRAMS | Allowance;

/** Settings that are built in, as by `npm run deploy`. */
const SETTINGS: Readonly<Record<keyof typeof PROGRAMS, readonly string[]>> = Object.freeze({
  whole: [],
  esp32: ["wifi.ssid=lab", "wifi.password=secret"],
});

const TARGET = Object.freeze(["-d", "-p", `sim/${DEVICE.name}`, "-o", FOLDER]);

/** Resolves the manifests for the simulator. Returns the path of the makefile that names the modules of the program. */
export async function writeMakefile(sdk: Sdk, program: Program): Promise<string> {
  const manifest = manifestOf(program);
  mkdirSync(FOLDER, { recursive: true });
  await mcconfig(sdk, [...TARGET], typeof program === "string" ? SETTINGS[program] : [], { manifest });
  return join(FOLDER, "tmp", "lin", DEVICE.name, "debug", basename(dirname(manifest)), "makefile");
}

/** Builds the program. Returns the path of its library, which mcsim and the launcher both run. */
export async function buildProgram(sdk: Sdk, program: Program = "whole"): Promise<string> {
  requireLinux();
  const manifest = manifestOf(program);
  await checkLinks(await writeMakefile(sdk, program));
  // The other targets stop a simulator that is running. mcsim recognises the device by the word `debug` in the path.
  await mcconfig(sdk, ["-m", "-t", "build", ...TARGET], typeof program === "string" ? SETTINGS[program] : [], {
    manifest,
  });
  return join(FOLDER, "bin", "lin", DEVICE.name, "debug", basename(dirname(manifest)), "mc.so");
}

function manifestOf(program: Program): string {
  return typeof program === "string" ? join(ROOT, PROGRAMS[program], "manifest.json") : writeManifest(program);
}

/**
 * Writes a manifest that includes the root's and sets `creation`. The name of its folder becomes the name of the
 * program.
 */
function writeManifest(allowance: Allowance): string {
  const folder = join(FOLDER, `allowance-${allowance.boards[0]}`);
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, "manifest.json");
  const text = JSON.stringify({ include: join(ROOT, "manifest.json"), creation: simulatedCreation(allowance) });
  // A manifest that is newer than the build causes a complete build.
  if (!existsSync(manifest) || readFileSync(manifest, "utf8") !== text) writeFileSync(manifest, text);
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
  await run(compiler, [...own, ...flags.trim().split(/\s+/), "-ldl"]);
  return launcher;
}

function isOlder(file: string, than: string): boolean {
  return statSync(file).mtimeMs < statSync(than).mtimeMs;
}

function requireLinux(): void {
  if (process.platform !== "linux") throw new Refusal("The simulator's commands run on Linux only, so far.");
}
