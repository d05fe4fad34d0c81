/**
 * `npm run simulate -- --pagers 50 --messages 10000` runs one seed (`--first`) of many pagers at one broker.
 * `npm run simulate -- --seeds 1000 --first 1` runs seeds one after the other. The exit status is 1 if a promise was broken.
 * With `--pictures` the seeds are of pictures. With `--log` the device's log is printed too.
 */
import { readCommandFlags } from "../command-flags.ts";
import { simulateAny, simulatePictures } from "./any-seed.ts";
import { simulateFleet } from "./simulate-fleet.ts";

const USAGE = `Usage: npm run simulate -- [flags]
  --seeds N     seeds, one after the other (1000)
  --first N     the first of them (1)
  --pagers N    instead: one seed of so many pagers at one broker
  --messages N  messages to them (10000)
  --pictures    the seeds are of pictures of messages and of text
  --log         prints the device's log too`;

const { numbers, isSet } = readCommandFlags(
  USAGE,
  {
    seeds: { default: 1_000, min: 1 },
    first: { default: 1, min: 0 },
    pagers: { default: 1, min: 1 },
    messages: { default: 10_000, min: 1 },
  },
  { switches: ["log", "pictures"] },
  ({ numbers: { pagers, messages } }) =>
    messages < pagers ? [`flag --messages: got ${messages}, expected one for each of ${pagers} pagers at least`] : [],
);
const { seeds, first } = numbers;
const simulate = isSet("pictures") ? simulatePictures : simulateAny;

const beganMs = performance.now();
if (isSet("pagers")) runFleet(numbers.pagers, numbers.messages);
else runSeeds();

function runFleet(pagers: number, messages: number): void {
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
    const outcome = simulate(seed, isSet("log") ? console.log : undefined);
    virtualMs += outcome.virtualMs;
    pushes += outcome.pushes;
    powerCuts += outcome.powerCuts;
    if (outcome.violations.length === 0) continue;
    failed += 1;
    console.log(`seed ${seed}: ${outcome.violations.join("\n  ")}`);
    console.log(`  again: npm run simulate -- ${isSet("pictures") ? "--pictures " : ""}--seeds 1 --first ${seed}`);
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
