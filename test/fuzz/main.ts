/**
 * `npm run fuzz -- --target mqtt --inputs 1000000 --first 1`: exit status 1 when an input broke a promise, or when memory has
 * grown.
 */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzz as fuzzMqtt } from "../mqtt/fuzz/fuzz.ts";
import { fuzz as fuzzPayload } from "../payload/fuzz/fuzz.ts";

interface Outcome {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** Packets for decoder and session; payloads for every reader of them and a whole device. */
const TARGETS: Readonly<Record<string, (first: number, inputs: number) => Outcome>> = {
  mqtt: fuzzMqtt,
  payload: fuzzPayload,
};

const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
const { values } = parseArgs({
  options: {
    target: { type: "string", default: "mqtt" },
    inputs: { type: "string", default: "1000000" },
    first: { type: "string", default: "1" },
  },
});
const inputs = Number(values.inputs);
const first = Number(values.first);
const fuzz = TARGETS[values.target];
if (!fuzz || !Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(first) || first < 0) {
  console.error("fuzz: --target is mqtt or payload, --inputs and --first are whole numbers, --inputs at least 1");
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
const names = Object.keys(parts[0]?.counts ?? {});
const counts = names.map((name) => `${parts.reduce((sum, part) => sum + (part.counts[name] ?? 0), 0)} ${name}`);
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
console.log(
  `${inputs} inputs, ${violations.length} failed; ${counts.join(", ")}, heap ${growth >= 0 ? "+" : ""}${growth} bytes in ${seconds} s`,
);
process.exitCode = violations.length || growth > GROWTH_BYTES_MAX ? 1 : 0;
