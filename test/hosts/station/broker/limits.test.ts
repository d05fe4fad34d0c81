/** Each bound at its edge, and what one slow or hostile client costs the others. */
import { describe, expect, it } from "vitest";
import { TopicTree } from "../../../../hosts/station/broker/topic-tree.ts";
import { BrokerBench, payload } from "./bench.ts";

describe("a queue", () => {
  const scene = (limits: object, policy: "reject" | "oldestOut" = "oldestOut") => {
    const bench = new BrokerBench(limits, { queuePolicy: () => policy });
    const away = bench.connectKept("away", 5);
    away.subscribe("t", 1);
    away.cut();
    const sender = bench.connect("sender", 5);
    return { bench, sender };
  };
  const arrived = (bench: BrokerBench) => {
    const back = bench.connectKept("away", 5);
    for (let at = 0; at < back.publishes.length; at += 1)
      back.send({ cmd: "puback", messageId: back.publishes[at]?.messageId as number });
    return back.messages.map((message) => message.slice(2));
  };

  it("that is full drops the oldest", () => {
    const { bench, sender } = scene({ queueMessagesMax: 3 });
    for (const text of ["1", "2", "3", "4"]) sender.publish("t", text, 1);
    expect(sender.packets.at(-1)).toMatchObject({ cmd: "puback", reasonCode: 0 });
    expect(arrived(bench)).toEqual(["2", "3", "4"]);
    expect(bench.keys("m/").concat(bench.keys("q/"))).toEqual([]);
  });

  it("that is full refuses the message, where the class of the topic wants that, and keeps what it has", () => {
    const { bench, sender } = scene({ queueMessagesMax: 3 }, "reject");
    for (const text of ["1", "2", "3", "4"]) sender.publish("t", text, 1);
    expect(sender.packets.at(-1)).toMatchObject({ cmd: "puback", reasonCode: 0x97 });
    const old = bench.connect("old", 4);
    old.publish("t", "5", 1);
    expect([old.commands, old.ending]).toEqual([["connack"], "PUBLISH to t: no room"]);
    expect(arrived(bench)).toEqual(["1", "2", "3"]);
  });

  it("holds so many bytes", () => {
    const { bench, sender } = scene({ queueBytesMax: 2_000 });
    for (const text of ["a", "b", "c"]) sender.publish("t", text.repeat(900), 1);
    expect(arrived(bench).map((text) => text[0])).toEqual(["b", "c"]);
  });

  it("drops what has waited too long, and expired messages before others", () => {
    const { bench, sender } = scene({ queueAgeMs: 60_000, queueMessagesMax: 3 });
    sender.publish("t", "old", 1);
    bench.pass(61_000);
    sender.publish("t", "1", 1);
    sender.publish("t", "expires", 1, { properties: { messageExpiryInterval: 1 } });
    sender.publish("t", "2", 1);
    bench.pass(1_500);
    sender.publish("t", "3", 1);
    expect(arrived(bench)).toEqual(["1", "2", "3"]);
  });

  it("drops what has waited too long also where nobody comes", () => {
    const { bench, sender } = scene({ queueAgeMs: 60_000 });
    sender.publish("t", "old", 1);
    bench.pass(200_000);
    expect(bench.keys("m/")).toEqual([]);
  });
});

describe("retained messages", () => {
  it("have room for so many, and for a new value of each", () => {
    const bench = new BrokerBench({ retainedMax: 2 });
    const [five, old] = [bench.connect("five", 5), bench.connect("old", 4)];
    for (const topic of ["a", "b", "a", "c"]) five.publish(topic, "x", 1, { retain: true });
    expect(five.packets.slice(1).map((packet) => "reasonCode" in packet && packet.reasonCode)).toEqual([
      16, 16, 16, 0x97,
    ]);
    old.publish("c", "x", 1, { retain: true });
    expect(old.ending).toContain("no room");
    five.publish("a", "", 1, { retain: true });
    five.publish("c", "x", 1, { retain: true });
    expect(five.packets.at(-1)).toMatchObject({ reasonCode: 16 });
  });

  it("come all, however many, without filling queue or buffer", () => {
    const bench = new BrokerBench({ queueMessagesMax: 50, outgoingBytesMax: 20_000, outgoingBytesGoal: 5_000 });
    const writer = bench.connect("writer", 5);
    for (let number = 0; number < 500; number += 1) writer.publish(`p/${number}`, "x".repeat(100), 1, { retain: true });
    for (const qos of [0, 1] as const) {
      const reader = bench.connectKept(`reader${qos}`, 5);
      reader.subscribe("p/+", qos);
      for (let at = 0; at < reader.publishes.length; at += 1)
        if (qos) reader.send({ cmd: "puback", messageId: reader.publishes[at]?.messageId as number });
      expect(new Set(reader.messages).size).toBe(500);
      expect(reader.ending).toBeUndefined();
    }
  });

  it("that are still owed come after a power cut, too, and as they are then", () => {
    const bench = new BrokerBench({ inflightMax: 1 });
    const writer = bench.connect("writer", 5);
    for (const topic of ["p/1", "p/2", "p/3"]) writer.publish(topic, "old", 1, { retain: true });
    bench.connectKept("reader", 5).subscribe("p/+", 1);
    bench.restart();
    bench.connect("writer", 5).publish("p/2", "new", 1, { retain: true });
    const reader = bench.connectKept("reader", 5);
    for (let at = 0; at < reader.publishes.length; at += 1)
      reader.send({ cmd: "puback", messageId: reader.publishes[at]?.messageId as number });
    const last = new Map(reader.publishes.map(({ topic, payload: bytes }) => [topic, String(bytes)]));
    expect(Object.fromEntries(last)).toEqual({ "p/1": "old", "p/2": "new", "p/3": "old" });
  });
});

