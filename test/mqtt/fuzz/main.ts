/** `npm run fuzz -- --inputs 1000000 --first 1`: exit status 1 when an input broke a promise, or when memory has grown. */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzz } from "./fuzz.ts";

const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
const { values } = parseArgs({
  options: { inputs: { type: "string", default: "1000000" }, first: { type: "string", default: "1" } },
});
const inputs = Number(values.inputs);
const first = Number(values.first);
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(first) || first < 0) {
  console.error("fuzz: --inputs and --first are whole numbers, --inputs at least 1");
  process.exit(2);
}
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heapBytes = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

const beganMs = performance.now();
const warmUp = Math.ceil(inputs / 10);
const parts = [fuzz(first, warmUp)];
const early = heapBytes();
if (inputs > warmUp) parts.push(fuzz(first + warmUp, inputs - warmUp));
const growth = heapBytes() - early;
const violations = parts.flatMap((part) => part.violations);
for (const violation of violations.slice(0, 20)) console.log(violation);
const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
console.log(
  `${inputs} inputs, ${violations.length} failed; ${sum((part) => part.packets)} packets, ${sum((part) => part.refusals)} refusals, ` +
    `${sum((part) => part.messages)} messages, heap ${growth >= 0 ? "+" : ""}${growth} bytes in ${seconds} s`,
);
process.exitCode = violations.length || growth > GROWTH_BYTES_MAX ? 1 : 0;
