/**
 * `npm run fuzz -- --target mqtt --inputs 1000000 --first 1`: exit status 1 if an input broke a promise, or if memory grew.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readCommandFlags } from "../command-flags.ts";
import { fuzz as fuzzBroker } from "../hosts/station/broker/fuzz/fuzz.ts";
import { fuzz as fuzzMqtt } from "../mqtt/fuzz/fuzz.ts";
import { fuzz as fuzzPayload } from "../payload/fuzz/fuzz.ts";
import { fuzz as fuzzXmpp } from "../xmpp/fuzz/fuzz.ts";

interface Outcome {
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const TARGETS: Readonly<Record<string, (first: number, inputs: number) => Outcome>> = {
  mqtt: fuzzMqtt,
  payload: fuzzPayload,
  xmpp: fuzzXmpp,
  broker: fuzzBroker,
};

const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
const USAGE = `Usage: npm run fuzz -- [flags]
  --target T  mqtt: packets for decoder and session; xmpp: stanzas for reader and session; payload: payloads for every reader and a whole
              device; broker: packets for the station's broker (mqtt)
  --inputs N  how many (1000000)
  --first N   the first of them (1)`;
const { numbers, text } = readCommandFlags(
  USAGE,
  { inputs: { default: 1_000_000, min: 1 }, first: { default: 1, min: 0 } },
  { texts: ["target"] },
  (flags) => {
    const target = flags.text("target") ?? "mqtt";
    return Object.hasOwn(TARGETS, target)
      ? []
      : [`flag --target: got ${target}, expected mqtt, xmpp, payload or broker`];
  },
);
const { inputs, first } = numbers;
const fuzz: (first: number, inputs: number) => Outcome = TARGETS[text("target") ?? "mqtt"] ?? fuzzMqtt;
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
