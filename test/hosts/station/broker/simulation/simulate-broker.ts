/**
 * One seed, one run: the broker, the pager's engine and plain clients of both versions in one virtual world, with cuts, half-open
 * links, power cuts of the broker during any transaction, a store that refuses, take-overs and slow readers. The promises:
 *
 * - What a client's message was acknowledged for, and what did not expire, comes to each subscriber: once with QoS 2, at least once with
 *   QoS 1. What was refused comes to nobody. Messages of a publisher, topic and QoS come in order, with the highest QoS granted.
 * - The same in both directions for the pager's engine, by its own ledger.
 * - No session that was acknowledged is lost; no identifier is 0, in use, or changes; DUP stands where it has to; receive maximum and
 *   topic aliases are kept.
 * - A message of a shared subscription comes to one of the group: once with QoS 2.
 * - A client that is gone is offline by its will, and online again when it is back, across power cuts of the broker.
 * - The last retained value that was acknowledged, or a later one, is what a newcomer gets.
 * - In the end everything settles, and the store holds nothing but sessions, subscriptions and retained messages.
 * - Nothing is thrown.
 */
import { BACKOFF_MAX_MS, TAKE_TIMEOUT_MS } from "../../../../../src/limits.ts";
import { integerBetween, seededRandom } from "../../../../random.ts";
import { Network } from "../../../../simulation/network.ts";
import { SessionDevice } from "../../../../simulation/session-device.ts";
import { VirtualClock } from "../../../../simulation/virtual-clock.ts";
import { MessageLedger } from "./message-ledger.ts";
import { PagerWatch } from "./pager-watch.ts";
import { type Filter, numberOf, PlainClient, type QoS } from "./plain-client.ts";
import { SimHost } from "./sim-host.ts";

const PAGER = "pager";
const PAGER_TOPICS = ["in/a", "in/b"];
const PAGER_OUT = ["out/a", "out/b"];
const TOPICS = ["t/a", "t/b", "t/c/d", "u"];
const FILTERS = ["t/a", "t/+", "t/#", "t/b", "+/c/d", "+/+/d", "u", "t/+/d"];
const RETAINED = ["state/a", "state/b"];
const JOB = "job/x";
const PRESENCE = { topic: "state/mortal", online: 1, offline: 2 };
const SETTLE_MS_MAX = 1_500_000;

interface State {
  readonly topic: string;
  readonly number: number;
}

export interface BrokerOutcome {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly messages: number;
  readonly powerCuts: number;
  readonly connects: number;
  readonly virtualMs: number;
}

