/**
 * `npm run test:sim`: builds the pager for the simulator, then runs the tests that drive it. `npm run test:heap` (`--heap`) runs
 * those that take minutes: the load over TLS and a full inbox, in the tight heap.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { buildLauncher, buildProgram } from "./build.ts";

await runCommand(async ([first, ...rest]) => {
  const isHeap = first === "--heap";
  const args = isHeap
    ? ["tls.test", "inbox.test", "-t", "reconnects|an inbox of", ...rest]
    : [...(first === undefined ? [] : [first]), ...rest];
  const sdk = findSdk();
  const launcher = await buildLauncher(sdk);
  const programs: NodeJS.ProcessEnv = isHeap
    ? { FIELDPAGER_TIGHT_PROGRAM: await buildProgram(sdk, "tight") }
    : {
        FIELDPAGER_PROGRAM: await buildProgram(sdk, "whole"),
        FIELDPAGER_ESP32_PROGRAM: await buildProgram(sdk, "esp32"),
      };
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const own = ["run", "--config", "test/vitest.config.ts", "--project", "simulator"];
  const env = { FIELDPAGER_LAUNCHER: launcher, ...programs };
  const child = spawn(process.execPath, [vitest, ...own, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
});
