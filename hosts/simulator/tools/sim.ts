/** `npm run sim`: builds the pager and shows it in mcsim, the SDK's simulator, connected to a broker. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LOCAL_KEY_FILE, localPassword, readLocalKey } from "../../common/local-key.ts";
import { isLoopback } from "../../common/loopback.ts";
import { Refusal, ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { buildProgram } from "./build.ts";

const FLAGS = {
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "1883" },
  uid: { type: "string", default: "pager-sim" },
  env: { type: "string" },
  /** The folder for its messages. Each pager needs its own. */
  data: { type: "string" },
} as const;

await runCommand(async (args) => {
  const flags = readFlags(args);
  const sdk = findSdk();
  const mcsim = join(sdk.tools, "mcsim");
  if (!existsSync(mcsim)) throw new Refusal(`mcsim is missing in ${sdk.tools}. To get it: npx xs-dev setup`);
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    throw new Refusal("The simulator needs a display (DISPLAY is not set). Without one: npm run test:sim");
  const program = await buildProgram(sdk, "readable");
  const folder = flags.data ?? join(ROOT, ".fieldpager", flags.uid);
  mkdirSync(folder, { recursive: true });
  const settings: Record<string, string> = {
    uid: flags.uid,
    "broker.host": flags.host,
    "broker.port": flags.port,
  };
  if (flags.env !== undefined) settings.env = flags.env;
  // A station on this machine has written a key. Its pagers derive their passwords from this key.
  const key = isLoopback(flags.host) ? readLocalKey(join(ROOT, ".fieldpager", LOCAL_KEY_FILE)) : undefined;
  if (key !== undefined) {
    settings["broker.userName"] = flags.uid;
    settings["broker.password"] = localPassword(key, flags.uid);
  }
  writeFileSync(join(folder, "settings.json"), JSON.stringify(settings), { mode: 0o600 });
  process.stdout.write(`${flags.uid} in the simulator, broker ${flags.host}:${flags.port}, data in ${folder}\n`);
  const child = spawn(mcsim, [join(sdk.root, "build", "simulators"), program], {
    cwd: folder,
    env: sdk.env,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal === "SIGINT" || signal === "SIGTERM" ? 0 : (code ?? 1)));
  });
});

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new Refusal(
      `${(error as Error).message} (flags: ${Object.keys(FLAGS)
        .map((flag) => `--${flag}`)
        .join(" ")})`,
    );
  }
}
