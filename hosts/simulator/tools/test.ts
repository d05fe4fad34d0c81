/**
 * `npm run test:sim` builds the pager for the simulator with its allowance of an M5Stack's memory, and runs the
 * tests that drive it. `npm run test:heap` (`--heap`) runs those of the memory with the allowance of each
 * board: the load over TLS, a full inbox, a backlog, the deepest call path.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { buildLauncher, buildProgram, DEVICE } from "./build.ts";
import { type AllowedProgram, allowances } from "./memory.ts";

await runCommand(async ([first, ...rest]) => {
  const isHeap = first === "--heap";
  const args = isHeap
    ? ["tls.test", "inbox.test", "memory.test", "-t", "reconnects|an inbox of|in the memory of", ...rest]
    : [...(first === undefined ? [] : [first]), ...rest];
  const sdk = findSdk();
  const launcher = await buildLauncher(sdk);
  const programs: AllowedProgram[] = [];
  for (const allowance of allowances().filter(({ boards }) => isHeap || boards.includes(DEVICE.name)))
    programs.push({ ...allowance, program: await buildProgram(sdk, allowance) });
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const own = ["run", "--config", "test/vitest.config.ts", "--project", "simulator"];
  const env = {
    FIELDPAGER_LAUNCHER: launcher,
    FIELDPAGER_PROGRAM: programs[0]?.program,
    FIELDPAGER_ESP32_PROGRAM: isHeap ? undefined : await buildProgram(sdk, "esp32"),
    FIELDPAGER_ALLOWED_PROGRAMS: JSON.stringify(programs),
  };
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