export function simulateBroker(seed: number, onLog?: (line: string) => void): BrokerOutcome {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const integer = (min: number, max: number) => integerBetween(random, min, max);
  const clock = new VirtualClock();
  const network = new Network(clock, random, {
    latencyMsMax: integer(2, 300),
    breaking: chance(0.3) ? 0 : random() * 0.5,
    silent: chance(0.3) ? 0 : random() * 0.5,
  });
  const ledger = new MessageLedger();
  let device: SessionDevice;
  let watch: PagerWatch;
  const host = new SimHost({
    clock,
    random,
    network,
    slowness: chance(0.4) ? random() * 0.1 : 0,
    limits: { inflightMax: integer(1, 40), topicAliasMaximum: integer(0, 16), outgoingBytesGoal: integer(50, 5_000) },
    hooks: {
      authorisePublish: ({ clientIdentifier }, { payload }) => {
        if (clientIdentifier === PAGER) watch.handleTaken(payload);
        return 0;
      },
      subscriptionsOf: ({ clientIdentifier }) => {
        if (clientIdentifier === PAGER) watch.handleNewSession();
        return [];
      },
    },
  });
  device = new SessionDevice({
    clock,
    random,
    network,
    clientIdentifier: PAGER,
    topics: PAGER_TOPICS,
    closesOn: () => false,
    protocol: chance(0.5) ? "5" : "3.1.1",
    keepAliveSeconds: 20,
    streamsLargeMessages: chance(0.5),
    takeMsMax: chance(0.7) ? 500 : 20_000,
    onLog,
  });
  watch = new PagerWatch(device.ledger, PAGER);
  host.onSent = (connection, bytes) => watch.handleSent(connection, bytes);
  host.onBytes = (connection, bytes) => watch.handleBytes(connection, bytes);
  // What was taken counts when it is on the store.
  host.onHandled = () => watch.handleHandled(host.gate);
  host.onCommitted = (gate) => watch.handleCommitted(gate);
  host.onPowerCut = () => watch.handlePowerCut();

  const clients: PlainClient[] = [];
  const addClient = (
    clientId: string,
    level: 4 | 5,
    filters: readonly Filter[],
    onState: (state: State) => void = () => {},
    presence?: typeof PRESENCE,
  ) => {
    const client: PlainClient = new PlainClient({
      clock,
      random,
      network,
      clientId,
      level,
      filters,
      receiveMaximum: integer(1, 20),
      ...(presence && { presence }),
      onMessage: (packet) => {
        onLog?.(`${clock.nowMs} ms: ${clientId} got ${packet.topic} ${packet.qos}`);
        if (packet.topic.startsWith("state/")) onState({ topic: packet.topic, number: numberOf(packet) });
        else if (packet.topic === JOB) ledger.receiveShared(packet);
        else if (!packet.topic.startsWith("out/")) ledger.receive(client, packet);
      },
      onSettled: (number, isAccepted, isCopy) => {
        if (presence) {
          // The store refused it. It says so again.
          if (!isAccepted)
            clock.after(1_000, () => client.publish(presence.online, presence.topic, 1, { retain: true }));
          return;
        }
        ledger.settle(number, isAccepted, isCopy);
        if (isAccepted) return;
        if (isCopy) device.ledger.doubt(number);
        else device.ledger.incoming.delete(number);
      },
    });
    clients.push(client);
    client.start();
    return client;
  };
  let presence = 0;
  host.boot();
  for (let number = integer(2, 4); number > 0; number -= 1) {
    const wanted = new Set(
      Array.from({ length: integer(0, 3) }, () => FILTERS[integer(0, FILTERS.length - 1)] as string),
    );
    const filters = [...wanted].map((filter) => ({ filter, qos: integer(0, 2) as QoS }));
    addClient(`client-${number}`, chance(0.5) ? 4 : 5, filters);
  }
  // Who keeps what the pager sends, and one sender to the pager, so that there is an order.
  const sink = addClient("sink", 5, [{ filter: "out/#", qos: 2 }]);
  const sender = addClient("sender", chance(0.5) ? 4 : 5, []);
  const workers = [4, 5].map((level) =>
    addClient(`worker-${level}`, level as 4 | 5, [{ filter: `$share/workers/${JOB}`, qos: 2 }]),
  );
  const mortal = addClient("mortal", chance(0.5) ? 4 : 5, [], () => {}, PRESENCE);
  const guest = addClient("guest", 5, [{ filter: PRESENCE.topic, qos: 1 }], ({ number }) => {
    presence = number;
  });
  clock.runUntil(3_600_000, () => [sink, guest, ...workers].every(({ isSubscribed }) => isSubscribed));
  device.boot();
  // A subscription that a power cut takes from a transaction was promised to nobody.
  const isSubscribed = () => host.broker?.filtersOf(PAGER).length === PAGER_TOPICS.length;
  clock.runUntil(3_600_000, () => isSubscribed() && host.isWritten);
  device.ledger.epoch = device.ledger.standing;

  const beginMs = clock.nowMs;
  const troubleMs = integer(60_000, 400_000);
  const sometime = (run: () => void) => clock.after(random() * troubleMs, run);
  const several = (share: number, max: number, run: () => void) => {
    for (let count = chance(share) ? integer(1, max) : 0; count > 0; count -= 1) sometime(run);
  };
  const ordinary = clients.filter((client) => client !== mortal && client !== guest);
  const someone = () => ordinary[integer(0, ordinary.length - 1)] as PlainClient;
  const publish = () => {
    const client = someone();
    const topic = TOPICS[integer(0, TOPICS.length - 1)] as string;
    const qos = integer(0, 2) as QoS;
    const expirySeconds = chance(0.15) ? integer(1, 60) : undefined;
    const number = ledger.add(client.clientId, topic, qos, clock.nowMs, expirySeconds, clients);
    client.publish(number, topic, qos, { ...(expirySeconds !== undefined && { expirySeconds }) });
  };
  /** A message for the pager, at least QoS 1, until it is accepted. */
  const page = () => {
    const qos = integer(1, 2) as QoS;
    const topic = PAGER_TOPICS[integer(0, 1)] as string;
    const number = ledger.add(sender.clientId, topic, qos, clock.nowMs, undefined, []);
    device.ledger.promise(number, topic, qos, false);
    sender.publish(number, topic, qos);
  };
  const states = new Set<string>();
  const setState = () => {
    const topic = RETAINED[integer(0, 1)] as string;
    // One publisher, so that there is an order.
    const number = ledger.add("state", topic, 1, clock.nowMs, undefined, []);
    states.add(topic);
    sender.publish(number, topic, 1, { retain: true });
  };
  several(1, 80, publish);
  several(0.4, 3, () => {
    for (let count = integer(10, 60); count > 0; count -= 1) publish();
  });
  several(1, 30, page);
  several(0.7, 10, setState);
  several(1, 20, () =>
    device.wish({
      topic: PAGER_OUT[integer(0, 1)] as string,
      qos: integer(0, 2) as QoS,
      isDurable: chance(0.5),
      bytes: integer(4, 100),
      policy: "reject",
      expirySeconds: undefined,
      isStream: false,
    }),
  );
  several(0.7, 10, () => network.cut());
  several(0.3, 2, () => {
    network.setUp(false);
    clock.after(random() * 60_000, () => network.setUp(true));
  });
  several(0.3, 2, () => network.change());
  several(0.6, 5, () => host.cutAtCommit(integer(1, 10)));
  several(0.3, 2, () => host.cut());
  several(0.3, 3, () => {
    host.isRefusing = true;
    clock.after(random() * 20_000, () => {
      host.isRefusing = false;
    });
  });
  several(0.6, 20, () => {
    const qos = integer(1, 2) as QoS;
    sender.publish(ledger.add(sender.clientId, JOB, qos, clock.nowMs, undefined, []), JOB, qos);
  });
  // Some come late, and the power fails while they subscribe.
  several(0.5, 5, () => {
    const filter = FILTERS[integer(0, FILTERS.length - 1)] as string;
    const late = addClient(`late-${clients.length}`, chance(0.5) ? 4 : 5, [{ filter, qos: integer(1, 2) as QoS }]);
    if (chance(0.5)) clock.after(random() * 3_000, () => host.cutAtCommit(integer(1, 3)));
    ordinary.push(late);
  });
  several(0.4, 5, () => mortal.cut());
  several(0.4, 5, () => someone().takeOver());
  several(0.4, 5, () => someone().cut());
  several(0.3, 2, () => (chance(0.5) ? device.cutPowerAtWrite(integer(1, 12)) : device.cutPower()));
  clock.runUntil(beginMs + troubleMs);
  device.calm();
  network.calm();
  host.calm();

  const isSettled = () =>
    device.isIdle &&
    host.broker !== undefined &&
    clients.every((client) => client.isIdle && (client.isSubscribed || client.filters.length === 0)) &&
    [PAGER, ...clients.map(({ clientId }) => clientId)].every((name) => host.broker?.queuedFor(name) === 0);
  clock.runUntil(clock.nowMs + SETTLE_MS_MAX, isSettled);
  const violations: string[] = [];
  if (!isSettled()) violations.push(`not settled ${SETTLE_MS_MAX} ms after the trouble`);
  for (let count = 0; count < 5; count += 1) {
    publish();
    page();
  }
  clock.runUntil(clock.nowMs + BACKOFF_MAX_MS + TAKE_TIMEOUT_MS);
  clock.runUntil(clock.nowMs + SETTLE_MS_MAX, isSettled);

  if (presence !== PRESENCE.online) violations.push(`the mortal is there, and its presence is ${presence}`);
  mortal.die();
  // Also if the power of the broker fails at the same time.
  if (chance(0.5)) host.cut();
  clock.runUntil(clock.nowMs + 60_000, () => presence === PRESENCE.offline);
  if (presence !== PRESENCE.offline) violations.push("the mortal is gone, and nobody was told");
  ledger.checkShared(JOB);
  violations.push(...checkRetained(clock, addClient, ledger, states));
  ledger.check(clients.filter((client) => !workers.includes(client) && client !== guest));
  device.ledger.check(device.life);
  const left = [...host.records.keys()].filter((key) => !"strm".includes(key.slice(0, 1)));
  if (left.length) violations.push(`records left on the store: ${left.join(" ")}`);
  const [messages, retainedRecords] = ["m/", "r/"].map((kind) =>
    [...host.records.keys()].filter((key) => key.startsWith(kind)),
  );
  if (messages?.length !== retainedRecords?.length) violations.push(`${messages?.length} messages left on the store`);
  violations.push(...ledger.violations, ...ofPager(device), ...device.errors, ...host.errors);
  violations.push(...clients.flatMap((client) => client.violations));
  const connects = clients.reduce((sum, client) => sum + client.connects, device.connection);
  return {
    seed,
    violations,
    messages: ledger.published.size,
    powerCuts: host.lives - 1,
    connects,
    virtualMs: clock.nowMs,
  };
}

