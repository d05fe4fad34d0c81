/**
 * `npm run bench:station -- --minutes 10`: time and memory of a station with many connected pagers. The station is a process of its
 * own. The pagers are the firmware on Node, in this process. Pushes are sent over HTTP, to one pager after the other. A push is
 * done when the event stream, as a console has it, reports it as stored. With `--kills` the station is killed first, and the time until all
 * pagers are back is measured.
 */

import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { type Pager, startPager } from "../../hosts/node/pager.ts";
import { readEvents } from "../../hosts/station/shared/event-stream.ts";
import type { Delivery, Progress } from "../../hosts/station/shared/push.ts";
import { readCommandFlags } from "../command-flags.ts";
import { StationProcess } from "../station/station-process.ts";

const USAGE = `Usage: npm run bench:station -- [flags]
  --minutes N  how long pushes are sent (10)
  --pagers N   connected pagers (2000)
  --rate N     pushes a minute (2000)
  --kills N    times that the station is killed before that (0)
  --p99 N      longest time from push to receipt that 99 of 100 may take, in milliseconds (1000)`;
/** Pagers that begin to connect at the same time. */
const CONNECTING = 50;
const CONNECT_TIMEOUT_MS = 300_000;
/** How long to wait for the last receipts after the last push. */
const SETTLE_MS = 30_000;
const MEGABYTE = 1_048_576;
/** How much the highest memory of the last third may be above that of the first third, as a share. */
const GROWTH_MAX = 0.1;

const FLAGS = Object.freeze({
  minutes: { default: 10, min: 0.1, isFractional: true },
  pagers: { default: 2_000, min: 1 },
  rate: { default: 2_000, min: 1 },
  kills: { default: 0, min: 0 },
  p99: { default: 1_000, min: 1 },
});
type Load = Readonly<Record<keyof typeof FLAGS, number>>;

/** What has been measured so far. */
interface Measurements {
  /** When each push was sent, by its id. */
  readonly waiting: Map<string, number>;
  /** Receipts that came before the answer to their push. */
  readonly early: Map<string, number>;
  readonly latenciesMs: number[];
  readonly residentMegabytes: number[];
  failures: number;
  /** How often the station has closed the event stream: its reader was too slow. */
  streamEnds: number;
}

async function main(load: Load): Promise<boolean> {
  const uids = Array.from({ length: load.pagers }, (_, index) => `pager-${index + 1}`);
  const station = await StationProcess.start(uids);
  const pagers: Pager[] = [];
  const ending = new AbortController();
  try {
    const beganMs = performance.now();
    const emptyBytes = station.residentBytes ?? 0;
    const connections = await connectAll(station, uids, pagers);
    const kilobytes = ((station.residentBytes ?? 0) - emptyBytes) / uids.length / 1024;
    console.log(
      `${pagers.length} pagers connected after ${seconds(performance.now() - beganMs)}, ${kilobytes.toFixed(1)} KB of the station each`,
    );
    for (let kill = 1; kill <= load.kills; kill += 1) await killOnce(station, connections, uids.length);
    const record: Measurements = {
      waiting: new Map(),
      early: new Map(),
      latenciesMs: [],
      residentMegabytes: [],
      failures: 0,
      streamEnds: 0,
    };
    void follow(station, record, ending.signal);
    await sendAll(station, load, uids, record);
    const endMs = performance.now() + SETTLE_MS;
    while (record.waiting.size > 0 && performance.now() < endMs) await pause(100);
    return report(load, record);
  } finally {
    ending.abort();
    await Promise.all(pagers.map((pager) => pager.stop()));
    await station.stop();
  }
}

/** Kills the station, starts it again, and waits until every pager is back. */
async function killOnce(station: StationProcess, connected: Set<string>, count: number): Promise<void> {
  await station.kill();
  connected.clear();
  const beganMs = performance.now();
  await station.start();
  const startedMs = performance.now();
  await allConnected(connected, count);
  const [starting, coming] = [startedMs - beganMs, performance.now() - startedMs];
  console.log(
    `killed: the station has started after ${seconds(starting)}, and all pagers are back ${seconds(coming)} later`,
  );
}

/** Connects the pagers, a few at a time, and waits until all of them are. Returns those that are connected; one that connects again is added again. */
async function connectAll(station: StationProcess, uids: readonly string[], pagers: Pager[]): Promise<Set<string>> {
  const connected = new Set<string>();
  for (const [index, uid] of uids.entries()) {
    pagers.push(
      startPager({
        settings: {
          uid,
          "broker.port": station.mqttPort,
          "broker.protocol": "3.1.1",
          "broker.userName": uid,
          "broker.password": station.passwordOf(uid),
        },
        store: new MemoryStore(),
        sensors: [],
        // The pagers have no screen, because the time for drawing would disturb the measurement.
        size: { width: 0, height: 0 },
        onLog: (line) => line.startsWith("connected") && connected.add(uid),
      }),
    );
    if ((index + 1) % CONNECTING > 0) continue;
    while (index + 1 - connected.size >= CONNECTING) await pause(20);
  }
  await allConnected(connected, uids.length);
  return connected;
}

