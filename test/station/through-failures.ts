/**
 * Sends pushes over the HTTP interface to many pagers. Meanwhile the network cuts connections, pagers lose their power at any
 * write, and the station is killed with SIGKILL and started again. In the end the pagers' stores, the promises to the senders and
 * the console's history must agree.
 */
import type { PushWithDeliveries } from "../../hosts/station/shared/push.ts";
import type { MortalBroker } from "../brokers/broker.ts";
import { startMosquitto } from "../brokers/mosquitto.ts";
import { startNats } from "../brokers/nats.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { LossyProxy } from "./lossy-proxy.ts";
import { PoweredPager } from "./powered-pager.ts";
import { StationProcess } from "./station-process.ts";

export interface FailuresOptions {
  readonly seed: number;
  readonly pagers: number;
  readonly pushes: number;
  /** How often the station is killed; NATS as often. mosquitto is not: it loses what it has acknowledged. */
  readonly kills: number;
  /** The broker that the station is a client of. Without it the station has its own. */
  readonly broker?: OtherBroker | undefined;
  /** How many power cuts there are in all pagers together. */
  readonly powerCuts: number;
  /** How many pushes are sent at the same time. */
  readonly senders: number;
  /** How long everything may take to arrive after the last push, in milliseconds. */
  readonly settleMs: number;
  readonly onProgress?: (line: string) => void;
}

export type OtherBroker = "mosquitto" | "nats";

const START: Readonly<Record<OtherBroker, () => Promise<MortalBroker>>> = Object.freeze({
  mosquitto: startMosquitto,
  nats: startNats,
});

export interface FailuresReport {
  readonly pushes: number;
  readonly receipts: number;
  readonly stationStarts: number;
  readonly powerCuts: number;
  readonly losses: number;
  /** Broken promises, one line each. */
  readonly violations: readonly string[];
}

/** A connection passes about so many bytes before it is lost: a few messages and their acknowledgements. */
const BYTES_BEFORE_LOSS = 4_000;
/** The receipts of every push. Each must come once. */
const RECEIPTS = ["stored", "shown"] as const;
const LOOK_EVERY_MS = 1_000;

export async function runThroughFailures(options: FailuresOptions): Promise<FailuresReport> {
  const random = seededRandom(options.seed);
  const uids = Array.from({ length: options.pagers }, (_, index) => `pager-${index + 1}`);
  const broker = options.broker && (await START[options.broker]());
  const station = await StationProcess.start(uids, broker && `mqtt://127.0.0.1:${broker.port}`);
  const proxy = await LossyProxy.start(broker?.port ?? station.mqttPort, random, BYTES_BEFORE_LOSS);
  const pagers = uids.map((uid) => new PoweredPager(uid, settingsOf(station, proxy, uid, broker), random));
  try {
    const mortal = options.broker === "nats" ? broker : undefined;
    const sent = await sendAll(options, station, mortal, pagers, random);
    options.onProgress?.(`all ${sent.size} pushes are accepted; waiting for the last receipts`);
    // From now on the network works, so that everything under way can arrive.
    proxy.isCalm = true;
    const history = await settled(options, station);
    return {
      pushes: history.length,
      receipts: history.reduce((sum, push) => sum + receiptsOf(push).length, 0),
      stationStarts: station.starts,
      powerCuts: pagers.reduce((sum, pager) => sum + pager.powerCuts, 0),
      losses: proxy.losses,
      violations: [...historyViolations(sent, history), ...pagerViolations(sent, pagers)],
    };
  } finally {
    await Promise.all(pagers.map((pager) => pager.stop()));
    await proxy.stop();
    await station.stop();
    await broker?.stop();
  }
}

function settingsOf(
  station: StationProcess,
  proxy: LossyProxy,
  uid: string,
  broker: MortalBroker | undefined,
): Record<string, unknown> {
  return {
    "broker.port": proxy.port,
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

/** Sends all pushes while things fail. Returns the receiver of each push, by id. */
async function sendAll(
  { pushes, senders, kills, powerCuts, onProgress }: FailuresOptions,
  station: StationProcess,
  broker: MortalBroker | undefined,
  pagers: readonly PoweredPager[],
  random: () => number,
): Promise<ReadonlyMap<string, string>> {
  const sent = new Map<string, string>();
  let next = 0;
  let killing: Promise<void> | undefined;
  const fail = () => {
    for (const _ of range(portion(powerCuts, next, pushes)))
      pagers[integerBetween(random, 0, pagers.length - 1)]?.cutPower();
    if (portion(kills, next, pushes) === 0 || killing) return;
    killing = station
      .kill()
      .then(() => station.start())
      .then(() => broker?.kill())
      .then(() => broker?.restart())
      .then(() => {
        killing = undefined;
        onProgress?.(
          `${sent.size} of ${pushes} accepted; the station ${broker ? "and the broker were" : "was"} killed, and ${broker ? "are" : "is"} back (${station.starts} starts)`,
        );
      });
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
  await Promise.all(Array.from({ length: senders }, send));
  await killing;
  return sent;
}

/** How many of `total` belong to step `at` of `steps`, if they are spread evenly. */
function portion(total: number, at: number, steps: number): number {
  return Math.floor((at * total) / steps) - Math.floor(((at - 1) * total) / steps);
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Waits until every receipt is there or the time is over, and returns the history. */
async function settled({ pushes, settleMs, onProgress }: FailuresOptions, station: StationProcess) {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const history = await station.history();
    const receipts = history.reduce((sum, push) => sum + receiptsOf(push).length, 0);
    if (receipts >= pushes * RECEIPTS.length || performance.now() > endMs) return history;
    onProgress?.(`${receipts} of ${pushes * RECEIPTS.length} receipts`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
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
