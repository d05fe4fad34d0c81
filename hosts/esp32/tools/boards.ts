/** The boards that are built, and how they are built. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseVersion, type Version } from "../../../src/update/version.ts";
import { checkLinks } from "../../moddable/tools/archive.ts";
import { BUILD, findProgram, Refusal, ROOT, run } from "../../moddable/tools/command.ts";
import { checkTypes, forgetNames, type Program, programName, writeProgram } from "../../moddable/tools/program.ts";
import { mcconfig, type Sdk } from "../../moddable/tools/sdk.ts";
import { type FlashSize, flashByFolder, flashSize } from "./flash.ts";
import { HOW_TO_MAKE, publicKeyText, readReleaseKey, releaseKeyPath } from "./release-key.ts";

const BOARDS_FOLDER = join(ROOT, "hosts", "esp32", "boards");

/** The names of the folders in `hosts/esp32/boards`. */
export const BOARDS: readonly string[] = Object.freeze(readdirSync(BOARDS_FOLDER).sort());

const FOLDER = join(BUILD, "esp32");

/** What a board's program takes of its flash, without the C code of engine and drivers. */
export interface BoardSize extends FlashSize {
  /** `esp32`, `esp32c3` and so on. */
  readonly chip: string;
  /** The faces of the screen, and the other resources, in bytes. */
  readonly faces: number;
  readonly resources: number;
  readonly folders: ReadonlyMap<string, FlashSize>;
}

/** Returns the board of this name. If there is no such board, throws `Refusal` with the list of boards. */
export function boardArgument(name: string | undefined): string {
  if (name !== undefined && BOARDS.includes(name)) return name;
  throw new Refusal(`${name === undefined ? "Which board?" : `${name}: no such board.`} Boards: ${BOARDS.join(", ")}`);
}

/** The manifest of a board: the whole program, with what this board has. */
export function boardManifest(board: string): string {
  return join(BOARDS_FOLDER, board, "manifest.json");
}

/** The SDK's name of a board. For a board that the SDK does not have, the manifest names one that it is like. */
export function sdkTarget(manifest: string): string {
  const { build } = JSON.parse(readFileSync(manifest, "utf8")) as { build?: { SDK_TARGET?: string } };
  return build?.SDK_TARGET ?? basename(dirname(manifest));
}

/** Returns what is missing of Espressif's tools, or undefined if they are complete. */
export function missingToolchain(): string | undefined {
  const path = process.env.IDF_PATH;
  if (!path) return "IDF_PATH is not set";
  if (!existsSync(path)) return `IDF_PATH names ${path}, which does not exist`;
  return findProgram("idf.py") ? undefined : "idf.py is not on PATH";
}

/** Of the repository. It is built into every program. */
export const FIRMWARE_VERSION: Version = firmwareVersion();

function firmwareVersion(): Version {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const parsed = parseVersion(version);
  if (!parsed) throw new Error(`package.json: version ${version}, expected three numbers up to 65535`);
  return parsed;
}

/**
 * What a program knows of itself: its board, its version, when it was built, and who may sign updates for it. Without a release key it
 * takes none, and this says so.
 */
function identityOf(board: string): readonly string[] {
  const key = readReleaseKey(releaseKeyPath());
  if (!key)
    process.stderr.write(`${board}: this build takes no updates, because there is no release key. ${HOW_TO_MAKE}\n`);
  // No time server is believed that tells a time from before this.
  const made = `made=${Math.floor(Date.now() / 1000)}`;
  return [
    made,
    `board=${board}`,
    `version=${FIRMWARE_VERSION.join(".")}`,
    ...(key ? [`updateKey=${publicKeyText(key)}`] : []),
  ];
}

