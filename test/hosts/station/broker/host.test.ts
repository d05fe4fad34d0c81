/** What the host does with the broker beside its hooks for access: messages of its own, subscriptions that it adds, clients that it holds. */
import { describe, expect, it } from "vitest";
import type { MessageContent } from "../../../../hosts/station/broker/message.ts";
import { BrokerBench, payload } from "./bench.ts";

const content = (topic: string, text: string, more: Partial<MessageContent> = {}): MessageContent => ({
  topic,
  payload: payload(text),
  qos: 1,
  retain: false,
  forwarded: new Uint8Array(),
  expiresMs: Number.POSITIVE_INFINITY,
  ...more,
});

describe("a message that the host has promised", () => {
  const DAY_MS = 86_400_000;

  it("is never dropped for room: a full queue refuses it, and what comes of others drops only others", () => {
    const bench = new BrokerBench({ queueMessagesMax: 3 });
    const away = bench.connectKept("away");
    away.subscribe("t", 1);
    away.cut();
    const sender = bench.connect("sender");
    sender.publish("t", "other", 1);
    for (const text of ["1", "2"])
      expect(bench.broker.publish(content("t", text, { isPromised: true }), bench.nowMs).reasonCode).toBe(0);
    sender.publish("t", "another", 1);
    expect(bench.broker.publish(content("t", "3", { isPromised: true }), bench.nowMs).reasonCode).toBe(0x97);
    bench.drain();
    bench.restart();
    sender.publish("t", "third", 1);
    bench.connect("sender").publish("t", "last", 1);
    expect(bench.connectKept("away").messages).toEqual(["t 1", "t 2", "t last"]);
  });

  it("is never dropped for its age", () => {
    const bench = new BrokerBench({ queueAgeMs: DAY_MS });
    const away = bench.connectKept("away");
    away.subscribe("t", 1);
    away.cut();
    bench.connect("sender").publish("t", "other", 1);
    bench.broker.publish(content("t", "promised", { isPromised: true }), bench.nowMs);
    bench.pass(2 * DAY_MS);
    expect(bench.connectKept("away").messages).toEqual(["t promised"]);
  });
});

describe("a message that the host takes", () => {
  it("is acknowledged when the host's part of the transaction is on the store, and not before", () => {
    const taken: string[] = [];
    const handleMessage = ({ topic, payload: bytes }: MessageContent) => {
      if (topic !== "inbox") return false;
      taken.push(String(bytes));
      return true;
    };
    const bench = new BrokerBench({}, { handleMessage });
    const client = bench.connect("client");
    bench.isHolding = true;
    client.publish("elsewhere", "x", 1, { messageId: 1 });
    client.publish("inbox", "mine", 1, { messageId: 2 });
    expect([taken, client.packets.map(({ cmd, messageId }) => [cmd, messageId])]).toEqual([
      ["mine"],
      [
        ["connack", undefined],
        ["puback", 1],
      ],
    ]);
    bench.commit();
    expect(client.packets.at(-1)).toMatchObject({ cmd: "puback", messageId: 2 });
  });

  it("waits for a store that refuses, though the broker itself has nothing to write", () => {
    const bench = new BrokerBench({ storeRetryMs: 100 }, { handleMessage: () => true });
    const client = bench.connect("client");
    bench.isFull = true;
    client.publish("inbox", "mine", 1);
    bench.pass(1_000);
    expect(client.commands).toEqual(["connack"]);
    bench.isFull = false;
    bench.pass(100);
    expect(client.commands).toEqual(["connack", "puback"]);
  });

  it("may also be a will, or the host's own", () => {
    const topics: string[] = [];
    const bench = new BrokerBench({}, { handleMessage: ({ topic }) => topics.push(topic) < 0 });
    bench.connect("client", 4, { will: { topic: "will", payload: payload("gone"), qos: 1, retain: false } }).cut();
    bench.broker.publish(content("own", "x"), bench.nowMs);
    expect(topics).toEqual(["will", "own"]);
  });
});

describe("subscriptions that the host adds", () => {
  it("make a session for a client that has not come yet: it finds that session, and what has come since", () => {
    const filters: string[] = [];
    const bench = new BrokerBench({}, { handleSubscribed: (client, filter) => filters.push(`${client} ${filter}`) });
    bench.broker.addSubscriptions("new", [{ filter: "t", qos: 1 }], bench.nowMs);
    bench.drain();
    expect([filters, bench.broker.hasReceiver("t")]).toEqual([["new t"], false]);
    bench.restart();
    bench.broker.publish(content("t", "before"), bench.nowMs);
    const client = bench.connectKept("new");
    expect([filters, bench.broker.hasReceiver("t"), bench.broker.hasReceiver("+")]).toEqual([
      ["new t", "new t"],
      true,
      false,
    ]);
    expect([client.connack?.sessionPresent, client.messages]).toEqual([true, ["t before"]]);
  });

  it("stay away from a session that ends with its connection, and from more sessions than there may be", () => {
    const bench = new BrokerBench({ sessionsMax: 1 });
    const client = bench.connect("client");
    for (const name of ["client", "new"]) bench.broker.addSubscriptions(name, [{ filter: "t", qos: 1 }], bench.nowMs);
    expect([bench.broker.subscriptionCount, bench.broker.sessionCount, client.ending]).toEqual([0, 1, undefined]);
  });
});

