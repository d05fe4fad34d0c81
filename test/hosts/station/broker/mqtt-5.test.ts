/** What MQTT 5 adds. */
import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../../hosts/station/broker/hooks.ts";
import { BrokerBench, payload } from "./bench.ts";

const connect5 = (bench: BrokerBench, clientId: string, properties: object = {}, more: object = {}) =>
  bench.connect(clientId, 5, { properties, ...more });

describe("CONNECT and CONNACK", () => {
  it("says what this server takes, and what it gives instead of what was asked for", () => {
    const bench = new BrokerBench({ keepAliveSecondsMax: 60, sessionExpirySecondsMax: 500 });
    const properties = { sessionExpiryInterval: 1_000 };
    const client = bench.connect("", 5, { keepalive: 600, properties });
    expect(client.connack).toMatchObject({
      reasonCode: 0,
      properties: {
        receiveMaximum: 256,
        topicAliasMaximum: 16,
        serverKeepAlive: 60,
        sessionExpiryInterval: 500,
        assignedClientIdentifier: expect.stringMatching(/^auto-[0-9a-f]{20}$/),
      },
    });
    expect(bench.connect("named", 5).connack?.properties).not.toHaveProperty("assignedClientIdentifier");
  });

  it("refuses a client that takes no CONNACK", () => {
    const bench = new BrokerBench();
    const [client, other] = [63, 64].map((maximumPacketSize) =>
      connect5(bench, `c${maximumPacketSize}`, { maximumPacketSize }),
    );
    expect(client?.connack?.reasonCode).toBe(0x95);
    expect((client?.hex.length ?? 0) / 2).toBeLessThan(64);
    expect(other?.connack?.reasonCode).toBe(0);
  });

  it("DISCONNECT may shorten the session, and not bring one to life", () => {
    const bench = new BrokerBench();
    connect5(bench, "a", { sessionExpiryInterval: 100 }).send({
      cmd: "disconnect",
      properties: { sessionExpiryInterval: 0 },
    });
    expect(bench.broker.sessionCount).toBe(0);
    const second = connect5(bench, "a");
    second.send({ cmd: "disconnect", properties: { sessionExpiryInterval: 5 } });
    expect(second.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
    expect(bench.broker.sessionCount).toBe(0);
  });

  it("asks the host, later, and keeps what the client sends meanwhile", () => {
    const asked: string[] = [];
    const bench = new BrokerBench(
      {},
      {
        authenticate: ({ userName, password }) => {
          asked.push(`${userName} ${password && Buffer.from(password)}`);
          return undefined;
        },
      },
    );
    const client = bench.open(5);
    client.connect({ clientId: "a", username: "u", password: payload("p") });
    client.subscribe("t", 1);
    expect([asked, client.commands, bench.broker.canReceive(client.number)]).toEqual([["u p"], [], false]);
    bench.broker.handleVerdict(client.number, { type: "accept" }, bench.nowMs);
    bench.drain();
    expect(client.commands).toEqual(["connack", "suback"]);
    const refused = bench.open(4);
    refused.connect({ clientId: "b" });
    bench.broker.handleVerdict(refused.number, { type: "refuse", reasonCode: 0x86 }, bench.nowMs);
    bench.drain();
    expect(refused.connack?.returnCode).toBe(4);
    expect(refused.ending).toBe("refused");
  });

  it("authenticates in steps, and again on a connection that stands", () => {
    const bench = new BrokerBench(
      {},
      {
        authenticate: ({ authenticationData, isReauthentication }): Verdict => {
          const said = Buffer.from(authenticationData ?? []).toString();
          if (said === "hello") return { type: "continue", authenticationData: payload("challenge") };
          if (said === "answer")
            return { type: "accept", authenticationData: payload(isReauthentication ? "again" : "welcome") };
          return { type: "refuse", reasonCode: 0x87 };
        },
      },
    );
    const properties = (text: string) => ({ authenticationMethod: "M", authenticationData: payload(text) });
    const client = connect5(bench, "a", properties("hello"));
    client.send({ cmd: "auth", reasonCode: 0x18, properties: properties("answer") });
    client.send({ cmd: "auth", reasonCode: 0x19, properties: properties("hello") });
    client.send({ cmd: "auth", reasonCode: 0x18, properties: properties("answer") });
    expect(client.packets.map(({ cmd }) => cmd)).toEqual(["auth", "connack", "auth", "auth"]);
    expect(client.connack?.properties).toMatchObject({
      authenticationMethod: "M",
      authenticationData: payload("welcome"),
    });
    expect(client.packets.at(-1)).toMatchObject({
      reasonCode: 0,
      properties: { authenticationData: payload("again") },
    });
    client.send({ cmd: "auth", reasonCode: 0x19, properties: properties("wrong") });
    expect(client.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x87 });
    const other = connect5(bench, "b", properties("hello"));
    other.send({ cmd: "auth", reasonCode: 0x18, properties: { authenticationMethod: "N" } });
    expect(other.connack?.reasonCode).toBe(0x82);
  });
});

