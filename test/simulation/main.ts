/**
 * `npm run simulate -- --pagers 50 --messages 10000` runs one seed (`--first`) of many pagers at one broker.
 * `npm run simulate -- --seeds 1000 --first 1` runs seeds one after the other; exit status 1 when a promise was broken.
 * With `--log` the device's log is printed too.
 */
import { parseArgs } from "node:util";
import { simulateAny } from "./any-seed.ts";
import { simulateFleet } from "./simulate-fleet.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    first: { type: "string", default: "1" },
    pagers: { type: "string" },
    messages: { type: "string", default: "10000" },
    log: { type: "boolean", default: false },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.first);
if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(first)) {
  console.error("simulate: --seeds and --first are whole numbers, --seeds at least 1");
  process.exit(2);
}

const beganMs = performance.now();
if (values.pagers === undefined) runSeeds();
else runFleet(Number(values.pagers), Number(values.messages));

function runFleet(pagers: number, messages: number): void {
  if (!Number.isSafeInteger(pagers) || pagers < 1 || !Number.isSafeInteger(messages) || messages < pagers) {
    console.error("simulate: --pagers and --messages are whole numbers, at least one message for each pager");
    process.exit(2);
  }
  const outcome = simulateFleet(first, pagers, messages);
  for (const violation of outcome.violations) console.log(violation);
  const { stored, receipts, repeated, powerCuts, connects, virtualMs } = outcome;
  console.log(
    `seed ${first}: ${messages} messages to ${pagers} pagers, ${stored} stored, ${receipts} receipts, ${repeated} repeats`,
  );
  console.log(
    `${(virtualMs / 3_600_000).toFixed(1)} h, ${connects} connections, ${powerCuts} power cuts in ${secondsSince()} s`,
  );
  process.exitCode = outcome.violations.length ? 1 : 0;
}

function runSeeds(): void {
  let failed = 0;
  let virtualMs = 0;
  let pushes = 0;
  let powerCuts = 0;
  for (let seed = first; seed < first + seeds; seed += 1) {
    const outcome = simulateAny(seed, values.log ? console.log : undefined);
    virtualMs += outcome.virtualMs;
    pushes += outcome.pushes;
    powerCuts += outcome.powerCuts;
    if (outcome.violations.length === 0) continue;
    failed += 1;
    console.log(`seed ${seed}: ${outcome.violations.join("\n  ")}`);
    console.log(`  again: npm run simulate -- --seeds 1 --first ${seed}`);
  }
  const hours = (virtualMs / 3_600_000).toFixed(1);
  console.log(
    `${seeds} seeds, ${failed} failed; ${hours} h, ${pushes} pushes, ${powerCuts} power cuts in ${secondsSince()} s`,
  );
  process.exitCode = failed ? 1 : 0;
}

function secondsSince(): string {
  return ((performance.now() - beganMs) / 1_000).toFixed(1);
}
