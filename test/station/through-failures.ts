/**
 * Sends pushes over the HTTP interface to many pagers. Meanwhile the network cuts connections, pagers lose their power at any
 * write, the station and the broker beside it are killed with SIGKILL and started again, and the station's disk is full. In the end the
 * pagers' stores, the promises to the senders and the console's history must agree.
 */
import type { PushWithDeliveries } from "../../hosts/station/shared/push.ts";
import type { MortalBroker } from "../brokers/broker.ts";
import { startMosquitto } from "../brokers/mosquitto.ts";
import { startNats } from "../brokers/nats.ts";
import { startNatsCluster } from "../brokers/nats-cluster.ts";
import { type Disk, usableDisks } from "../hosts/station/disks.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import { PoweredPager } from "./powered-pager.ts";
import { StationProcess } from "./station-process.ts";

export interface FailuresOptions {
  readonly seed: number;
  readonly pagers: number;
  readonly pushes: number;
  /** How often the station is killed, and the broker beside it as often. */
  readonly kills: number;
  /** How often the station's disk is full. */
  readonly fulls: number;
  /** The broker that the station is a client of. Without it the station has its own. */
  readonly broker?: OtherBroker | undefined;
  /** How many power cuts there are in all pagers together. */
  readonly powerCuts: number;
  /** How many pushes are sent at the same time. */
  readonly senders: number;
  /** After the last push: how long nothing may arrive until the run ends, in milliseconds. */
  readonly settleMs: number;
  readonly onProgress?: (line: string) => void;
}

export type OtherBroker = "mosquitto" | "nats" | "nats-cluster";

const START: Readonly<Record<OtherBroker, () => Promise<MortalBroker>>> = Object.freeze({
  mosquitto: () => startMosquitto({ savesByDefault: true }),
  nats: startNats,
  "nats-cluster": startNatsCluster,
});

export interface FailuresReport {
  readonly pushes: number;
  readonly receipts: number;
  readonly stationStarts: number;
  /** How often the disk has refused a write. */
  readonly fulls: number;
  readonly powerCuts: number;
  readonly losses: number;
  /** Broken promises, one line each. */
  readonly violations: readonly string[];
}

/** A connection passes about so many bytes before it is lost: a few messages and their acknowledgements. */
const BYTES_BEFORE_LOSS = 4_000;
/** The receipts of every push. Each must come once. */
const RECEIPTS = ["stored", "shown"] as const;
/** Reading the whole history takes the station some time. */
const LOOK_EVERY_MS = 3_000;
/** Room for everything that the station writes. */
const DISK_BYTES = 512 * 1_048_576;
/** How long the disk stays full after its first refusal, and how long that may take, in milliseconds. */
const FULL_MS = 1_500;
const REFUSAL_MS_MAX = 10_000;

export async function runThroughFailures(options: FailuresOptions): Promise<FailuresReport> {
  const random = seededRandom(options.seed);
  const uids = Array.from({ length: options.pagers }, (_, index) => `pager-${index + 1}`);
  const broker = options.broker && (await START[options.broker]());
  const [[, makeDisk] = []] = options.fulls > 0 ? usableDisks() : [];
  if (options.fulls > 0 && !makeDisk) throw new Error("this machine has no disk that can be made full");
  const disk = makeDisk?.(DISK_BYTES);
  const station = await StationProcess.start(uids, {
    brokerPorts: broker && portsOf(broker),
    data: disk?.data,
  });
  // Each node of a cluster has a network before it. The pagers begin at different nodes.
  const ports = broker ? portsOf(broker) : [station.mqttPort];
  const proxies = await Promise.all(ports.map((port) => LossyProxy.start(port, random, BYTES_BEFORE_LOSS)));
  const pagers = uids.map((uid, index) => {
    const nodes = proxies.map((_, at) => proxies[(index + at) % proxies.length]?.port ?? 0);
    return new PoweredPager(uid, settingsOf(station, nodes, uid, broker), random);
  });
  try {
    const { sent, fulls } = await sendAll(options, { station, broker, disk, pagers }, random);
    options.onProgress?.(`all ${sent.size} pushes are accepted; waiting for the last receipts`);
    // From now on the network works, so that everything under way can arrive.
    for (const proxy of proxies) proxy.isCalm = true;
    const history = await settled(options, station);
    return {
      pushes: history.length,
      receipts: history.reduce((sum, push) => sum + receiptsOf(push).length, 0),
      stationStarts: station.starts,
      fulls,
      powerCuts: pagers.reduce((sum, pager) => sum + pager.powerCuts, 0),
      losses: proxies.reduce((sum, proxy) => sum + proxy.losses, 0),
      violations: [...historyViolations(sent, history), ...pagerViolations(sent, pagers)],
    };
  } finally {
    await Promise.all(pagers.map((pager) => pager.stop()));
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await station.stop();
    await broker?.stop();
    disk?.end();
  }
}

function portsOf({ port, nodePorts = [port] }: MortalBroker): readonly number[] {
  return nodePorts;
}

interface World {
  readonly station: StationProcess;
  readonly broker: MortalBroker | undefined;
  readonly disk: Disk | undefined;
  readonly pagers: readonly PoweredPager[];
}