describe("messages", () => {
  it("go on with their properties as they were sent, in their order", () => {
    const bench = new BrokerBench();
    const reader = connect5(bench, "reader");
    reader.subscribe("t", 1);
    const writer = connect5(bench, "writer");
    reader.takeHex();
    // payload format, content type, response topic, correlation data; user properties 2=b, 1=a, 2=, 1=a
    const properties = "0101 03000163 0800016f 09000101 2600013200 0162 2600013100 0161 260001320000 26000131000161";
    const hex = properties.replaceAll(" ", "");
    const length = (4 + hex.length / 2).toString(16).padStart(2, "0");
    writer.sendHex(`30${length} 0001 74 ${(hex.length / 2).toString(16).padStart(2, "0")} ${hex}`);
    expect(reader.hex).toContain(hex);
  });

  it("expire, and carry what is left of their time", () => {
    const bench = new BrokerBench();
    const away = bench.connectKept("away", 5);
    away.subscribe("t", 1);
    away.cut();
    const writer = connect5(bench, "writer");
    writer.publish("t", "short", 1, { properties: { messageExpiryInterval: 5 } });
    writer.publish("t", "long", 1, { properties: { messageExpiryInterval: 60 } });
    bench.pass(10_000);
    const back = bench.connectKept("away", 5);
    expect(back.messages).toEqual(["t long"]);
    expect(back.publishes[0]?.properties?.messageExpiryInterval).toBe(50);
    back.send({ cmd: "puback", messageId: back.publishes[0]?.messageId as number });
    expect(bench.keys("q/").concat(bench.keys("m/"))).toEqual([]);
  });

  it("expire while the power is off, too", () => {
    const bench = new BrokerBench();
    const away = bench.connectKept("away", 5);
    away.subscribe("t", 1);
    away.cut();
    connect5(bench, "writer").publish("t", "short", 1, { properties: { messageExpiryInterval: 5 } });
    (bench.wallSeconds as number) += 10;
    bench.restart();
    expect(bench.connectKept("away", 5).messages).toEqual([]);
  });

  it("of QoS 2 that expire after they may have been sent free their identifier by PUBREL", () => {
    const bench = new BrokerBench();
    const first = bench.connectKept("away", 5);
    first.subscribe("t", 2);
    connect5(bench, "writer").publish("t", "x", 2, { properties: { messageExpiryInterval: 5 } });
    const messageId = first.publishes[0]?.messageId as number;
    first.cut();
    bench.pass(10_000);
    const back = bench.connectKept("away", 5);
    expect(back.packets.slice(1)).toMatchObject([{ cmd: "pubrel", messageId }]);
    back.send({ cmd: "pubcomp", messageId, reasonCode: 0x92 });
    expect(bench.broker.queuedFor("away")).toBe(0);
  });

  it("use topic aliases in both directions", () => {
    const bench = new BrokerBench();
    const reader = connect5(bench, "reader", { topicAliasMaximum: 1 });
    reader.subscribe("#", 0);
    const writer = connect5(bench, "writer");
    writer.publish("first", "1", 0, { properties: { topicAlias: 3 } });
    writer.publish("", "2", 0, { properties: { topicAlias: 3 } });
    writer.publish("second", "3", 0);
    writer.publish("", "4", 0, { properties: { topicAlias: 3 } });
    expect(reader.publishes.map(({ topic, properties }) => [topic, properties?.topicAlias])).toEqual([
      ["first", 1],
      ["", 1],
      ["second", undefined],
      ["", 1],
    ]);
    writer.publish("", "5", 0, { properties: { topicAlias: 4 } });
    expect(writer.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x82 });
  });

  it("leave within the receive maximum of the client, and within its largest packet", () => {
    const bench = new BrokerBench();
    const reader = bench.connectKept("reader", 5, { properties: { receiveMaximum: 2, maximumPacketSize: 64 } });
    reader.subscribe("t", 1);
    const writer = connect5(bench, "writer");
    writer.publish("t", "too large".repeat(10), 1);
    for (const text of ["1", "2", "3"]) writer.publish("t", text, 1);
    expect(reader.messages).toEqual(["t 1", "t 2"]);
    reader.send({ cmd: "puback", messageId: reader.publishes[0]?.messageId as number });
    expect(reader.messages).toEqual(["t 1", "t 2", "t 3"]);
  });

  it("above our receive maximum end the connection with 0x93", () => {
    const bench = new BrokerBench({ receiveMaximum: 2 });
    const reader = bench.connectKept("reader", 5);
    reader.subscribe("t", 1);
    const writer = connect5(bench, "writer");
    bench.isHolding = true;
    for (const messageId of [1, 2]) writer.publish("t", "x", 1, { messageId });
    expect(writer.ending).toBeUndefined();
    writer.publish("t", "x", 1, { messageId: 3 });
    expect(writer.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x93 });
  });

  it("that are refused with PUBREC 0x80 and above are done with", () => {
    const bench = new BrokerBench();
    const reader = bench.connectKept("reader", 5);
    reader.subscribe("t", 2);
    connect5(bench, "writer").publish("t", "x", 2);
    reader.send({ cmd: "pubrec", messageId: 1, reasonCode: 0x97 });
    expect(reader.commands).not.toContain("pubrel");
    expect(bench.broker.queuedFor("reader")).toBe(0);
  });
});

