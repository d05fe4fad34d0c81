/**
 * `npm run release -- <board>` builds the firmware of a board and signs it for updates. The file is for a station's folder of images.
 * `npm run release -- key` makes the key.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Refusal, ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { boardArgument, buildBoard, FIRMWARE_VERSION, missingToolchain } from "./boards.ts";
import { HOW_TO_MAKE, makeReleaseKey, publicKeyText, readReleaseKey, releaseKeyPath } from "./release-key.ts";
import { signImage } from "./sign-image.ts";

const FLAGS = {
  /** The folder for the image. */
  out: { type: "string", default: join(ROOT, ".fieldpager", "images") },
  /** A program that is built already. */
  program: { type: "string" },
} as const;

await runCommand(async (args) => {
  const { values, positionals } = readArguments(args);
  const [name, ...rest] = positionals;
  if (rest.length > 0)
    throw new Refusal(`${rest[0]}: a release holds no settings, because every device of the board gets it`);
  const path = releaseKeyPath();
  if (name === "key") {
    makeReleaseKey(path);
    process.stdout.write(`${path}: a new release key. Keep a copy: without it no device can be updated\n`);
    return 0;
  }
  const board = boardArgument(name);
  const key = readReleaseKey(path);
  if (!key) throw new Refusal(`${path}: there is no release key. ${HOW_TO_MAKE}`);
  const program = readFileSync(values.program ?? (await buildProgram(board)));
  const image = signImage(program, board, FIRMWARE_VERSION, key);
  const file = join(values.out, `${board}-${FIRMWARE_VERSION.join(".")}.fpui`);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(file, image);
  process.stdout.write(`${file}: ${image.length} bytes, signed with ${publicKeyText(key)}\n`);
  return 0;
});

function buildProgram(board: ReturnType<typeof boardArgument>): Promise<string> {
  const sdk = findSdk();
  const missing = missingToolchain();
  if (missing !== undefined)
    throw new Refusal(`The ESP32 toolchain is missing (${missing}). To get it: npx xs-dev setup -d esp32`);
  return buildBoard(sdk, board, [], { flash: false });
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`${(error as Error).message} (flags: --out --program)`);
  }
}
