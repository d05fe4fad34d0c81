/** The boards that are built, and how they are built. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";
import { type FlashSize, flashByFolder, flashSize } from "./flash.ts";

/** The SDK's names. */
export const BOARDS = Object.freeze([
  "m5stack",
  "m5stack_core2",
  "m5stack_cores3",
  "moddable_two",
  "esp32c3",
  "m5stick_cplus",
  "m5paper",
] as const);

export type Board = (typeof BOARDS)[number];

const FOLDER = join(BUILD, "esp32");

/** What a board's program takes of its flash, without the C code of engine and drivers. */
export interface BoardSize extends FlashSize {
  /** In bytes. */
  readonly resources: number;
  readonly folders: ReadonlyMap<string, FlashSize>;
}

/** Returns the board of this name. If there is no such board, throws `Refusal` with the list of boards. */
export function boardArgument(name: string | undefined): Board {
  const board = BOARDS.find((each) => each === name);
  if (board) return board;
  throw new Refusal(`${name === undefined ? "Which board?" : `${name}: no such board.`} Boards: ${BOARDS.join(", ")}`);
}

/** Returns what is missing of Espressif's tools, or undefined if they are complete. */
export function missingToolchain(): string | undefined {
  const path = process.env.IDF_PATH;
  if (!path) return "IDF_PATH is not set";
  if (!existsSync(path)) return `IDF_PATH names ${path}, which does not exist`;
  return findProgram("idf.py") ? undefined : "idf.py is not on PATH";
}

/** Builds the image that is flashed, and flashes it if asked to. Needs Espressif's tools. */
export async function buildBoard(
  sdk: Sdk,
  board: Board,
  settings: readonly string[],
  { flash }: { readonly flash: boolean },
): Promise<void> {
  const args = ["-m", "-p", `esp32/${board}`, "-o", FOLDER];
  const image = join(FOLDER, "bin", "esp32", board, "release", basename(ROOT), "xs_esp32.bin");
  // The firmware believes no time server whose time is before this.
  const made = `made=${Math.floor(Date.now() / 1000)}`;
  await checkLinks(await writeMakefile(sdk, board, [...settings, made]));
  // The SDK's makefile goes on when Espressif's build fails. Only a new image shows that it did not.
  rmSync(image, { force: true });
  await mcconfig(sdk, [...args, "-t", "build"], [...settings, made], { show: true });
  if (!existsSync(image)) throw new Error(`${board}: the build did not make ${image}`);
  if (flash) await mcconfig(sdk, [...args, "-t", "deploy"], [...settings, made], { show: true });
}

/** Resolves the manifests for a board. Returns the path of the makefile that names the modules of the program. */
export async function writeMakefile(
  sdk: Sdk,
  board: Board,
  settings: readonly string[],
  manifest = join(ROOT, "manifest.json"),
): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  await mcconfig(sdk, ["-p", `esp32/${board}`, "-o", FOLDER], settings, { manifest });
  return join(buildFolder(board, manifest), "makefile");
}

/**
 * Builds up to the link of the byte code, without Espressif's tools. It checks and compiles all TypeScript, checks
 * every import, preloads and links the modules, and converts all resources. It does not compile the C code.
 */
export async function linkByteCode(
  sdk: Sdk,
  board: Board,
  settings: readonly string[],
  manifest = join(ROOT, "manifest.json"),
): Promise<BoardSize> {
  // The makefile asks for files of Espressif's tools. This folder holds empty ones.
  const empty = join(FOLDER, "nothing");
  mkdirSync(empty, { recursive: true });
  const header = join(empty, "sdkconfig.h");
  if (!existsSync(header)) writeFileSync(header, "");
  const makefile = await writeMakefile(sdk, board, settings, manifest);
  await checkLinks(makefile);
  const folder = dirname(makefile);
  const code = join(folder, "mc.xs.c");
  const resources = join(folder, "mc.resources.c");
  // The makefile prints its size only when it is made.
  rmSync(resources, { force: true });
  const variables = ["IDF_VERSION=v6.0", `SDKCONFIG_H=${header}`];
  const output = await run("make", ["-f", makefile, ...variables, code, resources], {
    env: { ...sdk.env, IDF_PATH: empty },
  });
  const source = readFileSync(code, "utf8");
  return {
    ...flashSize(source),
    folders: flashByFolder(source),
    resources: Number(/^Total resource size: (\d+) bytes$/m.exec(output)?.[1] ?? 0),
  };
}

function buildFolder(board: Board, manifest: string): string {
  return join(FOLDER, "tmp", "esp32", board, "release", basename(dirname(manifest)));
}

/**
 * Byte code of `src/mqtt` in flash, in bytes. It links the engine with the files that it needs, then these files alone,
 * and returns the difference.
 */
export async function engineByteCode(sdk: Sdk, board: Board): Promise<number> {
  const root = JSON.parse(readFileSync(join(ROOT, "manifest.json"), "utf8")) as Manifest;
  const link = async (name: string, folders: readonly string[]) => {
    const folder = join(BUILD, name);
    const isOf = (module: string) => folders.includes(dirname(module));
    const modules = Object.fromEntries(
      folders.map((each) => [`${each}/*`, join(ROOT, relative("fieldpager", each), "*")]),
    );
    const manifest = {
      include: ["$(MODDABLE)/examples/manifest_base.json"],
      creation: { main: "fieldpager/src/bytes" },
      modules: { ...modules, "~": [join(ROOT, "src", "tsconfig")] },
      preload: root.preload.filter(isOf),
      typescript: root.typescript,
    };
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    return (await linkByteCode(sdk, board, [], join(folder, "manifest.json"))).byteCode;
  };
  const beside = ["fieldpager/src"];
  return (await link("mqtt", [...beside, "fieldpager/src/mqtt"])) - (await link("beside-mqtt", beside));
}

interface Manifest {
  readonly preload: readonly string[];
  readonly typescript: unknown;
}