describe("subscriptions", () => {
  it("do not give a client what it published itself, if it does not want that", () => {
    const bench = new BrokerBench();
    const client = connect5(bench, "a");
    client.subscribe("t", 0, { nl: true });
    client.publish("t", "mine");
    connect5(bench, "b").publish("t", "theirs");
    expect(client.messages).toEqual(["t theirs"]);
  });

  it("keep the retain flag as it was published, if the client wants that", () => {
    const bench = new BrokerBench();
    const client = connect5(bench, "a");
    client.subscribe("as", 0, { rap: true });
    client.subscribe("not", 0);
    for (const topic of ["as", "not"]) connect5(bench, "b").publish(topic, "x", 0, { retain: true });
    expect(client.publishes.map(({ topic, retain }) => [topic, retain])).toEqual([
      ["as", true],
      ["not", false],
    ]);
  });

  it.each([
    [0, 2],
    [1, 1],
    [2, 0],
  ])("retain handling %d gives the retained message %d times of two", (rh, times) => {
    const bench = new BrokerBench();
    const client = connect5(bench, "a");
    client.publish("t", "kept", 0, { retain: true });
    for (let count = 0; count < 2; count += 1) client.subscribe("t", 0, { rh });
    expect(client.messages).toHaveLength(times);
  });

  it("name all their identifiers with a message", () => {
    const bench = new BrokerBench();
    const client = connect5(bench, "a");
    client.subscribe("a/#", 0, {}, { subscriptionIdentifier: 7 });
    client.subscribe("a/+", 1, {}, { subscriptionIdentifier: 268_435_455 });
    client.subscribe("a/b", 0);
    connect5(bench, "b").publish("a/b", "x");
    const [message] = client.publishes;
    expect([message?.properties?.subscriptionIdentifier].flat().sort()).toEqual([268_435_455, 7]);
  });

  it("that are shared give each message to one, in turn, and to one who is there", () => {
    const bench = new BrokerBench();
    const workers = ["a", "b"].map((name) => bench.connectKept(name, 5));
    for (const worker of workers) worker.subscribe("$share/g/job/+", 1);
    const other = connect5(bench, "other");
    other.subscribe("$share/h/job/#", 0);
    const sender = connect5(bench, "sender");
    for (let count = 0; count < 4; count += 1) sender.publish("job/x", String(count), 1);
    expect(workers.map(({ messages }) => messages.length)).toEqual([2, 2]);
    expect(other.messages).toHaveLength(4);
    workers[0]?.cut();
    for (let count = 4; count < 8; count += 1) sender.publish("job/x", String(count), 1);
    expect(workers[1]?.messages).toHaveLength(6);
    workers[1]?.send({ cmd: "unsubscribe", messageId: 3, unsubscriptions: ["$share/g/job/+"] });
    sender.publish("job/x", "waits", 1);
    expect(bench.broker.queuedFor("a")).toBe(3);
  });

  it("are refused one by one, with the reason", () => {
    const bench = new BrokerBench(
      { subscriptionsMax: 2, topicLevelsMax: 3 },
      { authoriseSubscribe: (_client, filter) => (filter === "secret" ? 0x87 : 0) },
    );
    const filters = [
      "a/#/b",
      "a+",
      "",
      "a/b/c/d",
      "secret",
      "$share//a",
      "$share/g+/a",
      "$share/g",
      "ok",
      "ok2",
      "ok3",
    ];
    const subscriptions = filters.map((topic) => ({ topic, qos: 1 }) as const);
    const [five, old] = [connect5(bench, "five"), bench.connect("old", 4)];
    for (const client of [five, old]) client.send({ cmd: "subscribe", messageId: 1, subscriptions });
    const invalid = 0x8f;
    const reasons = [invalid, invalid, invalid, invalid, 0x87, invalid, invalid, invalid, 1, 1, 0x97];
    expect(five.packets.at(-1)).toMatchObject({ granted: reasons });
    expect(old.packets.at(-1)).toMatchObject({ granted: reasons.map((code) => (code >= 0x80 ? 0x80 : code)) });
    five.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["ok", "never"] });
    expect(five.packets.at(-1)).toMatchObject({ cmd: "unsuback", granted: [0, 0x11] });
  });

  it("that the host adds give way to the client's own word (issue 12, A2)", () => {
    const bench = new BrokerBench({}, { subscriptionsOf: () => [{ filter: "pres/a", qos: 1 }] });
    const client = bench.connectKept("pager", 5);
    bench.broker.addSubscriptions("pager", [{ filter: "pres/b", qos: 1 }], bench.nowMs);
    expect(bench.broker.filtersOf("pager")).toEqual(["pres/a", "pres/b"]);
    client.subscribe("pres/a", 0);
    client.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["pres/b"] });
    bench.restart();
    bench.broker.addSubscriptions(
      "pager",
      [
        { filter: "pres/a", qos: 2 },
        { filter: "pres/b", qos: 1 },
      ],
      bench.nowMs,
    );
    expect(bench.broker.filtersOf("pager")).toEqual(["pres/a"]);
    const back = bench.connectKept("pager", 5);
    connect5(bench, "sender").publish("pres/a", "x", 1);
    expect(back.publishes.map(({ qos }) => qos)).toEqual([0]);
    back.subscribe("pres/b", 1);
    expect(bench.broker.filtersOf("pager")).toEqual(["pres/a", "pres/b"]);
  });
});

