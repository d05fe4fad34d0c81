/** What is said, and when: nothing that depends on a transaction before it is on the store, and nothing else waits. */
import { describe, expect, it } from "vitest";
import { BrokerBench, payload } from "./bench.ts";

const scene = (level: 4 | 5 = 5) => {
  const bench = new BrokerBench();
  const reader = bench.connectKept("reader", level);
  reader.subscribe("t", 2);
  const writer = bench.connectKept("writer", level);
  for (const client of [reader, writer]) client.take();
  bench.isHolding = true;
  return { bench, reader, writer };
};

describe("effects after commit", () => {
  it("acknowledges and delivers a message once it is on the store", () => {
    const { bench, reader, writer } = scene();
    writer.publish("t", "x", 1);
    expect([writer.commands, reader.commands]).toEqual([[], []]);
    bench.commit();
    expect([writer.commands, reader.commands]).toEqual([["puback"], ["publish"]]);
  });

  it("keeps the order of a connection, and lets others pass", () => {
    const { bench, reader, writer } = scene();
    writer.publish("t", "x", 1);
    writer.send({ cmd: "pingreq" });
    const other = bench.connect("other");
    other.send({ cmd: "pingreq" });
    other.publish("nobody", "x", 1);
    expect(other.commands).toEqual(["connack", "pingresp", "puback"]);
    expect([writer.commands, reader.commands]).toEqual([[], []]);
    bench.commit();
    expect(writer.commands).toEqual(["puback", "pingresp"]);
  });

  it("does not let messages of QoS 0 wait", () => {
    const { reader, writer } = scene();
    writer.publish("t", "x", 0);
    expect(reader.messages).toEqual(["t x"]);
  });

  it("writes all inputs of a turn in one transaction", () => {
    const { bench, writer } = scene();
    bench.isHolding = false;
    bench.batches.length = 0;
    for (let count = 0; count < 20; count += 1)
      bench.broker.handleBytes(writer.number, Buffer.from(`320700017400${(16 + count).toString(16)}0078`, "hex"), 0);
    bench.drain();
    expect(bench.batches).toEqual([40]);
    expect(writer.commands).toHaveLength(20);
  });

  it("says every step of QoS 2 after its write", () => {
    const { bench, reader, writer } = scene();
    const steps: string[][] = [];
    const step = (run: () => void) => {
      run();
      steps.push([...writer.take(), ...reader.take()].map(({ cmd }) => cmd));
      bench.commit();
      steps.push([...writer.take(), ...reader.take()].map(({ cmd }) => cmd));
    };
    step(() => writer.publish("t", "x", 2));
    step(() => writer.send({ cmd: "pubrel", messageId: 9 }));
    step(() => reader.send({ cmd: "pubrec", messageId: 1 }));
    expect(steps).toEqual([[], ["pubrec", "publish"], [], ["pubcomp"], [], ["pubrel"]]);
  });

  it("says CONNACK, SUBACK and UNSUBACK of a kept session after their writes", () => {
    const { bench } = scene();
    const client = bench.connectKept("new");
    expect(client.commands).toEqual([]);
    bench.commit();
    client.subscribe("a", 1);
    expect(client.commands).toEqual(["connack"]);
    bench.commit();
    client.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["a"] });
    expect(client.commands).toEqual(["connack", "suback"]);
    bench.commit();
    expect(client.commands).toEqual(["connack", "suback", "unsuback"]);
  });

  it("forgets at a power cut what it has not said", () => {
    const { bench, writer } = scene();
    writer.publish("t", "lost, not acknowledged", 1);
    bench.isHolding = false;
    bench.restart();
    expect(bench.connectKept("reader", 5).messages).toEqual([]);
  });

  it("says that a former session is gone once it is", () => {
    const { bench } = scene();
    const clean = bench.connect("reader", 5);
    expect(clean.commands).toEqual([]);
    bench.commit();
    expect(clean.connack?.sessionPresent).toBe(false);
  });
});

