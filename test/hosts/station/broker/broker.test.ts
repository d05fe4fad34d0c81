/** The broker's sessions, messages and ends of connections. */
import { describe, expect, it } from "vitest";
import { BrokerBench, payload } from "./bench.ts";

describe.each([4, 5] as const)("level %d", (level) => {
  it("accepts a client, and passes on what it publishes", () => {
    const bench = new BrokerBench();
    const reader = bench.connect("reader", level);
    expect(reader.connack?.sessionPresent).toBe(false);
    reader.subscribe("a/+", 1);
    const writer = bench.connect("writer", level);
    for (const qos of [0, 1, 2] as const) writer.publish("a/b", `qos ${qos}`, qos);
    expect(reader.messages).toEqual(["a/b qos 0", "a/b qos 1", "a/b qos 2"]);
    expect(reader.publishes.map(({ qos }) => qos)).toEqual([0, 1, 1]);
    expect(writer.commands).toEqual(["connack", "puback", "pubrec"]);
  });

  it("a kept session gets what came while it was away, in order, and again with DUP until it acknowledges", () => {
    const bench = new BrokerBench();
    const away = bench.connectKept("pager", level);
    away.subscribe("p/#", 1);
    away.cut();
    const sender = bench.connect("sender", level);
    for (const text of ["one", "two", "three"]) sender.publish("p/x", text, 1);
    const back = bench.connectKept("pager", level);
    expect(back.connack?.sessionPresent).toBe(true);
    expect(back.messages).toEqual(["p/x one", "p/x two", "p/x three"]);
    expect(back.publishes.map(({ dup }) => dup)).toEqual([false, false, false]);
    const identifiers = back.publishes.map(({ messageId }) => messageId);
    back.send({ cmd: "puback", messageId: identifiers[0] as number });
    back.cut();
    const again = bench.connectKept("pager", level);
    expect(again.messages).toEqual(["p/x two", "p/x three"]);
    expect(again.publishes.map(({ dup, messageId }) => [dup, messageId])).toEqual([
      [true, identifiers[1]],
      [true, identifiers[2]],
    ]);
    for (const messageId of identifiers.slice(1)) again.send({ cmd: "puback", messageId: messageId as number });
    expect(bench.keys("q/")).toEqual([]);
    expect(bench.keys("m/")).toEqual([]);
  });

  it("a session that is cut off between PUBREC and PUBCOMP goes on with PUBREL, after a power cut too (issue 12, A1)", () => {
    const bench = new BrokerBench();
    const first = bench.connectKept("pager", level);
    first.subscribe("p", 2);
    bench.connect("sender", level).publish("p", "page", 2);
    const messageId = first.publishes[0]?.messageId as number;
    first.send({ cmd: "pubrec", messageId });
    expect(first.commands.at(-1)).toBe("pubrel");
    first.cut();
    bench.restart();
    const second = bench.connectKept("pager", level);
    expect(second.commands).toEqual(["connack", "pubrel"]);
    second.send({ cmd: "pubcomp", messageId });
    second.cut();
    expect(bench.connectKept("pager", level).commands).toEqual(["connack"]);
  });

  it("a message of QoS 2 is taken once, across reconnects and power cuts, until PUBREL", () => {
    const bench = new BrokerBench();
    const reader = bench.connectKept("reader", level);
    reader.subscribe("t", 2);
    const writer = bench.connectKept("writer", level);
    writer.publish("t", "once", 2);
    writer.cut();
    bench.restart();
    const again = bench.connectKept("writer", level);
    again.publish("t", "once", 2, { dup: true });
    again.send({ cmd: "pubrel", messageId: 9 });
    again.publish("t", "twice", 2);
    expect(again.commands).toEqual(["connack", "pubrec", "pubcomp", "pubrec"]);
    expect(bench.connectKept("reader", level).messages).toEqual(["t once", "t twice"]);
  });

  it("subscriptions that overlap give one copy, with the highest QoS (issue 12, A2)", () => {
    const bench = new BrokerBench();
    const away = bench.connectKept("pager", level);
    away.subscribe("o/#", 1);
    away.subscribe("o/x", 0);
    away.subscribe("o/+", 2);
    away.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["o/x"] });
    away.cut();
    bench.connect("sender", level).publish("o/x", "page", 2);
    const back = bench.connectKept("pager", level);
    expect(back.publishes.map(({ qos, dup }) => [qos, dup])).toEqual([[2, false]]);
  });

  it("another connection takes the session over", () => {
    const bench = new BrokerBench();
    const first = bench.connectKept("pager", level);
    first.subscribe("p", 1);
    const second = bench.connectKept("pager", level);
    expect(first.ending).toContain("taken");
    if (level === 5) expect(first.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x8e });
    expect(second.connack?.sessionPresent).toBe(true);
    bench.connect("sender", level).publish("p", "page", 1);
    expect(second.messages).toEqual(["p page"]);
  });

  it("a clean start forgets the session", () => {
    const bench = new BrokerBench();
    bench.connectKept("pager", level).subscribe("p", 1);
    const clean = bench.connect("pager", level);
    expect(clean.connack?.sessionPresent).toBe(false);
    bench.connect("sender", level).publish("p", "page", 1);
    expect(clean.messages).toEqual([]);
    expect(bench.keys("")).toEqual([]);
  });

  it("retains the last message of a topic, for those who subscribe later", () => {
    const bench = new BrokerBench();
    const writer = bench.connect("writer", level);
    for (const text of ["old", "new"]) writer.publish("pres/a", text, 1, { retain: true });
    writer.publish("pres/b", "gone", 1, { retain: true });
    writer.publish("pres/b", "", 1, { retain: true });
    bench.restart();
    const reader = bench.connect("reader", level);
    reader.subscribe("pres/+", 1);
    expect(reader.messages).toEqual(["pres/a new"]);
    expect(reader.publishes[0]?.retain).toBe(true);
    expect(bench.broker.retainedCount).toBe(1);
  });

  it("publishes the will of a client that is cut off, and not of one that says goodbye", () => {
    const bench = new BrokerBench();
    const reader = bench.connect("reader", level);
    reader.subscribe("will", 1);
    const will = { topic: "will", payload: payload("gone"), qos: 1, retain: false } as const;
    bench.connect("a", level, { will }).disconnect();
    expect(reader.messages).toEqual([]);
    bench.connect("a", level, { will }).cut();
    expect(reader.messages).toEqual(["will gone"]);
    expect(bench.keys("w/")).toEqual([]);
  });

  it("publishes the wills of those who were connected when the power failed", () => {
    const bench = new BrokerBench();
    const will = { topic: "pres/a", payload: payload("offline"), qos: 1, retain: true } as const;
    bench.connectKept("a", level, { will });
    bench.connect("b", level, { will: { ...will, topic: "pres/b" } });
    bench.restart();
    const reader = bench.connect("reader", level);
    reader.subscribe("pres/#", 1);
    expect(reader.messages.sort()).toEqual(["pres/a offline", "pres/b offline"]);
    expect(bench.keys("w/")).toEqual([]);
  });

  it("drops a client that is silent for one and a half keep alives", () => {
    const bench = new BrokerBench();
    const client = bench.connect("a", level, { keepalive: 10 });
    bench.pass(14_000);
    client.send({ cmd: "pingreq" });
    bench.pass(14_999);
    expect(client.ending).toBeUndefined();
    bench.pass(1);
    expect(client.ending).toContain("15 s");
    if (level === 5) expect(client.packets.at(-1)).toMatchObject({ reasonCode: 0x8d });
  });

  it("closes a connection without CONNECT, and one without a level of ours", () => {
    const bench = new BrokerBench();
    const silent = bench.open();
    bench.pass(10_000);
    expect(silent.ending).toBe("no CONNECT in time");
  });

  it("keeps topics that begin with $ from wildcards, and from clients", () => {
    const bench = new BrokerBench();
    const reader = bench.connect("reader", level);
    for (const filter of ["#", "+/x", "$own/#"]) reader.subscribe(filter, 1);
    const writer = bench.connect("writer", level);
    writer.publish("$own/x", "no", 1);
    expect(writer.packets.at(-1)).toMatchObject(level === 5 ? { cmd: "puback", reasonCode: 0x87 } : { cmd: "puback" });
    const content = { payload: payload("yes"), qos: 1, retain: false, forwarded: new Uint8Array() } as const;
    bench.broker.publish({ ...content, topic: "$own/x", expiresMs: Number.POSITIVE_INFINITY }, bench.nowMs);
    bench.drain();
    expect(reader.messages).toEqual(["$own/x yes"]);
  });

  it("a session ends after its expiry, and its will comes before", () => {
    const bench = new BrokerBench({ sessionExpirySecondsMax: 100 });
    const reader = bench.connect("reader", level);
    reader.subscribe("will", 1);
    bench.connectKept("a", level, { will: { topic: "will", payload: payload("x"), qos: 1, retain: false } }).cut();
    bench.pass(99_000);
    expect(bench.broker.sessionCount).toBe(2);
    bench.pass(1_000);
    expect(bench.broker.sessionCount).toBe(1);
    expect(reader.messages).toEqual(["will x"]);
    expect(bench.keys("")).toEqual([]);
  });

  it("a session whose time is over when the power is back is not there", () => {
    const bench = new BrokerBench({ sessionExpirySecondsMax: 100 });
    bench.connectKept("a", level).cut();
    (bench.wallSeconds as number) += 99;
    bench.restart();
    expect(bench.broker.sessionCount).toBe(1);
    (bench.wallSeconds as number) += 1;
    bench.restart();
    expect(bench.broker.sessionCount).toBe(0);
    expect(bench.keys("")).toEqual([]);
  });

  it("a clock that is set while nobody looks ends no session (issue 12, A11)", () => {
    const bench = new BrokerBench({ sessionExpirySecondsMax: 100 });
    bench.wallSeconds = undefined;
    bench.connectKept("a", level).cut();
    bench.wallSeconds = 1_700_000_000;
    bench.restart();
    expect(bench.broker.sessionCount).toBe(1);
  });
});

describe("3.1.1", () => {
  it("refuses an empty client identifier with a kept session (issue 12, A2)", () => {
    const bench = new BrokerBench();
    const client = bench.open(4);
    client.sendHex("100c 0004 4d515454 04 00 003c 0000");
    expect(client.takeHex()).toBe("20020002");
    expect(client.ending).toBeDefined();
    expect(bench.broker.sessionCount).toBe(0);
  });

  it("gives an identifier to a client without one and a clean session", () => {
    const bench = new BrokerBench();
    bench.connect("");
    const second = bench.connect("");
    expect(second.connack?.returnCode).toBe(0);
    expect(bench.broker.sessionCount).toBe(2);
  });

  it("tells MQTT 3.1 and MQTT 6 that their version is not spoken", () => {
    const bench = new BrokerBench();
    const old = bench.open();
    old.sendHex("100e 0006 4d5149736470 03 02 003c 0000");
    expect([old.hex, old.ending]).toEqual(["20020001", "protocol level 3, expected 4 or 5"]);
    const next = bench.open(5);
    next.sendHex("100d 0004 4d515454 06 02 003c 00 0000");
    expect(next.hex).toBe("2003008400");
  });
});
