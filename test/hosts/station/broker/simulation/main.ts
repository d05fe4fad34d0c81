/** Runs seeds one after the other: `--seeds 1000 --first 1`, with `--log` what each client got. Exit status 1 if a promise was broken. */
import { readCommandFlags } from "../../../../command-flags.ts";
import { simulateBroker } from "./simulate-broker.ts";

const USAGE = `Usage: npm run simulate:broker -- [flags]
  --seeds N  seeds, one after the other (1000)
  --first N  the first of them (1)
  --log      prints what came, too`;

const { numbers, isSet } = readCommandFlags(
  USAGE,
  { seeds: { default: 1_000, min: 1 }, first: { default: 1, min: 0 } },
  { switches: ["log"] },
);
const beganMs = performance.now();
const total = { failed: 0, messages: 0, powerCuts: 0, connects: 0, virtualMs: 0 };
for (let seed = numbers.first; seed < numbers.first + numbers.seeds; seed += 1) {
  const outcome = simulateBroker(seed, isSet("log") ? console.log : undefined);
  for (const name of ["messages", "powerCuts", "connects", "virtualMs"] as const) total[name] += outcome[name];
  if (outcome.violations.length === 0) continue;
  total.failed += 1;
  console.log(`seed ${seed}: ${outcome.violations.slice(0, 8).join("\n  ")}`);
}
const hours = (total.virtualMs / 3_600_000).toFixed(1);
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
console.log(
  `${numbers.seeds} seeds, ${total.failed} failed; ${hours} h, ${total.messages} messages, ${total.connects} connections, ${total.powerCuts} power cuts in ${seconds} s`,
);
process.exitCode = total.failed ? 1 : 0;
