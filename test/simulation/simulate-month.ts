/**
 * One seed, one device, many days on a bad network in virtual time: a node that sleeps, or a pager that is always on. What is
 * checked:
 *
 * - Each page that the broker has taken is stored and shown, and its sender is told.
 * - Each reading arrives with the time at which it was taken, unless the power failed before the device went to sleep or had sent it.
 * - Flash is written within a bound.
 * - The firmware throws nothing and does nothing that the standard forbids.
 */
import { decodeTelemetry } from "../../hosts/station/decode/telemetry.ts";
import { parseSettings } from "../../src/gateway/settings.ts";
import type { Sensor } from "../../src/seams.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { decodeReceipts, encodePush } from "../wire.ts";
import { BrokerModel } from "./broker-model.ts";
import { Device } from "./device.ts";
import { Network } from "./network.ts";
import { VirtualClock } from "./virtual-clock.ts";

export type MonthKind = "node" | "pager";

export interface MonthOutcome {
  readonly violations: readonly string[];
  readonly pages: number;
  readonly readings: number;
  /** Readings that came again. */
  readonly repeated: number;
  /** Readings that were in memory when the power failed. Nothing was promised of them. */
  readonly inMemory: number;
  readonly wakes: number;
  readonly connects: number;
  readonly powerCuts: number;
  readonly awakeSecondsADay: number;
  /** Writes and removals of records, a day. */
  readonly writesADay: number;
}

const UID = "bay-7";
const SENDER = "sender-1";
const BORN_SECONDS = 1_700_000_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** From one wake to the next, and how long a person has to read after a touch. */
const SLEEP = Object.freeze({ intervalMs: 900_000, awakeMs: 30_000 });

/** Of the pager, between two samples. */
const SAMPLE_SECONDS = 600;

const PAGES_A_DAY = 6;
const CUTS_A_DAY = 8;
const OUTAGES_A_DAY = 1.5;
const OUTAGE_MS_MAX = 6 * HOUR_MS;
const POWER_CUTS_A_WEEK = 3;
const TOUCHES_A_DAY = 3;

/** How far a reading's time may be from the truth, in seconds. */
const TIME_SECONDS_MAX = 2;

/** Most writes to flash: for each page, for each sleep, and for what is learned of network and broker in a day. */
const WRITES_A_PAGE = 5;
const WRITES_A_SLEEP = 1;
const WRITES_A_DAY = 20;

interface Taken {
  readonly seconds: number;
  readonly life: number;
  isPromised: boolean;
  arrivals: number;
}