/** A sender of QoS 1 that was not answered sends again, and that is another message for the broker: old ones come after new ones. */
function ofPager({ ledger }: SessionDevice): string[] {
  return ledger.violations.filter((violation) => {
    const number = Number(/^message (\d+) on .* was told after/.exec(violation)?.[1]);
    const entry = ledger.incoming.get(number);
    return !(entry?.qos === 1 && entry.told > 1);
  });
}

/** A newcomer gets the last value of each state that was set. */
function checkRetained(
  clock: VirtualClock,
  addClient: (clientId: string, level: 4 | 5, filters: readonly Filter[], onState: (state: State) => void) => void,
  ledger: MessageLedger,
  topics: ReadonlySet<string>,
): string[] {
  const got = new Map<string, number>();
  addClient("newcomer", 5, [{ filter: "state/+", qos: 1 }], ({ topic, number }) => got.set(topic, number));
  clock.runUntil(clock.nowMs + 60_000);
  const violations: string[] = [];
  for (const topic of topics) {
    const accepted = [...ledger.published.values()].filter((each) => each.topic === topic && each.state === "accepted");
    const last = accepted.at(-1)?.number ?? 0;
    if ((got.get(topic) ?? 0) < last)
      violations.push(`a newcomer got state ${got.get(topic)} of ${topic}, expected ${last}`);
  }
  return violations;
}
