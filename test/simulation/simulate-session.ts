/**
 * One run of one seed: a device with the MQTT engine alone, a bad network with a NAT, and a broker of either version that refuses,
 * says goodbye, and restarts with and without its sessions. The promises that are checked:
 *
 * - No accepted message of QoS 1 or 2 is lost in either direction. The device's own durable messages also survive reboots. Messages
 *   that the broker forgot with its session do not count.
 * - No message of QoS 2 is taken twice, except in the two cases that `session-device.ts` names.
 * - Messages of a topic come in order. DUP is set only on messages that may have come before. Nothing is sent again on a live
 *   connection. No identifier is 0, in use, or changes. Answers leave in the order of the messages.
 * - The engine gives up what the broker closes on, and everything else gets through. It gives up other messages only if they are
 *   large and the link ends at each attempt to send them.
 * - In the end the broker holds the subscriptions of the settings. It holds no others, except those that the storage of a former
 *   life did not keep.
 * - A change of the network is noticed within the time of a PINGRESP. A large message comes through a slow link.
 * - No limit is exceeded, the store is empty in the end, nothing waits without a timer, and nothing is thrown.
 * - The device is connected within a time limit after the network is back, and everything settles after that.
 */
import {
  BACKOFF_BASE_MS,
  BACKOFF_MAX_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PACKET_BYTES_MAX,
  PINGRESP_TIMEOUT_MS,
  TAKE_TIMEOUT_MS,
} from "../../src/limits.ts";
import type { QoS } from "../../src/mqtt/packet.ts";
import type { Random } from "../../src/seams.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { BrokerModel } from "./broker-model.ts";
import { Network } from "./network.ts";
import { SessionDevice, type SessionDeviceOptions, type Wish } from "./session-device.ts";
import type { Outcome } from "./simulate.ts";
import { VirtualClock } from "./virtual-clock.ts";

const CLIENT = "device-1";
const INBOUND = ["in/a", "in/b", "in/c"];
const OUTBOUND = ["out/a", "out/b", "out/c", "out/d", "out/e"];
/** The topic and the filter on which the broker closes in some runs. */
const CLOSED_TOPIC = "out/closed";
const CLOSED_FILTER = "in/closed";
const KEEP_ALIVE_SECONDS = 20;
/** The time for PINGRESP, a short wait, and CONNECT. */
const OTHER_NETWORK_MS_MAX = PINGRESP_TIMEOUT_MS + BACKOFF_BASE_MS + 2_000;
const RECONNECT_MS_MAX =
  KEEP_ALIVE_SECONDS * 1_000 + PINGRESP_TIMEOUT_MS + BACKOFF_MAX_MS + OPEN_TIMEOUT_MS + CONNACK_TIMEOUT_MS;
const SETTLE_MS_MAX = 1_500_000;

