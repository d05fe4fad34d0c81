/**
 * Many pagers and one sender at one broker. Each pager has its own bad network and power cuts. The promises:
 *
 * - Every message is stored exactly once. Its record is written once in all lives of its pager.
 * - Every receipt arrives once, in order: stored, shown, read, answered. QoS 1 may deliver it twice. The sender recognises it by
 *   pager, id and state, and counts it once. It may come again only with DUP, or in another life of a pager whose power failed
 *   before it could record the PUBACK.
 * - There is no receipt for a message that this pager has not stored.
 * - In the end each message was shown, or the sender was told that it was dropped.
 */
import { parseSettings } from "../../src/gateway/settings.ts";
import { decodeRecord } from "../../src/pager/inbox-message.ts";
import type { Button } from "../../src/pager/screen/buttons.ts";
import type { Random } from "../../src/seams.ts";
import { STAGES } from "../../src/stages.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { decodeReceipts, encodePush } from "../wire.ts";
import { BrokerModel } from "./broker-model.ts";
import { Device } from "./device.ts";
import { Network } from "./network.ts";
import { VirtualClock } from "./virtual-clock.ts";

export interface FleetOutcome {
  readonly violations: readonly string[];
  readonly stored: number;
  /** Receipts as the sender counts them. */
  readonly receipts: number;
  /** Receipts that came again. */
  readonly repeated: number;
  readonly powerCuts: number;
  readonly connects: number;
  readonly virtualMs: number;
}

const SENDER = "sender-1";
const BORN_SECONDS = 1_700_000_000;
/** Longest pause between two messages to one pager, in milliseconds. */
const PAUSE_MS_MAX = 30_000;
const TROUBLE_MS_MAX = 120_000;
const TOUCH_MS = 30_000;
const SETTLE_MS_MAX = 14_400_000;
const VIOLATIONS_MAX = 20;

/** What the sender knows of one message to one pager. */
interface Sent {
  readonly states: string[];
  storedTimes: number;
}

class Member {
  readonly uid: string;
  readonly sent = new Map<string, Sent>();
  readonly network: Network;
  readonly device: Device;
  /** The life of the pager in which each receipt came first. */
  readonly lives = new Map<string, number>();

  constructor(uid: string, clock: VirtualClock, random: Random, broker: BrokerModel) {
    this.uid = uid;
    this.network = new Network(clock, random, {
      latencyMsMax: integerBetween(random, 2, 400),
      breaking: random() * 0.6,
      silent: random() * 0.4,
    });
    this.network.onConnection = (peer) => broker.handleConnection(peer);
    const parsed = parseSettings({
      uid,
      "broker.keepAlive": 20,
      "telemetry.interval": 0,
      "presence.away": 0,
      "screen.dwell": integerBetween(random, 0, 500),
    });
    if ("errors" in parsed) throw new Error(parsed.errors.join("\n"));
    this.device = new Device({
      clock,
      random,
      network: this.network,
      settings: parsed.settings,
      sensors: [],
      bornSeconds: BORN_SECONDS,
      onDurable: (key, bytes) => this.#look(key, bytes),
    });
  }

  get isSettled(): boolean {
    for (const { states } of this.sent.values())
      if (!states.includes("shown") && !states.includes("dropped")) return false;
    return true;
  }

  /** A record has been written. */
  #look(key: string, bytes: Uint8Array): void {
    const decoded = key.startsWith("m-") ? decodeRecord(bytes) : undefined;
    const id = decoded && "message" in decoded ? decoded.message.id : undefined;
    const sent = id === undefined ? undefined : this.sent.get(id);
    if (sent) sent.storedTimes += 1;
  }
}