async function allConnected(connected: ReadonlySet<string>, count: number): Promise<void> {
  const endMs = performance.now() + CONNECT_TIMEOUT_MS;
  while (connected.size < count) {
    if (performance.now() > endMs) throw new Error(`${connected.size} of ${count} pagers connected`);
    await pause(200);
  }
}

/** Records when the event stream reports each push as stored. A stream that ends is opened again, and counts as a fault. */
async function follow(station: StationProcess, record: Measurements, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await followOnce(station, record, signal);
    if (!signal.aborted) record.streamEnds += 1;
  }
}

async function followOnce(station: StationProcess, record: Measurements, signal: AbortSignal): Promise<void> {
  const response = await station.ask("/api/events", { signal });
  try {
    for await (const { event, data } of readEvents(response.body as unknown as AsyncIterable<Uint8Array>)) {
      if (event !== "delivery") continue;
      const nowMs = performance.now();
      const { id, delivery } = JSON.parse(data) as { id: string; delivery: Delivery; progress: Progress };
      if (delivery.receipts.at(-1)?.status !== "stored") continue;
      const askedMs = record.waiting.get(id);
      if (askedMs === undefined) record.early.set(id, nowMs);
      else {
        record.waiting.delete(id);
        record.latenciesMs.push(nowMs - askedMs);
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Sends at an even rate, however long the answers take, and prints a line a minute. */
async function sendAll(
  station: StationProcess,
  load: Load,
  uids: readonly string[],
  record: Measurements,
): Promise<void> {
  const total = Math.round(load.minutes * load.rate);
  const beganMs = performance.now();
  const asking = new Set<Promise<void>>();
  let reportedMinute = 0;
  for (let number = 0; number < total; number += 1) {
    const dueMs = beganMs + (number / load.rate) * 60_000;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await pause(waitMs);
    const uid = uids[number % uids.length] ?? "";
    const push = send(station, uid, number, record).finally(() => asking.delete(push));
    asking.add(push);
    const minute = Math.floor((performance.now() - beganMs) / 60_000);
    if (minute > reportedMinute) {
      reportedMinute = minute;
      printLine(station, minute, record);
    }
  }
  await Promise.all(asking);
  printLine(station, load.minutes, record);
}

async function send(station: StationProcess, uid: string, number: number, record: Measurements): Promise<void> {
  const askedMs = performance.now();
  try {
    const id = await station.push({ to: uid, text: `Number ${number}: pump 3 over temperature` }, `key-${number}`);
    const storedMs = record.early.get(id);
    if (storedMs === undefined) record.waiting.set(id, askedMs);
    else {
      record.early.delete(id);
      record.latenciesMs.push(storedMs - askedMs);
    }
  } catch (error) {
    record.failures += 1;
    console.error(error instanceof Error ? error.message : error);
  }
}

function printLine(station: StationProcess, minute: number, record: Measurements): void {
  const { latenciesMs, residentMegabytes, waiting } = record;
  const megabytes = Math.round((station.residentBytes ?? 0) / MEGABYTE);
  residentMegabytes.push(megabytes);
  const [p50, p99] = [0.5, 0.99].map((share) => milliseconds(quantile(latenciesMs, share)));
  console.log(
    `minute ${minute}: ${latenciesMs.length} stored, ${waiting.size} under way, p50 ${p50}, p99 ${p99}, ${megabytes} MB`,
  );
}

/** Prints the figures. Returns false if something was lost or memory grew. */
function report({ pagers, rate, minutes, p99: p99Max }: Load, record: Measurements): boolean {
  const { latenciesMs, residentMegabytes, waiting, failures, streamEnds } = record;
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => milliseconds(quantile(latenciesMs, share)));
  const third = Math.max(1, Math.floor(residentMegabytes.length / 3));
  const first = Math.max(...residentMegabytes.slice(0, third));
  const last = Math.max(...residentMegabytes.slice(-third));
  const isFlat = last <= first * (1 + GROWTH_MAX);
  console.log(
    `${pagers} pagers, ${rate} pushes a minute for ${minutes} min: ${latenciesMs.length} stored, ${waiting.size} not`,
  );
  console.log(`push to receipt "stored": p50 ${p50}, p99 ${p99}, longest ${max}; at most ${p99Max} ms wanted of p99`);
  console.log(`the event stream was closed ${streamEnds} times`);
  console.log(
    `memory of the station: at most ${first} MB in the first third, ${last} MB in the last: ${isFlat ? "flat" : "grows"}`,
  );
  const isInTime = quantile(latenciesMs, 0.99) <= p99Max;
  return waiting.size === 0 && failures === 0 && streamEnds === 0 && isFlat && isInTime;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

process.exit((await main(readCommandFlags(USAGE, FLAGS).numbers)) ? 0 : 1);