/** @param onLog gets the engine's events, with the virtual time */
export function simulateSession(seed: number, onLog?: (line: string) => void): Outcome {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const integer = (min: number, max: number) => integerBetween(random, min, max);
  const clock = new VirtualClock();
  const isSlow = chance(0.1);
  const network = new Network(clock, random, {
    latencyMsMax: integer(2, 400),
    breaking: chance(0.3) ? 0 : random() * 0.7,
    silent: chance(0.3) ? 0 : random() * 0.5,
    ...(chance(0.3) ? { natIdleMs: integer(3_000, 30_000) } : {}),
    ...(isSlow ? { bytesPerSecond: integer(20_000, 60_000) } : {}),
  });
  const levels = [[4], [5], [4, 5]][integer(0, 2)] as number[];
  const closed = new Set([...(chance(0.15) ? [CLOSED_TOPIC] : []), ...(chance(0.1) ? [CLOSED_FILTER] : [])]);
  const closesOn = (topic: string) => closed.has(topic);
  const limits = { inflightMax: integer(1, 100), saysLimits: chance(0.7) };
  const broker = new BrokerModel(clock, random, { levels, ...limits, closesOn });
  network.onConnection = (peer) => broker.handleConnection(peer);
  const options: SessionDeviceOptions = {
    clock,
    random,
    network,
    clientIdentifier: CLIENT,
    topics: closed.has(CLOSED_FILTER) ? [CLOSED_FILTER, ...INBOUND] : INBOUND,
    closesOn,
    protocol: levels.length === 1 && chance(0.5) ? (levels[0] === 4 ? "3.1.1" : "5") : "auto",
    keepAliveSeconds: KEEP_ALIVE_SECONDS,
    streamsLargeMessages: chance(0.5),
    takeMsMax: chance(0.5) ? 500 : chance(0.8) ? 20_000 : TAKE_TIMEOUT_MS * 1.2,
    onLog,
  };
  const device = new SessionDevice(options);
  const { ledger } = device;
  const { topics } = options;
  broker.onEpoch = (epoch) => {
    ledger.standing = epoch;
  };
  broker.onArrival = (arrival) => ledger.handleArrival(arrival);

  const troubleMs = integer(60_000, 900_000);
  const sometime = (run: () => void) => clock.after(random() * troubleMs, run);
  const several = (share: number, max: number, run: () => void) => {
    for (let count = chance(share) ? integer(1, max) : 0; count > 0; count -= 1) sometime(run);
  };
  let pushes = 0;
  const push = (burst: number) => {
    ledger.epoch = broker.epochOf(CLIENT);
    for (let count = 0; ledger.epoch > 0 && count < burst; count += 1) {
      pushes += 1;
      pushOne(broker, device, random, pushes);
    }
  };
  // The first connection makes the session. Nobody has promised to keep earlier messages.
  device.boot();
  clock.runUntil(3_600_000, () => broker.hasSubscribed(CLIENT));
  const beginMs = clock.nowMs;
  several(1, 60, () => push(1));
  several(0.4, 3, () => push(integer(20, 120)));
  several(1, 60, () => device.wish(wishOf(random)));
  several(0.4, 3, () => {
    for (let count = integer(5, 40); count > 0; count -= 1) device.wish(wishOf(random));
  });
  several(0.2, 2, () => {
    for (let count = integer(8, 20); count > 0; count -= 1)
      device.wish({ ...wishOf(random), bytes: integer(600, 1_300) });
  });
  several(0.8, 15, () => network.cut());
  several(0.6, 3, () => {
    network.setUp(false);
    clock.after(random() * 120_000, () => network.setUp(true));
  });
  several(0.5, 5, () => (chance(0.7) ? device.cutPowerAtWrite(integer(1, 12)) : device.cutPower()));
  // The next life has other settings.
  several(0.3, 3, () => {
    options.topics = chance(0.5) ? [...topics, "group/a", "group/b"] : topics;
    device.cutPower();
  });
  several(closed.has(CLOSED_TOPIC) ? 1 : 0, 6, () => device.wish({ ...wishOf(random), topic: CLOSED_TOPIC }));
  several(0.2, 3, () => {
    device.refuseWritesFrom(integer(1, 6));
    clock.after(random() * 60_000, () => device.acceptWrites());
  });
  several(0.3, 3, () => broker.restart(true));
  several(0.3, 2, () => broker.restart(false));
  // The broker loses its sessions, and the CONNACK that says so is lost, too.
  several(0.1, 2, () => {
    broker.restart(false);
    for (let count = integer(1, 20); count > 0; count -= 1) clock.after(random() * 10_000, () => network.cut());
  });
  several(0.3, 3, () => broker.disconnectAll([0x8b, 0x8e, 0x81, 0x98, 0x9c][integer(0, 4)] as number));
  several(0.2, 2, () => {
    const [old, coded] = [integer(2, 5), [0x80, 0x86, 0x87, 0x88, 0x89][integer(0, 4)] as number];
    broker.refusal = (level) => (level === 5 ? coded : old);
    clock.after(random() * 60_000, () => {
      broker.refusal = () => 0;
    });
  });
  clock.runUntil(beginMs + troubleMs);
  device.calm();
  network.calm();
  broker.refusal = () => 0;
  const isBack = () => broker.isConnected(CLIENT) && broker.hasSubscribed(CLIENT);
  clock.runUntil(clock.nowMs + RECONNECT_MS_MAX, isBack);
  const violations: string[] = [];
  if (!isBack()) violations.push(`not connected ${RECONNECT_MS_MAX} ms after the network was back`);
  // The session must still work: more messages in both directions.
  push(3);
  if (isSlow) pushOne(broker, device, random, ++pushes, integer(200_000, 600_000));
  for (let count = 0; count < 3; count += 1) device.wish(wishOf(random));
  const isSettled = () => device.isIdle && broker.isIdle(CLIENT);
  clock.runUntil(clock.nowMs + SETTLE_MS_MAX, isSettled);
  if (!isSettled()) violations.push(`not settled ${SETTLE_MS_MAX} ms after it was connected`);
  // Time passes without trouble. Nothing may come late or twice.
  clock.runUntil(clock.nowMs + RECONNECT_MS_MAX);
  if (device.isConnected) violations.push(...checkOtherNetwork(clock, network, broker, device));
  const expected = options.topics.filter((topic) => !closesOn(topic)).sort();
  const isExpected = (filter: string) => expected.includes(filter) || !device.unrecordedFilters.has(filter);
  const held = broker.filtersOf(CLIENT).filter(isExpected);
  if (`${held}` !== `${expected}`) violations.push(`subscribed to ${held}, expected ${expected}`);

  ledger.epoch = broker.epochOf(CLIENT);
  ledger.check(device.life);
  if (device.records.length && ledger.isStandingKnown)
    violations.push(`records left on the store: ${device.records.join(" ")}`);
  violations.push(...ledger.violations, ...broker.violations, ...device.errors);
  return { seed, violations, pushes, connects: broker.connects, powerCuts: device.life - 1, virtualMs: clock.nowMs };
}