describe("a store that refuses", () => {
  const full = (level: 4 | 5) => {
    const { bench, reader, writer } = scene(level);
    bench.isHolding = false;
    bench.isFull = true;
    writer.publish("t", "accepted in the turn of the refusal", 1);
    return { bench, reader, writer };
  };

  it.each([4, 5] as const)(
    "level %d: says nothing of what it refused, and says it when there is room again",
    (level) => {
      const { bench, reader, writer } = full(level);
      expect(bench.broker.isRefusing).toBe(true);
      expect([writer.commands, reader.commands]).toEqual([[], []]);
      bench.pass(5_000);
      expect(writer.commands).toEqual([]);
      bench.isFull = false;
      bench.pass(1_000);
      expect(bench.broker.isRefusing).toBe(false);
      expect([writer.commands, reader.messages]).toEqual([["puback"], ["t accepted in the turn of the refusal"]]);
      bench.restart();
      expect(bench.connectKept("reader", level).messages).toEqual(["t accepted in the turn of the refusal"]);
    },
  );

  it("MQTT 5: refuses what it would have to write with 0x97, and passes on what it need not", () => {
    const { bench, reader, writer } = full(5);
    writer.publish("t", "b", 1, { messageId: 10 });
    writer.publish("t", "c", 2, { messageId: 11 });
    writer.publish("t", "d", 0);
    writer.subscribe("new", 1);
    bench.isFull = false;
    bench.pass(1_000);
    expect(writer.packets).toMatchObject([
      { cmd: "puback", messageId: 9, reasonCode: 0 },
      { cmd: "puback", messageId: 10, reasonCode: 0x97 },
      { cmd: "pubrec", messageId: 11, reasonCode: 0x97 },
      { cmd: "suback", granted: [0x97] },
    ]);
    expect(reader.messages).toEqual(["t accepted in the turn of the refusal", "t d"]);
    expect(bench.broker.filtersOf("writer")).toEqual([]);
  });

  it("3.1.1: lets messages wait unanswered while there is memory for them, and takes no new client", () => {
    const bench = new BrokerBench({ batchBytesMax: 500 });
    bench.connectKept("reader").subscribe("t", 1);
    const writer = bench.connect("writer");
    writer.take();
    bench.isFull = true;
    for (const messageId of [9, 10]) writer.publish("t", "x".repeat(100), 1, { messageId });
    expect([writer.commands, writer.ending]).toEqual([[], undefined]);
    writer.publish("t", "x".repeat(300), 1, { messageId: 11 });
    writer.publish("t", "x", 1, { messageId: 12 });
    expect([writer.commands, writer.ending]).toEqual([[], "PUBLISH to t: no room"]);
    expect(bench.connect("new").connack?.returnCode).toBe(3);
    expect(bench.connect("new", 5).connack?.reasonCode).toBe(0x88);
  });

  it("still publishes a will", () => {
    const { bench } = full(5);
    bench.isFull = false;
    bench.pass(1_000);
    const will = { topic: "t", payload: payload("gone"), qos: 1, retain: false } as const;
    const mortal = bench.connectKept("mortal", 5, { will });
    bench.isFull = true;
    bench.connect("mover", 5).publish("t", "refused", 1);
    mortal.cut();
    bench.isFull = false;
    bench.pass(2_000);
    bench.restart();
    expect(bench.connectKept("reader", 5).messages).toContain("t gone");
  });

  it("a message is kept once, however many queues hold it", () => {
    const bench = new BrokerBench();
    for (let number = 0; number < 50; number += 1) {
      const client = bench.connectKept(`c${number}`);
      client.subscribe("all", 1);
      client.cut();
    }
    const large = "x".repeat(10_000);
    bench.connect("sender").publish("all", large, 1);
    expect(bench.keys("m/")).toHaveLength(1);
    expect(bench.keys("q/")).toHaveLength(50);
    const bytes = [...bench.records.values()].reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThan(20_000);
    for (let number = 0; number < 50; number += 1) {
      expect(bench.keys("m/")).toHaveLength(1);
      const client = bench.connectKept(`c${number}`);
      client.send({ cmd: "puback", messageId: client.publishes[0]?.messageId as number });
    }
    expect(bench.keys("m/")).toEqual([]);
  });
});
