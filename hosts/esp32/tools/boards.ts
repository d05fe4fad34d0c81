/** The boards that are built, and how. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";
import { type FlashSize, flashByFolder, flashSize } from "./flash.ts";

/** Names as the SDK has them. */
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

/** What a board's program takes of its flash. The C code of engine and drivers is not in it. */
export interface BoardSize extends FlashSize {
  /** In bytes. */
  readonly resources: number;
  readonly folders: ReadonlyMap<string, FlashSize>;
}

/** The first argument as a board. Refuses others, and none, with the list. */
export function boardArgument(name: string | undefined): Board {
  const board = BOARDS.find((each) => each === name);
  if (board) return board;
  throw new Refusal(`${name === undefined ? "Which board?" : `${name}: no such board.`} Boards: ${BOARDS.join(", ")}`);
}

/** Whether Espressif's tools are here; if not, what is missing. */
export function missingToolchain(): string | undefined {
  const path = process.env.IDF_PATH;
  if (!path) return "IDF_PATH is not set";
  if (!existsSync(path)) return `IDF_PATH names ${path}, which is not there`;
  return findProgram("idf.py") ? undefined : "idf.py is not on PATH";
}

/** Builds everything, to what is flashed, and flashes it when asked to. Needs Espressif's tools. */
export async function buildBoard(
  sdk: Sdk,
  board: Board,
  settings: readonly string[],
  { flash }: { readonly flash: boolean },
): Promise<void> {
  const args = ["-m", "-p", `esp32/${board}`, "-o", FOLDER];
  const image = join(FOLDER, "bin", "esp32", board, "release", basename(ROOT), "xs_esp32.bin");
  // No time server is believed that tells a time from before this.
  const made = `made=${Math.floor(Date.now() / 1000)}`;
  await checkLinks(await writeMakefile(sdk, board, [...settings, made]));
  // The SDK's makefile goes on when Espressif's build fails: only the image tells.
  rmSync(image, { force: true });
  await mcconfig(sdk, [...args, "-t", "build"], [...settings, made], { show: true });
  if (!existsSync(image)) throw new Error(`${board}: the build made no ${image}`);
  if (flash) await mcconfig(sdk, [...args, "-t", "deploy"], [...settings, made], { show: true });
}

/** Resolves the manifests for a board, and gives the path of the makefile that says which modules make the program. */
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
 * Builds up to the link of the byte code, which needs none of Espressif's tools: all TypeScript is checked and compiled,
 * every import is held against what it names, the modules are preloaded and linked, all resources converted. The C code is not
 * compiled.
 */
export async function linkByteCode(
  sdk: Sdk,
  board: Board,
  settings: readonly string[],
  manifest = join(ROOT, "manifest.json"),
): Promise<BoardSize> {
  // What the makefile asks of Espressif's tools is answered with nothing.
  const empty = join(FOLDER, "nothing");
  mkdirSync(empty, { recursive: true });
  const header = join(empty, "sdkconfig.h");
  if (!existsSync(header)) writeFileSync(header, "");
  const makefile = await writeMakefile(sdk, board, settings, manifest);
  await checkLinks(makefile);
  const folder = dirname(makefile);
  const code = join(folder, "mc.xs.c");
  const resources = join(folder, "mc.resources.c");
  // Its size is told only when it is made.
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
 * Byte code of `src/mqtt` as it lies in flash, in bytes: what the link of the engine alone has more than that of the files
 * beside the folder that it needs.
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
