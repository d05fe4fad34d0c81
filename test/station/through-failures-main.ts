/** The command `npm run simulate:station -- --pushes 10000 --pagers 200`. */
import { parseFlags } from "../../hosts/node/flags.ts";
import { runThroughFailures } from "./through-failures.ts";

const USAGE = `Usage: npm run simulate:station -- [flags]
  --pushes N   pushes (10000)
  --pagers N   pagers (200)
  --kills N    times that the station is killed (10)
  --cuts N     power cuts of pagers (400)
  --seed N     of where the network and the power fail (1)`;
const DEFAULTS = Object.freeze({ pushes: 10_000, pagers: 200, kills: 10, cuts: 400, seed: 1 });
const SENDERS = 20;
const SETTLE_MS = 180_000;

const { values, words, errors } = parseFlags(process.argv.slice(2), Object.keys(DEFAULTS), ["help"]);
const problems = [...errors, ...words];
const number = (name: keyof typeof DEFAULTS) => {
  const value = Number(values[name] ?? DEFAULTS[name]);
  if (!Number.isInteger(value) || value < 0) problems.push(`flag --${name}: expected a whole number`);
  return value;
};
const options = {
  pushes: number("pushes"),
  pagers: number("pagers"),
  kills: number("kills"),
  powerCuts: number("cuts"),
  seed: number("seed"),
};
if (values.help || problems.length > 0) {
  console.log([...problems, USAGE].join("\n"));
  process.exit(values.help ? 0 : 2);
}
const beganMs = performance.now();
const report = await runThroughFailures({ ...options, senders: SENDERS, settleMs: SETTLE_MS, onProgress: console.log });
const { violations, ...counts } = report;
console.log(JSON.stringify(counts));
console.log(`${((performance.now() - beganMs) / 1000).toFixed(0)} s, ${violations.length} violations`);
for (const line of violations.slice(0, 50)) console.log(line);
process.exit(violations.length > 0 ? 1 : 0);