function settingsOf(
  station: StationProcess,
  [port, ...further]: readonly number[],
  uid: string,
  broker: MortalBroker | undefined,
): Record<string, unknown> {
  return {
    "broker.port": port,
    "broker.fallback": further.map((each) => `127.0.0.1:${each}`).join(),
    "broker.protocol": "3.1.1",
    // Everyone may log in to the other ones.
    ...(!broker && { "broker.userName": uid, "broker.password": station.passwordOf(uid) }),
    // Short, so that a connection that has died without a word is found.
    "broker.keepAlive": 5,
    "broker.keepAliveMin": 5,
    "telemetry.interval": 0,
    "screen.dwell": 0,
  };
}

/** Sends all pushes while things fail. Returns the receiver of each push, by id, and how often the disk was full. */
async function sendAll(
  { pushes, senders, kills, fulls, powerCuts, onProgress }: FailuresOptions,
  { station, broker, disk, pagers }: World,
  random: () => number,
): Promise<{ readonly sent: ReadonlyMap<string, string>; readonly fulls: number }> {
  const sent = new Map<string, string>();
  let next = 0;
  let fullCount = 0;
  /** What happens to the station, one after the other. */
  let failing: Promise<void> = Promise.resolve();
  let giveUp: (error: unknown) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const then = (what: string, act: () => Promise<void>) => {
    failing = failing.then(act).then(() => onProgress?.(`${sent.size} of ${pushes} accepted; ${what}`));
    failing.catch(giveUp);
  };
  const kill = async () => {
    await station.kill();
    await station.start();
    await broker?.kill();
    await broker?.restart();
  };
  const fill = async () => {
    disk?.refuse(station.pid);
    const endMs = performance.now() + REFUSAL_MS_MAX;
    while (!(await station.isRefusing()) && performance.now() < endMs) await pause(50);
    if (await station.isRefusing()) fullCount += 1;
    await pause(FULL_MS);
    disk?.relent(station.pid);
  };
  const fail = () => {
    for (const _ of range(portion(powerCuts, next, pushes)))
      pagers[integerBetween(random, 0, pagers.length - 1)]?.cutPower();
    if (portion(kills, next, pushes) > 0)
      then(broker ? "station and broker were killed" : "the station was killed", kill);
    // Early in its part: the disk refuses when the log of the database has grown.
    if (portion(fulls, next + (0.75 * pushes) / Math.max(1, fulls), pushes) > 0) then("the disk was full", fill);
  };
  const send = async () => {
    while (next < pushes) {
      const number = next;
      next += 1;
      fail();
      const uid = pagers[number % pagers.length]?.uid ?? "";
      const id = await station.push({ to: uid, text: `Number ${number}` }, `key-${number}`);
      // The sender repeats the request as if the answer was lost. Nothing may be sent twice.
      if (number % 10 === 0 && (await station.push({ to: uid, text: `Number ${number}` }, `key-${number}`)) !== id)
        throw new Error(`push ${number}: the same key has given another push`);
      sent.set(id, uid);
    }
  };
  // Without a station the senders would try for ever.
  await Promise.race([givenUp, Promise.all(Array.from({ length: senders }, send)).then(() => failing)]);
  return { sent, fulls: fullCount };
}

/** How many of `total` belong to step `at` of `steps`, if they are spread evenly. */
function portion(total: number, at: number, steps: number): number {
  return Math.floor((at * total) / steps) - Math.floor(((at - 1) * total) / steps);
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Waits until every receipt is there or none has come for a while, and returns the history. */
async function settled({ pushes, settleMs, onProgress }: FailuresOptions, station: StationProcess) {
  let endMs = performance.now() + settleMs;
  let former = 0;
  for (;;) {
    const history = await station.history();
    const receipts = history.reduce((sum, push) => sum + receiptsOf(push).length, 0);
    if (receipts > former) endMs = performance.now() + settleMs;
    former = receipts;
    if (receipts >= pushes * RECEIPTS.length || performance.now() > endMs) return history;
    onProgress?.(`${receipts} of ${pushes * RECEIPTS.length} receipts`);
    await pause(LOOK_EVERY_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function receiptsOf(push: PushWithDeliveries): readonly string[] {
  return push.deliveries.flatMap(({ receipts }) => receipts.map(({ status }) => status));
}

/** Checks that the history has every promised push, with every receipt once. */
export function historyViolations(sent: ReadonlyMap<string, string>, history: readonly PushWithDeliveries[]): string[] {
  const violations: string[] = [];
  const known = new Map(history.map((push) => [push.id, push]));
  for (const [id, uid] of sent) {
    const push = known.get(id);
    const receipts = push ? [...receiptsOf(push)].sort().join(" ") : "no such push";
    if (receipts !== RECEIPTS.toSorted().join(" "))
      violations.push(`push ${id} to ${uid}: ${receipts || "no receipt"}`);
  }
  for (const { id, to } of history) if (!sent.has(id)) violations.push(`push ${id} to ${to}: nobody has asked for it`);
  return violations;
}

/** Checks that each pager has stored the pushes to it once, and nothing else. */
export function pagerViolations(
  sent: ReadonlyMap<string, string>,
  pagers: readonly Pick<PoweredPager, "uid" | "storedIds">[],
): string[] {
  const violations: string[] = [];
  for (const pager of pagers) {
    const counts = new Map<string, number>();
    for (const id of pager.storedIds) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, uid] of sent)
      if (uid === pager.uid && counts.get(id) !== 1)
        violations.push(`${uid}: ${id} is stored ${counts.get(id) ?? 0} times`);
    for (const id of counts.keys())
      if (sent.get(id) !== pager.uid) violations.push(`${pager.uid}: ${id} is stored and was not sent to it`);
  }
  return violations;
}