describe("a slow reader", () => {
  it("misses what is of QoS 0 and has no room, and is told nothing else", () => {
    const bench = new BrokerBench({ outgoingBytesMax: 10_000 });
    const reader = bench.connect("reader", 5);
    reader.subscribe("t", 0);
    const slow = bench.connect("slow", 5);
    slow.subscribe("t", 0);
    bench.broker.handleBlocked(slow.number, bench.nowMs);
    const sender = bench.connect("sender", 5);
    for (let count = 0; count < 30; count += 1) sender.publish("t", "x".repeat(500));
    expect(slow.ending).toBeUndefined();
    bench.broker.handleDrained(slow.number, bench.nowMs);
    bench.drain();
    const { dropped, closed } = bench.broker.slowReaders;
    expect([reader.messages.length, slow.messages.length + dropped, closed]).toEqual([30, 30, 0]);
    expect(dropped).toBeGreaterThan(5);
  });

  it("without a kept session is dropped with 0x97 when his queue is full, and his will and all other messages go on", () => {
    const bench = new BrokerBench({ queueMessagesMax: 20 });
    const reader = bench.connect("reader", 5);
    reader.subscribe("#", 0);
    const slow = bench.connect("slow", 5, { will: { topic: "will", payload: payload("slow"), qos: 0, retain: false } });
    slow.subscribe("t", 1);
    bench.broker.handleBlocked(slow.number, bench.nowMs);
    const sender = bench.connect("sender", 5);
    for (let count = 0; count < 30; count += 1) sender.publish("t", "x".repeat(500), 1);
    expect(slow.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x97 });
    expect(slow.ending).toContain("does not read");
    expect(reader.messages).toHaveLength(31);
    expect(bench.broker.slowReaders).toEqual({ dropped: 0, closed: 1 });
  });

  it("keeps what is of QoS 1 in his queue, and gets it when he reads", () => {
    const bench = new BrokerBench({ outgoingBytesMax: 10_000, outgoingBytesGoal: 1_000 });
    const slow = bench.connectKept("slow", 5);
    slow.subscribe("t", 1);
    bench.broker.handleBlocked(slow.number, bench.nowMs);
    const sender = bench.connect("sender", 5);
    for (let count = 0; count < 100; count += 1) sender.publish("t", String(count).padEnd(500), 1);
    expect([slow.messages.length, slow.ending]).toEqual([0, undefined]);
    bench.broker.handleDrained(slow.number, bench.nowMs);
    bench.drain();
    for (let at = 0; at < slow.publishes.length; at += 1)
      slow.send({ cmd: "puback", messageId: slow.publishes[at]?.messageId as number });
    expect(slow.messages.map((message) => Number(message.slice(2)))).toEqual(
      Array.from({ length: 100 }, (_, at) => at),
    );
  });

  it("that takes nothing for a minute is dropped", () => {
    const bench = new BrokerBench();
    const slow = bench.connectKept("slow", 5);
    bench.broker.handleBlocked(slow.number, bench.nowMs);
    bench.pass(59_999);
    expect(slow.ending).toBeUndefined();
    bench.pass(1);
    expect(slow.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x97 });
  });

  it("thousands of slow readers with wills do not fall over each other", () => {
    const bench = new BrokerBench({ queueMessagesMax: 2 });
    const will = { topic: "t", payload: Buffer.alloc(900), qos: 1, retain: false } as const;
    for (let number = 0; number < 1_000; number += 1) {
      const client = bench.connect(`c${number}`, 4, { will });
      client.subscribe("t", 1);
      bench.broker.handleBlocked(client.number, bench.nowMs);
    }
    const sender = bench.connect("sender");
    for (let count = 0; count < 3; count += 1) sender.publish("t", "x".repeat(2_500), 1);
    expect(bench.broker.connectionCount).toBe(1);
  });
});

