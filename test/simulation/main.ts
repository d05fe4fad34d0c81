/**
 * `npm run simulate -- --seeds 1000 --first 1` runs seeds one after the other; exit status 1 when a promise was broken.
 * With `--log` the device's log is printed too.
 */
import { parseArgs } from "node:util";
import { simulateAny } from "./any-seed.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    first: { type: "string", default: "1" },
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
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
const hours = (virtualMs / 3_600_000).toFixed(1);
console.log(`${seeds} seeds, ${failed} failed; ${hours} h, ${pushes} pushes, ${powerCuts} power cuts in ${seconds} s`);
process.exitCode = failed ? 1 : 0;
