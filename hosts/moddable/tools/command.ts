/** How the commands of the repository end: with status 0, or with one line that says what is missing and status 2. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root folder of the checkout. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url)).replace(/[\\/]$/, "");

/** What all programs for the SDK have in common, for mcconfig. */
export const MANIFEST = join(ROOT, "manifest.json");

/** Where everything that is built lies; git ignores it. */
export const BUILD = join(ROOT, ".build");

/** The user has to do something first. The message is one line. */
export class Refusal extends Error {}

/** A program or a check was run and failed. Its output has been shown. */
export class ProgramFailed extends Error {}

/** Runs a command of the repository and sets the exit status. */
export async function runCommand(main: (args: readonly string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof ProgramFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof Refusal ? 2 : 1;
  }
}

/** Returns the full path of a program on PATH, or undefined. */
export function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (folder === "") continue;
    const program = join(folder, name);
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {
      // The program is not in this folder. The next one may have it.
    }
  }
  return undefined;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly folder?: string;
  /** Shows what the program prints while it runs. Otherwise it is shown only if the program fails. */
  readonly show?: boolean;
  /** Shows nothing, even if the program fails, because the caller has a better message. */
  readonly quiet?: boolean;
}

/** Runs a program and returns what it printed. If it fails, shows that and throws `ProgramFailed`. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.folder ?? ROOT,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (options.show) process.stderr.write(text);
    });
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ? 128 : (code ?? 128)));
  });
  if (status === 0) return output;
  if (!options.show && !options.quiet) process.stderr.write(output);
  throw new ProgramFailed(`${program} ended with status ${status}`);
}
