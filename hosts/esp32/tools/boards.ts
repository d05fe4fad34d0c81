/** The boards that are built, and how. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";

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
const ATOM_HEADER_BYTES = 8;

/** What a board's program takes of its flash, in bytes. */
export interface BoardSize {
  /** Slots of objects that are made when it is built, of 16 bytes each. */
  readonly romSlots: number;
  /** What XS runs, in bytes; the C code of engine and drivers is not in it. */
  readonly byteCode: number;
  readonly resources: number;
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
  return {
    ...codeSize(readFileSync(code, "utf8")),
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

/**
 * Byte code of each folder of `src` as it was compiled, before the link, in bytes. The linker runs the modules and leaves
 * out what only made their functions, so that less of it lies in flash.
 */
export function byteCodeOfFolders(board: Board): ReadonlyMap<string, number> {
  const root = join(buildFolder(board, join(ROOT, "manifest.json")), "modules", "fieldpager", "src");
  const sizes = new Map<string, number>();
  for (const path of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".xsb")) continue;
    const folder = path.includes(sep) ? `src/${path.slice(0, path.indexOf(sep))}` : "src, its own files";
    sizes.set(folder, (sizes.get(folder) ?? 0) + codeAtomSize(readFileSync(join(root, path))));
  }
  return sizes;
}

/** A compiled module is one atom `XS_B` of atoms, each with its length in four bytes, its own eight included, and four letters. */
function codeAtomSize(bytes: Buffer): number {
  for (let at = ATOM_HEADER_BYTES; at + ATOM_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + ATOM_HEADER_BYTES) === "CODE") return length - ATOM_HEADER_BYTES;
    if (length < ATOM_HEADER_BYTES) break;
    at += length;
  }
  throw new Error("a compiled module has no code");
}

/**
 * Reads the linker's C source. The code of a module that is run on the board is an array; that of a preloaded one, which has
 * been run by the linker, stands as literals in the slots.
 */
function codeSize(text: string): { romSlots: number; byteCode: number } {
  let byteCode = 0;
  for (const [, length] of text.matchAll(/^static const txU1 gxCode\d+\[(\d+)\];$/gm)) byteCode += Number(length);
  for (const [, literal = ""] of text.matchAll(/\(txByte\*\)"((?:\\x[0-9a-f]{2})*)"/g)) byteCode += literal.length / 4;
  const romSlots = Number(/^#define mxHeapCount (\d+)$/m.exec(text)?.[1] ?? 0);
  if (romSlots === 0 || byteCode === 0) throw new Error("the linked code has no sizes");
  return { romSlots, byteCode };
}