describe("wills", () => {
  const will = (willDelayInterval: number) =>
    ({ topic: "will", payload: payload("gone"), qos: 1, retain: false, properties: { willDelayInterval } }) as const;
  const watched = () => {
    const bench = new BrokerBench();
    const reader = bench.connect("reader", 5);
    reader.subscribe("will", 1);
    return { bench, reader };
  };

  it("wait for their delay, and are not published if the client is back", () => {
    const { bench, reader } = watched();
    bench.connectKept("a", 5, { will: will(10) }).cut();
    bench.pass(9_000);
    bench.connectKept("a", 5, { will: will(10) });
    bench.pass(20_000);
    expect(reader.messages).toEqual([]);
    bench.connectKept("a", 5).disconnect();
    bench.connectKept("a", 5, { will: will(10) }).cut();
    bench.pass(10_000);
    expect(reader.messages).toEqual(["will gone"]);
  });

  it("do not wait longer than their session", () => {
    const { bench, reader } = watched();
    bench.connectKept("a", 5, { will: will(100), properties: { sessionExpiryInterval: 5 } }).cut();
    bench.pass(5_000);
    expect(reader.messages).toEqual(["will gone"]);
    bench.connectKept("b", 5, { will: will(100) }).cut();
    bench.connect("b", 5);
    expect(reader.messages).toEqual(["will gone", "will gone"]);
  });

  it("wait across a power cut, carry no delay, and are published at DISCONNECT with 0x04", () => {
    const { bench } = watched();
    bench.connectKept("a", 5, { will: will(10) }).cut();
    bench.restart();
    const reader = bench.connect("reader", 5);
    reader.subscribe("will", 1);
    bench.pass(10_000);
    expect(reader.messages).toEqual(["will gone"]);
    expect(reader.publishes[0]?.properties).toBeUndefined();
    bench.connectKept("b", 5, { will: will(0) }).send({ cmd: "disconnect", reasonCode: 4 });
    expect(reader.messages).toHaveLength(2);
  });

  it("have to be allowed", () => {
    const bench = new BrokerBench({}, { authorisePublish: () => 0x87 });
    expect(bench.connect("a", 5, { will: will(0) }).connack?.reasonCode).toBe(0x87);
  });
});
