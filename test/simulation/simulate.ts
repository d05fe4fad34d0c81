/**
 * One run of one seed: a device, a bad network and a broker in virtual time. The promises that are checked:
 *
 * - Every push that the broker has taken is shown and sounded once. It may be shown again after a power cut while it was on the
 *   screen, or if the storage refused to record that it was shown.
 * - The sender gets the receipts stored and shown for each push.
 * - The device is connected within a time limit after the network is back, and the broker's retained presence says so.
 * - The broker holds the subscriptions of the present settings, and no group that was left.
 * - No push expires because the clock jumps for years and comes back, or is not set for a while.
 * - The firmware throws nothing, does nothing that the standard forbids, and keeps its limits.
 */

import { parseSettings } from "../../src/gateway/settings.ts";
import {
  ALARM_BURST_MS,
  BACKOFF_MAX_MS,
  CLOCK_DOUBT_MS,
  CONNACK_TIMEOUT_MS,
  INBOX_BYTES_MAX,
  INBOX_RECORDS_MAX,
  NAME_WINDOW_BYTES_MAX,
  OPEN_TIMEOUT_MS,
  PACKET_BYTES_MAX,
  PINGRESP_TIMEOUT_MS,
} from "../../src/limits.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { decodeReceipts, encodePush } from "../wire.ts";
import { badNetwork } from "./bad-network.ts";
import type { BrokerModel } from "./broker-model.ts";
import { Device } from "./device.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface Outcome {
  readonly seed: number;
  /** One sentence for each promise that was broken. */
  readonly violations: readonly string[];
  readonly pushes: number;
  readonly connects: number;
  readonly powerCuts: number;
  readonly virtualMs: number;
}

const UID = "pager-1";
const SENDER = "sender-1";
const BORN_SECONDS = 1_700_000_000;
const KEEP_ALIVE_SECONDS = 20;
/** A week. It is longer than a run, and shorter than most jumps of the clock. */
const EXPIRY_SECONDS = 604_800;
/** The clock jumps up to 100 years forwards or back. */
const CLOCK_JUMP_SECONDS = 6_311_520_000;
const RECONNECT_MS_MAX =
  KEEP_ALIVE_SECONDS * 1_000 + PINGRESP_TIMEOUT_MS + BACKOFF_MAX_MS + OPEN_TIMEOUT_MS + CONNACK_TIMEOUT_MS;
/** More pushes at once than the inbox holds. `FLOOD_SHARE`: the share of runs with such a flood. */
const FLOOD_PUSHES = INBOX_RECORDS_MAX + 60;
const FLOOD_SHARE = 0.02;
/** Time after the connection for the backlog, its receipts and repeats. */
const SETTLE_MS_MAX = 120_000;
/** The messages, and beside them states, names and other records. */
const STORED_BYTES_MAX = INBOX_BYTES_MAX + NAME_WINDOW_BYTES_MAX + 4_096;

