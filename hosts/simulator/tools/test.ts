/**
 * `npm run test:sim` builds the pager for the simulator with its allowance of an M5Stack's memory, and runs the
 * tests that drive it. `npm run test:heap` (`--heap`) runs those of the memory with the allowance of each
 * board: the load over TLS, a full inbox, a backlog, the deepest call path; and an hour of use with the whole heap. With `--write` it also writes the
 * README's tables of memory.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { grouped, writeReadmeRows } from "../../esp32/tools/readme-table.ts";
import { ROOT, runCommand } from "../../moddable/tools/command.ts";
import { findSdk } from "../../moddable/tools/sdk.ts";
import { buildLauncher, buildProgram, DEVICE } from "./build.ts";
import { type AllowedProgram, allowances } from "./memory.ts";
import { type MemoryFigures, readFigures, type Use, type ViewFigures } from "./memory-figures.ts";

await runCommand(async ([first, ...others]) => {
  const isHeap = first === "--heap";
  const isToWrite = isHeap && others[0] === "--write";
  const rest = isToWrite ? others.slice(1) : others;
  const args = isHeap
    ? ["tls.test", "inbox.test", "memory.test", "hour.test", "-t", "reconnects|an inbox of|in the memory of", ...rest]
    : [...(first === undefined ? [] : [first]), ...rest];
  const sdk = findSdk();
  const launcher = await buildLauncher(sdk);
  const programs: AllowedProgram[] = [];
  for (const allowance of allowances().filter(({ boards }) => isHeap || boards.includes(DEVICE.name)))
    programs.push({ ...allowance, program: await buildProgram(sdk, allowance) });
  const figures = join(mkdtempSync(join(tmpdir(), "fieldpager-memory-")), "figures");
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const own = [
    "run",
    "--config",
    "test/vitest.config.ts",
    "--project",
    "simulator",
    ...(isHeap ? ["--project", "hour"] : []),
  ];
  const env = {
    FIELDPAGER_LAUNCHER: launcher,
    FIELDPAGER_PROGRAM: programs[0]?.program,
    FIELDPAGER_ESP32_PROGRAM: isHeap ? undefined : await buildProgram(sdk, "esp32"),
    FIELDPAGER_DEFAULT_PROGRAM: isHeap ? await buildProgram(sdk) : undefined,
    FIELDPAGER_ALLOWED_PROGRAMS: JSON.stringify(programs),
    FIELDPAGER_MEMORY_FIGURES: figures,
  };
  const child = spawn(process.execPath, [vitest, ...own, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (isToWrite && code === 0) {
    const { boards, views } = readFigures(figures);
    writeReadmeRows("boards | when", boards.map(rowOf));
    writeReadmeRows("view | chunks", views.map(viewRowOf));
  }
  rmSync(dirname(figures), { recursive: true });
  return code ?? 1;
});

function words({ used, of }: Use): readonly string[] {
  return [grouped(used), grouped(of)];
}

function viewRowOf({ view, chunkBytes, slots }: ViewFigures): readonly string[] {
  return [view, ...words(chunkBytes), ...words(slots)];
}

function rowOf({ boards, when, chunkBytes, slots, stackSlots }: MemoryFigures): readonly string[] {
  return [boards.map((board) => `\`${board}\``).join(", "), when, ...[chunkBytes, slots, stackSlots].flatMap(words)];
}
