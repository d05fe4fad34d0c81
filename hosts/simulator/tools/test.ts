/** `npm run test:sim`: builds the pager for the simulator, then runs the tests that drive it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { buildLauncher, buildProgram } from "./build.ts";
import { ROOT, runCommand } from "./command.ts";
import { findSdk } from "./sdk.ts";

await runCommand(async (args) => {
  const sdk = findSdk();
  const launcher = await buildLauncher(sdk);
  const program = await buildProgram(sdk);
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const own = ["run", "--config", "test/vitest.config.ts", "--project", "simulator"];
  const child = spawn(process.execPath, [vitest, ...own, ...args], {
    cwd: ROOT,
    env: { ...process.env, FIELDPAGER_LAUNCHER: launcher, FIELDPAGER_PROGRAM: program },
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
});