it("a kept session stays for ever where the host wants that, and what was promised with it", () => {
  const bench = new BrokerBench({ sessionExpirySecondsMax: 0xffff_ffff, sweepMs: 86_400_000 });
  const away = bench.connectKept("away");
  away.subscribe("t", 1);
  away.cut();
  bench.broker.publish(content("t", "promised", { isPromised: true }), bench.nowMs);
  bench.drain();
  for (let year = 0; year < 3; year += 1) {
    bench.pass(300 * 86_400_000);
    bench.restart();
  }
  const back = bench.connectKept("away");
  expect([back.connack?.sessionPresent, back.messages]).toEqual([true, ["t promised"]]);
});

it("a removed session takes its will with it", () => {
  const bench = new BrokerBench();
  const watcher = bench.connect("watcher");
  watcher.subscribe("will", 1);
  const client = bench.connectKept("client", 4, {
    will: { topic: "will", payload: payload("x"), qos: 1, retain: false },
  });
  bench.broker.removeSession("client", bench.nowMs);
  bench.drain();
  bench.pass(10_000);
  expect([client.ending, watcher.messages, bench.keys("s/"), bench.keys("w/")]).toEqual([
    "the session is removed",
    [],
    [],
    [],
  ]);
});

it("a client that the host does not read from is not taken for silent", () => {
  const bench = new BrokerBench();
  const client = bench.connect("client", 4, { keepalive: 10 });
  bench.broker.handleHeld(client.number, bench.nowMs + 60_000);
  bench.pass(74_999);
  expect(client.ending).toBeUndefined();
  bench.pass(1);
  expect(client.ending).toContain("nothing came");
});

describe("the host lets a client in", () => {
  it("under another name, with packets of a size of its own, which MQTT 5 is told", () => {
    const bench = new BrokerBench(
      {},
      { authenticate: () => ({ type: "accept", clientIdentifier: "team/chosen", packetBytesMax: 100 }) },
    );
    const client = bench.connect("chosen", 5);
    expect(client.connack?.properties?.maximumPacketSize).toBe(100);
    expect([bench.broker.isConnected("team/chosen"), bench.broker.isConnected("chosen")]).toEqual([true, false]);
    client.publish("t", "x".repeat(100), 1);
    expect(client.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x95 });
  });

  it.each([
    [4, true, undefined, false],
    [4, false, undefined, true],
    [5, true, 0, false],
    [5, false, 0, false],
    [5, true, 60, true],
    [5, false, 60, true],
  ] as const)(
    "and knows whether its session is kept: level %i, clean %s, expiry %s",
    (level, clean, expiry, isKept) => {
      const asked: boolean[] = [];
      const bench = new BrokerBench(
        {},
        {
          authenticate: ({ isSessionKept }) => {
            asked.push(isSessionKept);
            return { type: "accept" };
          },
        },
      );
      bench.connect("c", level, {
        clean,
        ...(expiry === undefined ? {} : { properties: { sessionExpiryInterval: expiry } }),
      });
      expect(asked).toEqual([isKept]);
    },
  );
});

it("sends a client no more at once than the host says, nor than it takes itself", () => {
  const bench = new BrokerBench(
    { inflightMax: 20 },
    {
      authenticate: ({ clientIdentifier }) => ({
        type: "accept",
        ...(clientIdentifier === "device" && { inflightMax: 4 }),
      }),
    },
  );
  const sender = bench.connect("sender", 5);
  const countOf = (clientId: string, receiveMaximum?: number) => {
    const properties = { sessionExpiryInterval: 60, ...(receiveMaximum === undefined ? {} : { receiveMaximum }) };
    const first = bench.connect(clientId, 5, { clean: false, properties });
    first.subscribe(`to/${clientId}`, 1);
    for (let count = 0; count < 30; count += 1) sender.publish(`to/${clientId}`, `${count}`, 1);
    const sent = first.publishes.length;
    first.send({ cmd: "puback", messageId: first.publishes[0]?.messageId as number });
    expect(first.publishes).toHaveLength(sent + 1);
    first.cut();
    return [sent, bench.connect(clientId, 5, { clean: false, properties }).publishes.length];
  };
  expect([countOf("house"), countOf("device")]).toEqual([
    [20, 20],
    [4, 4],
  ]);
  bench.restart();
  expect(bench.connect("device", 5, { clean: false, properties: { receiveMaximum: 2 } }).publishes).toHaveLength(2);
});