/** @param onLog gets the device's own log, with the virtual time */
export function simulate(seed: number, onLog?: (line: string) => void): Outcome {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const { clock, network, broker } = badNetwork(random, { breaking: 0.7, silent: 0.5 });
  const telemetrySeconds = chance(0.5) ? 0 : 30;
  const dwellMs = integerBetween(random, 0, 800);
  const device = new Device({
    clock,
    random,
    network,
    settings: settingsOf(telemetrySeconds, dwellMs, groupsOf(random)),
    sensors: [{ name: "temperature", unit: "Cel", sample: () => 20 + random() }],
    bornSeconds: BORN_SECONDS,
    clockUnsetMsMax: chance(0.3) ? 60_000 : 0,
    onLog,
  });
  const violations: string[] = [];
  const told = watchReceipts(broker);

  // It has its own random numbers, so that all other runs stay the same.
  const isFlooded = seededRandom(~seed)() < FLOOD_SHARE;
  const usualPushes = integerBetween(random, 5, 45);
  const pushes = isFlooded ? usualPushes + FLOOD_PUSHES : usualPushes;
  const troubleMs = integerBetween(random, 60_000, 1_200_000);
  const sometime = (run: () => void) => clock.after(random() * troubleMs, run);
  // The first connection makes the session. Nobody has promised to keep earlier messages.
  if (chance(0.3)) retainOldPage(broker);
  device.boot();
  clock.runUntil(3_600_000, () => broker.hasSubscribed(UID));
  const beginMs = clock.nowMs;
  for (let number = 0; number < usualPushes; number += 1) sometime(() => push(broker, clock, number));
  if (isFlooded)
    clock.after(troubleMs / 2, () => {
      for (let number = usualPushes; number < pushes; number += 1) push(broker, clock, number);
    });
  for (let cut = integerBetween(random, 0, 15); cut > 0; cut -= 1) sometime(() => network.cut());
  for (let down = integerBetween(random, 0, 3); down > 0; down -= 1) {
    sometime(() => {
      network.setUp(false);
      clock.after(random() * 120_000, () => network.setUp(true));
    });
  }
  if (chance(0.5)) {
    for (let cut = integerBetween(random, 1, 4); cut > 0; cut -= 1) {
      sometime(() => (chance(0.7) ? device.cutPowerAtWrite(integerBetween(random, 1, 12)) : device.cutPower()));
    }
  }
  for (let change = chance(0.3) ? integerBetween(random, 1, 3) : 0; change > 0; change -= 1)
    sometime(() => {
      device.changeSettings(settingsOf(telemetrySeconds, dwellMs, groupsOf(random)));
      device.cutPower();
    });
  for (let noise = chance(0.5) ? integerBetween(random, 1, 20) : 0; noise > 0; noise -= 1)
    sometime(() => sendNoise(broker, random));
  // In a flood messages could leave the inbox unseen while the carrier presses buttons.
  const pressed = chance(0.3) && !isFlooded;
  for (let press = pressed ? integerBetween(random, 1, 30) : 0; press > 0; press -= 1)
    sometime(() => device.press((["a", "b", "c"] as const)[integerBetween(random, 0, 2)] as Button));
  for (let jump = chance(0.5) ? integerBetween(random, 1, 4) : 0; jump > 0; jump -= 1)
    sometime(() => device.jumpClock((random() - 0.5) * CLOCK_JUMP_SECONDS, random() * CLOCK_DOUBT_MS));
  if (chance(0.3)) {
    for (let spell = integerBetween(random, 1, 3); spell > 0; spell -= 1)
      sometime(() => {
        device.refuseWritesFrom(integerBetween(random, 1, 6));
        clock.after(random() * 60_000, () => device.acceptWrites());
      });
  }
  clock.runUntil(beginMs + troubleMs);
  device.calm();
  network.calm();
  clock.runUntil(beginMs + troubleMs + RECONNECT_MS_MAX, () => broker.isConnected(UID));
  if (!broker.isConnected(UID)) violations.push(`not connected ${RECONNECT_MS_MAX} ms after the network was back`);
  const settled = () => told.size === pushes && [...told.values()].every((states) => states.has("shown"));
  clock.runUntil(clock.nowMs + SETTLE_MS_MAX + pushes * dwellMs, settled);
  // Time passes without trouble. Nothing may come late or twice.
  clock.runUntil(clock.nowMs + RECONNECT_MS_MAX);

  checkPerceptions(device, pushes, pressed, violations);
  for (let number = 0; number < pushes; number += 1) {
    const states = told.get(`id-${number}`);
    for (const state of ["stored", "shown"])
      if (!states?.has(state)) violations.push(`push ${number}: the sender was not told that it was ${state}`);
    if (states?.has("expired")) violations.push(`push ${number}: expired`);
  }
  const filters = ["cmd", "im", "page"].map((kind) => `/field/${kind}/${UID}`);
  filters.push(`/field/raster/${UID}/reply`);
  const expected = [...filters, ...device.settings.groups.map((group) => `/field/im/${group}`)].sort();
  const isExpected = (filter: string) => expected.includes(filter) || !device.unrecordedFilters.has(filter);
  const held = broker.filtersOf(UID).filter(isExpected).join(" ");
  if (held !== expected.join(" ")) violations.push(`subscribed to ${held}, expected ${expected.join(" ")}`);
  const presence = broker.retained(`/field/pres/${UID}`)?.payload[0];
  // Random presses may have chosen the presence busy.
  if (presence !== 0x51 && !(pressed && presence === 0x53))
    violations.push(`retained presence is ${presence?.toString(16)}, expected 51`);
  if (device.storedBytes > STORED_BYTES_MAX) violations.push(`${device.storedBytes} bytes stored`);
  violations.push(...broker.violations, ...device.errors);
  return { seed, violations, pushes, connects: broker.connects, powerCuts: device.life - 1, virtualMs: clock.nowMs };
}

/** Some of three groups. */
function groupsOf(random: Random): string {
  return ["crew", "ops", "all"].filter(() => random() < 0.4).join(",");
}

function settingsOf(telemetrySeconds: number, dwellMs: number, groups: string) {
  const parsed = parseSettings({
    uid: UID,
    groups,
    "broker.keepAlive": KEEP_ALIVE_SECONDS,
    "telemetry.interval": telemetrySeconds,
    "screen.dwell": dwellMs,
    "presence.away": 0,
  });
  if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
  return parsed.settings;
}

