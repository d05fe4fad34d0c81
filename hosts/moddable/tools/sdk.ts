/** Finds the Moddable SDK on this machine and runs its builder with the project's own TypeScript. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { findProgram, Refusal, ROOT, type RunOptions, run } from "./command.ts";

export interface Sdk {
  /** The folder that `MODDABLE` names. */
  readonly root: string;
  /** The folder with the SDK's tools for this machine. */
  readonly tools: string;
  /** The environment for all programs of the SDK. */
  readonly env: NodeJS.ProcessEnv;
}

const PLATFORMS: Readonly<Record<string, string>> = { linux: "lin", darwin: "mac", win32: "win" };

/**
 * Finds the SDK that `MODDABLE` names, or the one in the folder that xs-dev uses. Throws `Refusal` if there is none, or
 * if make is missing.
 */
export function findSdk(): Sdk {
  const named = process.env.MODDABLE;
  const root = named || join(homedir(), ".local", "share", "moddable");
  const tools = join(root, "build", "bin", PLATFORMS[process.platform] ?? "lin", "release");
  if (!existsSync(join(tools, "mcconfig"))) {
    const where = named ? `MODDABLE names ${root}, which holds no built SDK` : "MODDABLE is not set";
    throw new Refusal(`The Moddable SDK is missing (${where}). To get it: npx xs-dev setup`);
  }
  if (!findProgram("make")) throw new Refusal("make is missing. To get it: apt install build-essential");
  const path = [tools, join(ROOT, "node_modules", ".bin"), process.env.PATH ?? ""].join(delimiter);
  return { root, tools, env: { ...process.env, MODDABLE: root, PATH: path } };
}

/** Runs mcconfig on a manifest. `settings` are built in as text, `name=value` each. */
export function mcconfig(
  sdk: Sdk,
  args: readonly string[],
  settings: readonly string[],
  { manifest, ...options }: RunOptions & { readonly manifest: string },
): Promise<string> {
  return run(join(sdk.tools, "mcconfig"), [...args, ...settings, manifest], {
    env: sdk.env,
    ...options,
  });
}

/** Returns arguments like `broker.host=10.0.0.2` from a command line. Throws `Refusal` for any other argument. */
export function settingArguments(args: readonly string[]): readonly string[] {
  for (const arg of args) {
    if (!/^[a-z][\w.]*=/i.test(arg)) throw new Refusal(`${arg}: expected a setting, name=value`);
  }
  return args;
}
