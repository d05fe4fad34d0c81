/** What the standards ask of a server, and no other test shows. */
import { describe, expect, it } from "vitest";
import { BrokerBench } from "./bench.ts";

/** Longer than the packet that a client takes. */
const REASON = "because ".repeat(10);

describe.each([4, 5] as const)("level %d", (level) => {
  it("a retained message outlives the session of its publisher", () => {
    const bench = new BrokerBench();
    const writer = bench.connect("writer", level);
    writer.publish("t", "kept", 1, { retain: true });
    writer.disconnect();
    expect(bench.broker.sessionCount).toBe(0);
    const reader = bench.connect("reader", level);
    reader.subscribe("t", 1);
    expect(reader.messages).toEqual(["t kept"]);
  });

  it("the retain flag stands on what was kept, and not on what comes live", () => {
    const bench = new BrokerBench();
    const [early, writer] = [bench.connect("early", level), bench.connect("writer", level)];
    early.subscribe("t", 1);
    writer.publish("t", "kept", 1, { retain: true });
    writer.publish("t", "passing", 1);
    const late = bench.connect("late", level);
    late.subscribe("t", 1);
    expect(early.publishes.map(({ retain }) => retain)).toEqual([false, false]);
    expect(late.publishes.map(({ retain, payload }) => [retain, String(payload)])).toEqual([[true, "kept"]]);
  });

  it("UNSUBSCRIBE ends what comes, but not what is on its way", () => {
    const bench = new BrokerBench();
    const reader = bench.connectKept("reader", level);
    reader.subscribe("t", 2);
    const writer = bench.connect("writer", level);
    writer.publish("t", "on its way", 2);
    reader.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["t"] });
    writer.publish("t", "too late", 2, { messageId: 10 });
    reader.cut();
    const again = bench.connectKept("reader", level);
    expect(again.messages).toEqual(["t on its way"]);
    again.send({ cmd: "pubrec", messageId: 1 });
    again.send({ cmd: "pubcomp", messageId: 1 });
    expect(again.commands.at(-1)).toBe("pubrel");
    expect(bench.broker.queuedFor("reader")).toBe(0);
  });

  it("does not let a message that waits for room keep back an answer", () => {
    const bench = new BrokerBench({ inflightMax: 1 });
    const reader = bench.connectKept("reader", level);
    reader.subscribe("t", 2);
    const writer = bench.connect("writer", level);
    for (const messageId of [1, 2]) writer.publish("t", "x", 2, { messageId });
    expect(reader.messages).toHaveLength(1);
    reader.publish("other", "x", 1);
    reader.send({ cmd: "pubrec", messageId: 1 });
    expect(reader.commands.slice(-2)).toEqual(["puback", "pubrel"]);
    reader.send({ cmd: "pubcomp", messageId: 1 });
    expect(reader.messages).toHaveLength(2);
  });

  it("subscribes anew with a lower QoS, and loses nothing", () => {
    const bench = new BrokerBench();
    const reader = bench.connectKept("reader", level);
    reader.subscribe("t", 2);
    const writer = bench.connect("writer", level);
    writer.publish("t", "before", 2);
    reader.subscribe("t", 0);
    writer.publish("t", "after", 2, { messageId: 10 });
    expect(reader.publishes.map(({ qos, payload }) => [qos, String(payload)])).toEqual([
      [2, "before"],
      [0, "after"],
    ]);
    expect(bench.broker.filtersOf("reader")).toEqual(["t"]);
  });

  it("topics are compared character by character, and not made alike", () => {
    const bench = new BrokerBench();
    const reader = bench.connect("reader", level);
    for (const filter of ["\u00e9", "A", "/a", "b/"]) reader.subscribe(filter, 0);
    const writer = bench.connect("writer", level);
    for (const topic of ["e\u0301", "a", "A", "a/", "/a", "b", "b/", "\u00e9"]) writer.publish(topic, "x");
    expect(reader.publishes.map(({ topic }) => topic)).toEqual(["A", "/a", "b/", "\u00e9"]);
  });

  it("refuses a client, and takes nothing of what it sends behind CONNECT", () => {
    const taken: string[] = [];
    const bench = new BrokerBench(
      {},
      {
        authenticate: ({ clientIdentifier }) =>
          clientIdentifier === "bad" ? { type: "refuse", reasonCode: 0x87 } : { type: "accept" },
        authorisePublish: (_client, { topic }) => {
          taken.push(topic);
          return 0;
        },
      },
    );
    const client = bench.open(level);
    client.connect({ clientId: "bad" });
    client.publish("t", "x", 1);
    expect(client.commands).toEqual(["connack"]);
    expect(taken).toEqual([]);
  });
});

describe("MQTT 5", () => {
  it("drops a client by the keep alive that it was told", () => {
    const bench = new BrokerBench({ keepAliveSecondsMax: 10 });
    const client = bench.connect("a", 5, { keepalive: 0 });
    expect(client.connack?.properties?.serverKeepAlive).toBe(10);
    bench.pass(15_000);
    expect(client.packets.at(-1)).toMatchObject({ cmd: "disconnect", reasonCode: 0x8d });
  });

  it("a shared message that a client refuses goes to nobody else", () => {
    const bench = new BrokerBench();
    const workers = ["a", "b"].map((name) => bench.connectKept(name, 5));
    for (const worker of workers) worker.subscribe("$share/g/t", 2);
    bench.connect("sender", 5).publish("t", "x", 2);
    const chosen = workers.find(({ messages }) => messages.length > 0);
    chosen?.send({ cmd: "pubrec", messageId: 1, reasonCode: 0x83 });
    expect(workers.flatMap(({ messages }) => messages)).toHaveLength(1);
    expect(bench.broker.queuedFor("a") + bench.broker.queuedFor("b")).toBe(0);
  });

  it("says no reason in words where the client does not want that, or has no room for it", () => {
    const bench = new BrokerBench(
      {},
      {
        authenticate: ({ clientIdentifier }) =>
          clientIdentifier === "no" ? { type: "refuse", reasonCode: 0x87, reasonString: REASON } : { type: "accept" },
      },
    );
    const reasonOf = (maximumPacketSize: number) =>
      bench.connect("no", 5, { properties: { maximumPacketSize } }).connack?.properties?.reasonString;
    expect([reasonOf(1_000), reasonOf(64)]).toEqual([REASON, undefined]);
    const silent = bench.connect("quiet", 5, { properties: { requestProblemInformation: false } });
    silent.subscribe("a+");
    silent.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["never"] });
    silent.publish("$x", "x", 1);
    for (const packet of silent.packets.slice(1)) expect("properties" in packet && packet.properties).toBeFalsy();
  });
});
