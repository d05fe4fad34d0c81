/** The command `npm run simulate:station -- --pushes 10000 --pagers 200`, with `--broker mosquitto`, `nats` or `nats-cluster` beside such a broker. */
import { readCommandFlags } from "../command-flags.ts";
import { type OtherBroker, runThroughFailures } from "./through-failures.ts";

const USAGE = `Usage: npm run simulate:station -- [flags]
  --pushes N   pushes (10000)
  --pagers N   pagers (200)
  --kills N    times that the station is killed, and the broker beside it (10)
  --fulls N    times that the station's disk is full (3)
  --cuts N     power cuts of pagers (400)
  --seed N     of where the network and the power fail (1)
  --broker B   mosquitto, nats or nats-cluster, which the station is a client of; one node of the cluster is killed at a time`;
const SENDERS = 20;
const SETTLE_MS = 180_000;

const BROKERS: readonly (string | undefined)[] = ["mosquitto", "nats", "nats-cluster", undefined];

const NUMBERS = {
  pushes: { default: 10_000, min: 1 },
  pagers: { default: 200, min: 1 },
  kills: { default: 10, min: 0 },
  fulls: { default: 3, min: 0 },
  cuts: { default: 400, min: 0 },
  seed: { default: 1, min: 0 },
};
const flags = readCommandFlags(USAGE, NUMBERS, { texts: ["broker"] }, ({ text }) =>
  BROKERS.includes(text("broker")) ? [] : ["flag --broker: expected mosquitto, nats or nats-cluster"],
);
const { cuts: powerCuts, ...numbers } = flags.numbers;
const beganMs = performance.now();
const report = await runThroughFailures({
  ...numbers,
  powerCuts,
  broker: flags.text("broker") as OtherBroker | undefined,
  senders: SENDERS,
  settleMs: SETTLE_MS,
  onProgress: console.log,
});
const { violations, ...counts } = report;
console.log(JSON.stringify(counts));
console.log(`${((performance.now() - beganMs) / 1000).toFixed(0)} s, ${violations.length} violations`);
for (const line of violations.slice(0, 50)) console.log(line);
process.exit(violations.length > 0 ? 1 : 0);