/** Builds the program that is flashed, and flashes it if asked to. Returns its file. Needs Espressif's tools. */
export async function buildBoard(
  sdk: Sdk,
  board: string,
  settings: readonly string[],
  { flash }: { readonly flash: boolean },
): Promise<string> {
  const built = [...settings, ...identityOf(board)];
  await checkTypes(sdk.env);
  const { manifest, makefile } = await prepareBoard(sdk, board, built);
  const target = sdkTarget(boardManifest(board));
  const args = ["-m", "-p", `esp32/${target}`, "-o", FOLDER];
  const image = join(FOLDER, "bin", "esp32", target, "release", basename(dirname(manifest)), "xs_esp32.bin");
  await checkLinks(makefile);
  // The SDK's makefile goes on when Espressif's build fails: only the image tells.
  rmSync(image, { force: true });
  await mcconfig(sdk, [...args, "-t", "build"], built, { manifest, show: true });
  if (!existsSync(image)) throw new Error(`${board}: the build made no ${image}`);
  if (flash) await mcconfig(sdk, [...args, "-t", "deploy"], built, { manifest, show: true });
  return image;
}

/** Writes the bytes of the partition `setup`. Needs Espressif's tools. */
export async function flashSetup(image: Uint8Array): Promise<void> {
  const { IDF_PATH = "", UPLOAD_PORT } = process.env;
  const tool = join(IDF_PATH, "components", "partition_table", "parttool.py");
  const file = join(FOLDER, "setup.bin");
  // It holds secrets.
  writeFileSync(file, image, { mode: 0o600 });
  try {
    const port = UPLOAD_PORT ? ["--port", UPLOAD_PORT] : [];
    await run("python", [tool, ...port, "write_partition", "--partition-name=setup", `--input=${file}`]);
  } finally {
    rmSync(file);
  }
}

/** Makes the program for a board, up to what mcconfig needs: its manifest, and the makefile that says which modules it has. */
export async function prepareBoard(
  sdk: Sdk,
  board: string,
  settings: readonly string[],
  manifest = boardManifest(board),
): Promise<Program & { readonly makefile: string }> {
  const target = sdkTarget(manifest);
  const program = await writeProgram({
    makefile: await writeMakefile(sdk, target, settings, manifest),
    manifest,
    main: "hosts/esp32/main.ts",
    folder: join(FOLDER, "programs", target, programName(manifest)),
  });
  const makefile = await writeMakefile(sdk, target, settings, program.manifest);
  forgetNames(makefile);
  return { ...program, makefile };
}

/** Resolves a manifest for a board of the SDK, and gives the path of the makefile that says which modules it has. */
async function writeMakefile(sdk: Sdk, target: string, settings: readonly string[], manifest: string): Promise<string> {
  mkdirSync(FOLDER, { recursive: true });
  await mcconfig(sdk, ["-p", `esp32/${target}`, "-o", FOLDER], settings, { manifest });
  return join(FOLDER, "tmp", "esp32", target, "release", basename(dirname(manifest)), "makefile");
}

/**
 * Builds up to the link of the byte code, without Espressif's tools. It checks and compiles all TypeScript, checks
 * every import, preloads and links the modules, and converts all resources. It does not compile the C code.
 */
export async function linkByteCode(
  sdk: Sdk,
  board: string,
  settings: readonly string[],
  manifest = boardManifest(board),
): Promise<BoardSize> {
  await checkTypes(sdk.env);
  // What the makefile asks of Espressif's tools is answered with nothing.
  const empty = join(FOLDER, "nothing");
  mkdirSync(empty, { recursive: true });
  const header = join(empty, "sdkconfig.h");
  if (!existsSync(header)) writeFileSync(header, "");
  const { makefile, files } = await prepareBoard(sdk, board, settings, manifest);
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
  const faces = facesBytes(makefile);
  const total = Number(/^Total resource size: (\d+) bytes$/m.exec(output)?.[1] ?? 0);
  const [, chip = "esp32"] = /^ESP32_SUBCLASS = (\w+)$/m.exec(readFileSync(makefile, "utf8")) ?? [];
  return { ...flashSize(source), chip, folders: flashByFolder(source, files), faces, resources: total - faces };
}

/** Size of the faces that the makefile names. They have been made. */
function facesBytes(makefile: string): number {
  const names = readFileSync(makefile, "utf8").matchAll(/^\t\$\(RESOURCES_DIR\)\/([\w-]+\.bf4)\b/gm);
  const paths = new Set([...names].map(([, name]) => join(dirname(makefile), "resources", name as string)));
  return [...paths].reduce((sum, path) => sum + statSync(path).size, 0);
}