/** Tells the device of another network. The connection on the former one stays silent. */
function checkOtherNetwork(
  clock: VirtualClock,
  network: Network,
  broker: BrokerModel,
  device: SessionDevice,
): string[] {
  const { connects } = broker;
  network.change();
  device.networkChanged();
  clock.runUntil(clock.nowMs + OTHER_NETWORK_MS_MAX, () => broker.connects > connects);
  return broker.connects > connects ? [] : [`another network was not found out within ${OTHER_NETWORK_MS_MAX} ms`];
}

/** @param largeBytes size of a very large message. Left out: a random size. */
function pushOne(
  broker: BrokerModel,
  device: SessionDevice,
  random: Random,
  number: number,
  largeBytes?: number,
): void {
  const topic = INBOUND[integerBetween(random, 0, INBOUND.length - 1)] as string;
  // Filters are subscribed one by one. So some topics may not be subscribed yet.
  if (!broker.filtersOf(CLIENT).includes(topic)) return;
  const qos = integerBetween(random, 0, 2) as QoS;
  const isOversize = largeBytes !== undefined || random() < 0.03;
  device.ledger.promise(number, topic, qos, isOversize && !device.streamsLargeMessages);
  const oversize = largeBytes ?? PACKET_BYTES_MAX + integerBetween(random, 10, 6_000);
  const bytes = isOversize ? oversize : integerBetween(random, 4, 200);
  const payload = new Uint8Array(bytes);
  new DataView(payload.buffer).setUint32(0, number);
  broker.publish({ topic, payload, qos, retain: false });
}

function wishOf(random: Random): Wish {
  const isStream = random() < 0.1;
  return {
    topic: OUTBOUND[integerBetween(random, 0, OUTBOUND.length - 1)] as string,
    qos: integerBetween(random, 0, 2) as QoS,
    isDurable: random() < 0.5,
    // Some messages are larger than the broker's maximum packet size.
    bytes: isStream
      ? integerBetween(random, 4, 20_000)
      : random() < 0.1
        ? integerBetween(random, 380, 1_300)
        : integerBetween(random, 4, 100),
    policy: (["reject", "reject", "dropOldest", "latestPerTopic"] as const)[integerBetween(random, 0, 3)] ?? "reject",
    expirySeconds: random() < 0.2 ? integerBetween(random, 1, 120) : undefined,
    isStream,
  };
}