/** @param messages in all, divided evenly among the pagers */
export function simulateFleet(seed: number, pagers: number, messages: number): FleetOutcome {
  const random = seededRandom(seed);
  const clock = new VirtualClock();
  const broker = new BrokerModel(clock, random, { levels: [4, 5] });
  const members = new Map<string, Member>();
  const violations: string[] = [];
  let repeated = 0;
  broker.onArrival = ({ clientIdentifier, topic, payload, dup }) => {
    if (topic !== `/field/im/${SENDER}`) return;
    const member = members.get(clientIdentifier) as Member;
    for (const { id, state, from } of decodeReceipts(payload)) {
      const name = `${from}: ${id} ${state}`;
      const sent = member.sent.get(id);
      if (from !== clientIdentifier || !sent || sent.storedTimes === 0) {
        violations.push(`${name}: not in the history of ${clientIdentifier}`);
        continue;
      }
      if (sent.states.includes(state)) {
        repeated += 1;
        if (!dup && member.lives.get(name) === member.device.life)
          violations.push(`${name}: told again in the same life, without DUP`);
        continue;
      }
      const last = sent.states.at(-1);
      if (last !== undefined && STAGES.indexOf(state as "stored") < STAGES.indexOf(last as "stored"))
        violations.push(`${name}: after ${last}`);
      sent.states.push(state);
      member.lives.set(name, member.device.life);
    }
  };
  for (let index = 1; index <= pagers; index += 1) {
    const member = new Member(`pager-${index}`, clock, random, broker);
    members.set(member.uid, member);
    member.device.boot();
  }
  const all = [...members.values()];
  clock.runUntil(3_600_000, () => all.every(({ uid }) => broker.hasSubscribed(uid)));
  all.forEach((member, index) => {
    const count = Math.floor(messages / pagers) + (index < messages % pagers ? 1 : 0);
    pushAll(member, count, broker, clock, random);
    trouble(member, clock, random);
  });
  clock.runUntil(clock.nowMs + SETTLE_MS_MAX, () =>
    all.every(({ sent, isSettled }) => sent.size > 0 && isSettled && totalOf(all) === messages),
  );
  // Time passes without trouble. Nothing may come late or twice.
  for (const { network, device } of all) {
    network.calm();
    device.calm();
  }
  clock.runUntil(clock.nowMs + TROUBLE_MS_MAX);

  let stored = 0;
  let receipts = 0;
  for (const { uid, sent, device } of all) {
    for (const [id, { states, storedTimes }] of sent) {
      stored += storedTimes;
      receipts += states.length;
      if (storedTimes !== 1) violations.push(`${uid}: ${id} stored ${storedTimes} times`);
      if (states[0] !== "stored") violations.push(`${uid}: ${id} told ${states.join(", ")}`);
      else if (!states.includes("shown") && !states.includes("dropped")) violations.push(`${uid}: ${id} never shown`);
    }
    violations.push(...device.errors);
  }
  if (totalOf(all) !== messages) violations.push(`${totalOf(all)} messages sent, expected ${messages}`);
  violations.push(...broker.violations);
  const powerCuts = all.reduce((sum, { device }) => sum + device.life - 1, 0);
  const counts = { stored, receipts, repeated, powerCuts, connects: broker.connects, virtualMs: clock.nowMs };
  return { violations: violations.slice(0, VIOLATIONS_MAX), ...counts };
}

function totalOf(members: readonly Member[]): number {
  return members.reduce((sum, { sent }) => sum + sent.size, 0);
}

/** Sends one message after the other, some important, some with choices. */
function pushAll(member: Member, count: number, broker: BrokerModel, clock: VirtualClock, random: Random): void {
  const push = (number: number) => {
    const id = `id-${number}`;
    const pr = integerBetween(random, 1, 5);
    const extra = random() < 0.2 ? { pr, re: ["yes", "no", "later"] } : { pr };
    const timeStamp = BORN_SECONDS + Math.floor(clock.nowMs / 1_000);
    member.sent.set(id, { states: [], storedTimes: 0 });
    const payload = encodePush(SENDER, { id, text: `mark${number} of the run`, timeStamp, extra });
    broker.publish({ topic: `/field/im/${member.uid}`, payload, qos: 1, retain: false });
    if (number < count) clock.after(random() * PAUSE_MS_MAX, () => push(number + 1));
  };
  clock.after(random() * PAUSE_MS_MAX, () => push(1));
}

/** Cuts the network, lets the power fail, also during a write, and presses buttons, again and again. */
function trouble({ network, device }: Member, clock: VirtualClock, random: Random): void {
  const again = (run: () => void, msMax: number) => {
    clock.after(random() * msMax, () => {
      run();
      again(run, msMax);
    });
  };
  again(() => network.cut(), TROUBLE_MS_MAX);
  again(() => {
    network.setUp(false);
    clock.after(random() * TROUBLE_MS_MAX, () => network.setUp(true));
  }, 20 * TROUBLE_MS_MAX);
  again(
    () => (random() < 0.7 ? device.cutPowerAtWrite(integerBetween(random, 1, 12)) : device.cutPower()),
    5 * TROUBLE_MS_MAX,
  );
  // The first press acknowledges an urgent message or begins a reply. The second one chooses. The pauses let new messages be shown.
  again(() => {
    device.press("b");
    if (random() < 0.7) device.press((["a", "b", "c"] as const)[integerBetween(random, 0, 2)] as Button);
  }, 2 * TOUCH_MS);
}
