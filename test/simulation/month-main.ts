/**
 * `npm run simulate:month` runs a sensor node that sleeps and a pager that is always on, each for 30 days on a bad network in virtual
 * time. It prints what became of pages and readings, and how long the device was awake. Exit status 1 when a promise was broken.
 */
import { readCommandFlags } from "../command-flags.ts";
import { type MonthKind, simulateMonth } from "./simulate-month.ts";

const USAGE = `Usage: npm run simulate:month -- [flags]
  --days N   days of virtual time (30)
  --first N  the seed (1)
  --log      prints the device's log too`;

const { numbers, isSet } = readCommandFlags(
  USAGE,
  { days: { default: 30, min: 1 }, first: { default: 1, min: 0 } },
  { switches: ["log"] },
);
const { days, first } = numbers;
const KINDS: readonly MonthKind[] = ["node", "pager"];

for (const kind of KINDS) {
  const beganMs = performance.now();
  const outcome = simulateMonth(kind, first, days, isSet("log") ? console.log : undefined);
  const { pages, readings, repeated, inMemory, wakes, connects, powerCuts, awakeSecondsADay, writesADay } = outcome;
  for (const violation of outcome.violations) console.log(violation);
  console.log(
    `${kind}, seed ${first}, ${days} days: ${pages} pages and ${readings} readings, ${outcome.violations.length} promises broken`,
  );
  console.log(
    `  ${wakes} sleeps, ${connects} connections, ${powerCuts} power cuts; ${repeated} readings came again, ${inMemory} were lost with the power`,
  );
  console.log(
    `  awake ${Math.round(awakeSecondsADay)} s a day, ${Math.round(writesADay)} writes to flash a day; ${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
  );
  if (outcome.violations.length > 0) process.exitCode = 1;
}