/** @param onLog gets the device's own log, with the virtual time */
export function simulateMonth(
  kind: MonthKind,
  seed: number,
  days: number,
  onLog?: (line: string) => void,
): MonthOutcome {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const network = new Network(clock, random, { latencyMsMax: 400, breaking: 0.3, silent: 0.3, natIdleMs: 240_000 });
  const broker = new BrokerModel(clock, random, { levels: [4, 5] });
  network.onConnection = (peer) => broker.handleConnection(peer);
  const violations: string[] = [];
  /** Each reading has another value, so the value names it. */
  const taken: Taken[] = [];
  const seconds = () => BORN_SECONDS + clock.nowMs / 1000;
  const sensor: Sensor = {
    name: "temperature",
    unit: "Cel",
    sample: () => taken.push({ seconds: seconds(), life: device.life, isPromised: false, arrivals: 0 }) - 1,
  };
  let writes = 0;
  let sleeps = 0;
  let powerCuts = 0;
  const device: Device = new Device({
    clock,
    random,
    network,
    settings: settingsOf(kind),
    sensors: [sensor],
    bornSeconds: BORN_SECONDS,
    clockUnsetMsMax: 20_000,
    sleep: kind === "node" ? SLEEP : undefined,
    onEnd: (end) => {
      if (end === "sleep") {
        sleeps += 1;
        for (let at = taken.length - 1; taken[at]?.life === device.life; at -= 1)
          (taken[at] as Taken).isPromised = true;
      } else powerCuts += 1;
    },
    onWrite: () => {
      writes += 1;
    },
    onLog,
  });

  const told = new Map<string, Set<string>>();
  broker.onMessage = ({ topic, payload }) => {
    if (topic === `/field/im/${SENDER}`)
      for (const { id, state } of decodeReceipts(payload)) told.set(id, (told.get(id) ?? new Set()).add(state));
    if (topic !== `/field/tele/${UID}`) return;
    for (const reading of decodeTelemetry(payload).readings) {
      if (reading.name !== `${UID}/${sensor.name}`) continue;
      const found = taken[Number(reading.value)];
      if (!found) violations.push(`a reading that was never taken: ${String(reading.value)}`);
      else {
        found.arrivals += 1;
        const atSeconds = reading.timeSeconds + (reading.isRelative ? seconds() : 0);
        if (Math.abs(atSeconds - found.seconds) > TIME_SECONDS_MAX)
          violations.push(`reading ${reading.value}: dated ${atSeconds - found.seconds} s after it was taken`);
      }
    }
  };

  device.boot();
  clock.runUntil(HOUR_MS, () => broker.hasSubscribed(UID));
  const endMs = clock.nowMs + days * DAY_MS;
  const sometimes = (times: number, run: () => void) => {
    for (let count = Math.round(times); count > 0; count -= 1) clock.after(random() * days * DAY_MS, run);
  };
  let pages = 0;
  sometimes(PAGES_A_DAY * days, () => {
    const push = { id: `id-${pages}`, text: `mark${pages} of the run`, timeStamp: Math.floor(seconds()) };
    pages += 1;
    broker.publish({ topic: `/field/im/${UID}`, payload: encodePush(SENDER, push), qos: 1, retain: false });
  });
  sometimes(CUTS_A_DAY * days, () => network.cut());
  sometimes(OUTAGES_A_DAY * days, () => {
    network.setUp(false);
    clock.after(random() * OUTAGE_MS_MAX, () => network.setUp(true));
  });
  sometimes((POWER_CUTS_A_WEEK * days) / 7, () => {
    if (random() < 0.5) device.cutPower();
    else device.cutPowerAtWrite(integerBetween(random, 1, 12));
  });
  if (kind === "node") sometimes(TOUCHES_A_DAY * days, () => device.wake());
  clock.runUntil(endMs);
  const awakeMs = device.awakeMs;
  device.calm();
  network.calm();
  // Time for the backlog, and to show what came last.
  clock.runUntil(endMs + 4 * HOUR_MS);

  for (let number = 0; number < pages; number += 1)
    for (const state of ["stored", "shown"])
      if (!told.get(`id-${number}`)?.has(state)) violations.push(`page ${number}: its sender was not told ${state}`);
  const shown = new Set(device.perceptions.flatMap(({ text }) => /\bmark\d+\b/.exec(text) ?? []));
  if (shown.size !== pages) violations.push(`${shown.size} of ${pages} pages were on the screen`);
  const isOld = ({ seconds: atSeconds }: Taken) => atSeconds < BORN_SECONDS + endMs / 1000;
  const old = taken.filter(isOld);
  // Without sleep nothing outlasts a power cut but what has arrived.
  const lives = new Set(kind === "pager" ? [device.life] : []);
  const owed = old.filter(({ life, isPromised }) => isPromised || lives.has(life));
  const lost = owed.filter(({ arrivals }) => arrivals === 0);
  if (lost.length > 0) violations.push(`${lost.length} readings lost, the first ${JSON.stringify(lost[0])}`);
  const allowed = WRITES_A_PAGE * pages + WRITES_A_SLEEP * sleeps + WRITES_A_DAY * days;
  if (writes > allowed) violations.push(`${writes} writes to flash, expected at most ${allowed}`);
  violations.push(...broker.violations, ...device.errors);
  return {
    violations,
    pages,
    readings: owed.length,
    repeated: old.filter(({ arrivals }) => arrivals > 1).length,
    inMemory: old.filter(({ arrivals }) => arrivals === 0).length - lost.length,
    wakes: sleeps,
    connects: broker.connects,
    powerCuts,
    awakeSecondsADay: awakeMs / 1000 / days,
    writesADay: writes / days,
  };
}

function settingsOf(kind: MonthKind) {
  const parsed = parseSettings({
    uid: UID,
    "telemetry.qos": 1,
    "telemetry.interval": kind === "node" ? 60 : SAMPLE_SECONDS,
    "telemetry.maxAge": 86_400,
  });
  if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
  return parsed.settings;
}