function push(broker: BrokerModel, clock: VirtualClock, number: number): void {
  const timeStamp = BORN_SECONDS + Math.floor(clock.nowMs / 1_000);
  // Some messages come from a sender without a clock.
  const message = { timeStamp: number % 4 === 0 ? 0 : timeStamp, extra: { ex: EXPIRY_SECONDS } };
  const payload = encodePush(SENDER, { id: `id-${number}`, text: `mark${number} of the run`, ...message });
  broker.publish({ topic: `/field/im/${UID}`, payload, qos: 1, retain: false });
}

/** The broker has a retained page of last week when the device connects for the first time. */
function retainOldPage(broker: BrokerModel): void {
  const old = { id: "old", text: "of last week", timeStamp: BORN_SECONDS - 604_800, extra: { pr: 5 } };
  broker.publish({ topic: `/field/im/${UID}`, payload: encodePush(SENDER, old), qos: 1, retain: true });
}

/** Sends noise, an empty payload or one that is too large. None may sound. On the page topic noise would be a page. */
function sendNoise(broker: BrokerModel, random: Random): void {
  const isPage = random() < 0.5;
  const topic = `/field/${isPage ? "page" : "im"}/${UID}`;
  const size = random() < 0.2 ? PACKET_BYTES_MAX + 10 : isPage ? 0 : integerBetween(random, 0, 60);
  // This makes the length of the first content far too large.
  const payload = new Uint8Array(size)
    .fill(0xff)
    .map((byte, index) => (index % 3 ? integerBetween(random, 0, 255) : byte));
  broker.publish({ topic, payload, qos: random() < 0.5 ? 0 : 1, retain: false });
}

/** Collects the states that were told for each id. */
function watchReceipts(broker: BrokerModel): Map<string, Set<string>> {
  const told = new Map<string, Set<string>>();
  broker.onMessage = ({ topic, payload }) => {
    for (const { id, state } of topic === `/field/im/${SENDER}` ? decodeReceipts(payload) : [])
      told.set(id, (told.get(id) ?? new Set()).add(state));
  };
  return told;
}

/**
 * Each mark was on the screen and sounded once, and once more for each time that could not be recorded. Nothing else sounded. A
 * mark that came within `ALARM_BURST_MS` after another one need not sound. Presses of buttons may show a mark any number of times.
 */
function checkPerceptions(device: Device, pushes: number, pressed: boolean, violations: string[]): void {
  const shown = new Map<string, number>();
  const sounded = new Map<string, number>();
  const forgiven = new Map<string, number>();
  const count = (counts: Map<string, number>, mark: string) => counts.set(mark, (counts.get(mark) ?? 0) + 1);
  /** How often a restarted device showed a mark again. It shows its newest unread message without a sound. */
  const reopened = new Map<string, number>();
  const inBurst = new Set<string>();
  let newest = { life: 0, nowMs: 0 };
  let homeOf = 0;
  let before = { life: 1, mark: "", refusals: 0 };
  for (const perception of device.perceptions) {
    // A row of the inbox list is not a shown message.
    const isList = /^inbox /m.test(perception.text);
    const mark = isList ? "" : (/\bmark\d+\b/.exec(perception.text)?.[0] ?? "");
    if (perception.life !== before.life) {
      count(forgiven, before.mark);
      before = { life: perception.life, mark: "", refusals: 0 };
    }
    if (perception.type === "alert") {
      count(sounded, mark);
      // A mark that comes soon after a sound need not sound.
      newest = { life: perception.life, nowMs: perception.nowMs };
      if (mark === "") violations.push(`sounded with no push on the screen: ${perception.text}`);
      if (!perception.recorded) count(forgiven, mark);
    }
    if (mark !== before.mark) {
      if (perception.life > homeOf && mark !== "") {
        if (shown.has(mark)) count(reopened, mark);
        homeOf = perception.life;
      }
      // A mark in a burst may not be recorded as shown either.
      if (inBurst.has(before.mark) && perception.refusals > before.refusals) count(forgiven, before.mark);
      if (mark !== "" && (shown.get(mark) ?? 0) <= (forgiven.get(mark) ?? 0)) {
        const { life, nowMs } = perception;
        if (life === newest.life && nowMs - newest.nowMs < ALARM_BURST_MS) inBurst.add(mark);
        newest = { life, nowMs };
      }
      count(shown, mark);
      before = { life: perception.life, mark, refusals: perception.refusals };
    }
  }
  for (let number = 0; number < pushes; number += 1) {
    const mark = `mark${number}`;
    const extra = forgiven.get(mark) ?? 0;
    const times = { shown: shown.get(mark) ?? 0, sounded: sounded.get(mark) ?? 0 };
    if (times.shown < 1 || (times.shown > 1 + extra + (reopened.get(mark) ?? 0) && !pressed))
      violations.push(`push ${number}: on the screen ${times.shown} times`);
    if (times.sounded < (inBurst.has(mark) ? 0 : 1) - extra || times.sounded > 1 + extra)
      violations.push(`push ${number}: sounded ${times.sounded} times`);
  }
}