describe("counts", () => {
  it("of connections, sessions and subscriptions end at their bounds", () => {
    const bench = new BrokerBench({ connectionsMax: 2, sessionsMax: 1, subscriptionsTotalMax: 1 });
    const first = bench.connect("a", 5);
    first.subscribe("a");
    first.subscribe("b");
    expect(first.packets.at(-1)).toMatchObject({ granted: [0x97] });
    const second = bench.connect("b", 5);
    expect(second.connack?.reasonCode).toBe(0x97);
    bench.open();
    expect(bench.open().ending).toContain("more than 2 connections");
  });

  it("of bytes: a length is refused before anything is collected", () => {
    const bench = new BrokerBench({ packetBytesMax: 1_000, connectBytesMax: 200 });
    const stranger = bench.open(5);
    stranger.sendHex("10 ffffff7f");
    expect(stranger.ending).toContain("268435460 bytes, expected at most 200");
    const client = bench.connect("a", 5);
    client.send({ cmd: "publish", topic: "t", qos: 0, dup: false, retain: false, payload: Buffer.alloc(993) });
    expect(client.ending).toBeUndefined();
    client.send({ cmd: "publish", topic: "t", qos: 0, dup: false, retain: false, payload: Buffer.alloc(994) });
    expect(client.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x95 });
  });

  it("of levels: a topic name with more is refused", () => {
    const bench = new BrokerBench({ topicLevelsMax: 3 });
    const client = bench.connect("a", 5);
    client.publish("a/b/c", "x", 1);
    client.publish("a/b/c/d", "x", 1);
    expect(client.packets.slice(-2)).toMatchObject([{ reasonCode: 16 }, { reasonCode: 0x90 }]);
  });
});

describe("the topic tree", () => {
  it("looks at what can match, and at nothing else, among 100,000 filters", () => {
    const tree = new TopicTree<number>();
    for (let number = 0; number < 100_000; number += 1) tree.set(`/org/pres/device-${number}`, "client", number);
    tree.set("/org/+/device-5", "other", -1);
    tree.set("/org/#", "other", -2);
    const found: number[] = [];
    const beganMs = performance.now();
    for (let count = 0; count < 10_000; count += 1) {
      found.length = 0;
      tree.match("/org/pres/device-5", (value) => found.push(value));
    }
    const manyMs = performance.now() - beganMs;
    expect(found.sort((a, b) => a - b)).toEqual([-2, -1, 5]);
    const small = new TopicTree<number>();
    for (const [filter, value] of [
      ["/org/pres/device-5", 5],
      ["/org/+/device-5", -1],
      ["/org/#", -2],
    ] as const)
      small.set(filter, "client", value);
    const smallBeganMs = performance.now();
    for (let count = 0; count < 10_000; count += 1) small.match("/org/pres/device-5", () => {});
    const fewMs = performance.now() - smallBeganMs;
    // A search through all would take ten thousand times as long.
    expect(manyMs / fewMs).toBeLessThan(50);
    for (let number = 0; number < 100_000; number += 1) tree.delete(`/org/pres/device-${number}`, "client");
    tree.delete("/org/+/device-5", "other");
    tree.delete("/org/#", "other");
    expect(tree.isEmpty).toBe(true);
  });
});

describe("deadlines", () => {
  it("are few, however often a client comes and goes", () => {
    const bench = new BrokerBench();
    const will = {
      topic: "w",
      payload: payload("x"),
      qos: 0,
      retain: false,
      properties: { willDelayInterval: 60 },
    } as const;
    for (let count = 0; count < 500; count += 1) {
      const client = bench.connectKept("a", 5, { will, keepalive: 60_000 });
      bench.broker.handleBlocked(client.number, bench.nowMs);
      bench.broker.handleDrained(client.number, bench.nowMs);
      client.cut();
      bench.pass(1_000);
    }
    // A connection leaves one for its keep alive for a minute, and one for its CONNECT for ten seconds.
    expect(bench.broker.deadlineCount).toBeLessThan(200);
  });
});

it("keeps so many bytes of clients, and takes what is not kept, and what the host has promised", () => {
  const bench = new BrokerBench({ keptBytesMax: 3_000 });
  const away = bench.connectKept("away", 5);
  away.subscribe("t", 1);
  away.cut();
  const sender = bench.connect("sender", 5);
  const answer = (topic: string, text: string, retain = false) => {
    sender.publish(topic, text, 1, { retain });
    return (sender.packets.at(-1) as { reasonCode?: number }).reasonCode;
  };
  const large = "x".repeat(1_400);
  expect([answer("t", large), answer("t", large)]).toEqual([0, 0]);
  expect([answer("t", large), answer("r", large, true)]).toEqual([0x97, 0x97]);
  expect(answer("nobody", large)).toBe(0x10);
  const promised = { topic: "t", payload: payload(large), qos: 1, retain: false, forwarded: payload("") } as const;
  expect(bench.broker.publish({ ...promised, expiresMs: Number.POSITIVE_INFINITY }, bench.nowMs).reasonCode).toBe(0);
  // A restart counts what is there, and what has arrived makes room.
  bench.restart();
  const again = bench.connect("sender", 5);
  again.publish("t", large, 1);
  expect(again.packets.at(-1)).toMatchObject({ reasonCode: 0x97 });
  const back = bench.connectKept("away", 5);
  for (let at = 0; at < back.publishes.length; at += 1)
    back.send({ cmd: "puback", messageId: back.publishes[at]?.messageId as number });
  back.cut();
  again.publish("t", large, 1);
  expect(again.packets.at(-1)).toMatchObject({ reasonCode: 0 });
});
