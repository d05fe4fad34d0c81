/** The station's broker on its sockets: an acknowledged message is stored, order is kept, and nothing is doubled. */
import { once } from "node:events";
import { createConnection } from "node:net";
import { generate } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import type { ClientGate } from "../../../../hosts/station/policy/client-gate.ts";
import { StationBench, startStation, until } from "../harness.ts";
import { RawClient as Client, type RawClientOptions } from "../raw-client.ts";

const bench = new StationBench();
afterEach(() => bench.end());

/** A client whose connection is cut at the end of the test. */
class RawClient extends Client {
  constructor(port: number, options?: RawClientOptions) {
    super(port, options);
    bench.add(() => this.cut());
  }
}

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);

describe("StationBroker", () => {
  it("queues for a client that is away, and sends in order and once, also after a restart and more than ten messages", async () => {
    const data = bench.folder();
    const receiver = async (port: number) => {
      const client = new RawClient(port);
      return { client, present: await client.connect("pager-1") };
    };
    let station = await startStation({ data });
    const first = await receiver(station.mqttPort);
    await first.client.subscribe("/field/im/pager-1");
    await first.client.cut();
    for (const [from, to] of [
      [0, 25],
      [25, 37],
      [37, 50],
    ] as const) {
      const sender = await bench.mqtt(station.mqttPort);
      for (const text of numbered(from, to)) await sender.publishAsync("/field/im/pager-1", text, { qos: 1 });
      await sender.endAsync(true);
      await station.close();
      station = await startStation({ data });
    }
    bench.add(() => station.close());
    const { client, present } = await receiver(station.mqttPort);
    expect(present).toBe(true);
    await until("50 messages", () => client.publishes.length >= 50);
    expect(client.texts).toEqual(numbered(0, 50));
    expect(client.publishes.every(({ dup, retain }) => !dup && !retain)).toBe(true);
    await client.cut();
    const again = await receiver(station.mqttPort);
    const sender = await bench.mqtt(station.mqttPort);
    await sender.publishAsync("/field/im/pager-1", "last", { qos: 1 });
    await until("the last", () => again.client.texts.includes("last"));
    expect(again.client.texts).toEqual(["last"]);
  });

  it("sends an unacknowledged message again with DUP and the same identifier", async () => {
    const { port } = await bench.broker();
    const deaf = new RawClient(port, { acknowledges: false });
    await deaf.connect("pager-1");
    await deaf.subscribe("/field/im/pager-1");
    const sender = await bench.mqtt(port);
    for (const text of numbered(0, 3)) await sender.publishAsync("/field/im/pager-1", text, { qos: 1 });
    await until("3 messages", () => deaf.publishes.length === 3);
    expect(deaf.publishes.map(({ dup }) => dup)).toEqual([false, false, false]);
    await deaf.cut();
    const client = new RawClient(port);
    await client.connect("pager-1");
    await until("3 messages again", () => client.publishes.length === 3);
    expect(client.texts).toEqual(numbered(0, 3));
    expect(client.publishes.map(({ dup }) => dup)).toEqual([true, true, true]);
    expect(client.publishes.map(({ messageId }) => messageId)).toEqual(
      deaf.publishes.map(({ messageId }) => messageId),
    );
  });

  it("gives no new message the identifier of one that is sent again", async () => {
    const { broker, port } = await bench.broker();
    const deaf = new RawClient(port, { acknowledges: false });
    await deaf.connect("pager-1");
    await deaf.subscribe("/field/im/pager-1");
    for (const text of numbered(0, 3)) await broker.publish({ topic: "/field/im/pager-1", payload: Buffer.from(text) });
    await until("3 messages", () => deaf.publishes.length === 3);
    await deaf.cut();
    const former = deaf.publishes.map(({ messageId }) => messageId);
    const client = new RawClient(port, { acknowledges: false });
    await client.connect("pager-1");
    for (const text of numbered(3, 5)) await broker.publish({ topic: "/field/im/pager-1", payload: Buffer.from(text) });
    await until("5 messages", () => client.publishes.length === 5);
    expect(client.texts).toEqual(numbered(0, 5));
    const identifiers = client.publishes.map(({ messageId }) => messageId);
    expect(identifiers.slice(0, 3)).toEqual(former);
    expect(new Set(identifiers).size).toBe(5);
  });

  it("refuses a login that it cannot check, and takes the next one", async () => {
    const guest = { identity: undefined };
    const outcomes = [() => Promise.reject(new Error("disk")), () => Promise.resolve(guest)];
    const admit = () => outcomes.shift()?.();
    const gate = { admit, isCurrent: () => true, inflightMax: () => undefined, packetBytesMax: () => 65_536 };
    const { port } = await bench.broker({ gate: gate as unknown as ClientGate });
    const refused = new RawClient(port);
    await refused.connect("pager-1");
    expect(refused.packets).toMatchObject([{ cmd: "connack", returnCode: 3 }]);
    const next = new RawClient(port);
    await next.connect("pager-1");
    expect(next.packets).toMatchObject([{ cmd: "connack", returnCode: 0 }]);
  });

  it("clears RETAIN for an older subscription, connected or away, and sets it for a new one", async () => {
    const { port } = await bench.broker();
    const topic = "/field/pres/pager-1";
    const away = new RawClient(port);
    await away.connect("away");
    await away.subscribe(topic);
    await away.cut();
    const here = new RawClient(port);
    await here.connect("here");
    await here.subscribe(topic);
    const sender = await bench.mqtt(port);
    await sender.publishAsync(topic, "Q", { qos: 1, retain: true });
    await until("the live one", () => here.publishes.length === 1);
    expect(here.publishes[0]?.retain).toBe(false);
    const back = new RawClient(port);
    await back.connect("away");
    await until("the queued one", () => back.publishes.length === 1);
    expect(back.publishes[0]?.retain).toBe(false);
    const late = new RawClient(port);
    await late.connect("late");
    await late.subscribe(topic);
    await until("the retained one", () => late.publishes.length === 1);
    expect(late.publishes[0]?.retain).toBe(true);
  });

  it("keeps the order of each publisher and QoS, and drops none as a duplicate", async () => {
    const { port } = await bench.broker();
    const client = new RawClient(port);
    await client.connect("pager-1");
    await client.subscribe("/t/#");
    const senders = await Promise.all([0, 1, 2, 3].map(() => bench.mqtt(port)));
    await Promise.all(
      senders.flatMap((sender, who) =>
        numbered(0, 100).map((text, index) =>
          sender.publishAsync(`/t/${who}`, `${who} ${text}`, {
            qos: index % 3 === 0 ? 0 : 1,
            retain: index % 5 === 0,
          }),
        ),
      ),
    );
    await until("400 messages", () => client.publishes.length >= 400);
    for (const who of [0, 1, 2, 3]) {
      // Messages of the same QoS keep their order [MQTT-4.6.0-6].
      for (const qos of [0, 1]) {
        const own = client.publishes.filter((each) => each.topic === `/t/${who}` && each.qos === qos);
        const sent = numbered(0, 100).filter((_text, index) => (index % 3 === 0 ? 0 : 1) === qos);
        expect(own.map(({ payload }) => payload.toString())).toEqual(sent.map((text) => `${who} ${text}`));
      }
    }
  });

  it("loses, doubles and reorders nothing while a client comes and goes in the middle of messages", async () => {
    const station = await bench.station();
    const topic = "/field/im/pager-1";
    const first = new RawClient(station.mqttPort);
    await first.connect("pager-1");
    await first.subscribe(topic);
    const sender = await bench.mqtt(station.mqttPort);
    const count = 300;
    const sending = Promise.all(numbered(0, count).map((text) => sender.publishAsync(topic, text, { qos: 1 })));
    const seen = [first];
    for (let round = 0; round < 12; round += 1) {
      await seen.at(-1)?.cut();
      const client = new RawClient(station.mqttPort);
      seen.push(client);
      await client.connect("pager-1");
      const before = client.publishes.length;
      await until("some more", () => client.publishes.length > before + 3 || texts().size === count);
    }
    await sending;
    function texts(): Set<string> {
      return new Set(seen.flatMap((client) => client.texts));
    }
    await until("all", () => texts().size === count);
    for (const client of seen) {
      const indexes = client.texts.map((text) => Number(text.slice(1)));
      expect(indexes, "in order within one connection").toEqual([...new Set(indexes)].sort((a, b) => a - b));
    }
    // Only messages that were in flight when a connection was cut come again, with DUP 1.
    const known = new Set<string>();
    for (const { payload, dup } of seen.flatMap((client) => client.publishes)) {
      if (known.has(payload.toString())) expect(dup).toBe(true);
      known.add(payload.toString());
    }
  });

  it("delivers messages that come while a subscription is being stored", async () => {
    const { port } = await bench.broker();
    const sender = await bench.mqtt(port);
    for (let round = 0; round < 20; round += 1) {
      const topic = `/field/im/p-${round}`;
      const client = new RawClient(port);
      await client.connect(`p-${round}`);
      const subscribed = client.subscribe(topic);
      await Promise.all(numbered(0, 5).map((text) => sender.publishAsync(topic, text, { qos: 1 })));
      await subscribed;
      await sender.publishAsync(topic, "end", { qos: 1 });
      await until("the end", () => client.texts.includes("end"));
      const expected = [...numbered(0, 5), "end"];
      // Messages from before the subscription may be missing. After the first one that arrives, none may be missing.
      expect(client.texts).toEqual(expected.slice(expected.indexOf(client.texts[0] as string)));
      await client.cut();
    }
  });

  it("takes over a session and serves the newer connection", async () => {
    const { port } = await bench.broker();
    const topic = "/field/im/pager-1";
    const older = new RawClient(port);
    await older.connect("pager-1");
    await older.subscribe(topic);
    const newer = new RawClient(port);
    expect(await newer.connect("pager-1")).toBe(true);
    const sender = await bench.mqtt(port);
    await sender.publishAsync(topic, "hello", { qos: 1 });
    await until("it", () => newer.texts.length > 0);
    expect(newer.texts).toEqual(["hello"]);
    expect(older.texts).toEqual([]);
  });

  it("goes on after bytes that are no MQTT, and a message of 1 MB", async () => {
    const { port } = await bench.broker();
    const noise = createConnection({ host: "127.0.0.1", port }).on("error", () => {});
    noise.write(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    await once(noise, "close");
    const client = new RawClient(port);
    await client.connect("big");
    await client.subscribe("/big");
    const sender = await bench.mqtt(port);
    await sender.publishAsync("/big", Buffer.alloc(1_048_576, 1), { qos: 1 });
    await until("1 MB", () => client.publishes[0]?.payload.length === 1_048_576);
    await sender.publishAsync("/big", "still here", { qos: 1 });
    await until("the next", () => client.texts.at(-1) === "still here");
  });

  it("ends a connection at a packet that claims 256 MB, without waiting for it", async () => {
    const { port } = await bench.broker();
    const greedy = createConnection({ host: "127.0.0.1", port }).on("error", () => {});
    greedy.write(generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: "g", clean: true }));
    await once(greedy, "data");
    greedy.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]));
    await once(greedy, "close");
    const sender = await bench.mqtt(port);
    const closed = new Promise((resolve) => sender.once("close", () => resolve(undefined)));
    sender.on("error", () => {});
    sender.publish("/big", Buffer.alloc(5 * 1_048_576), { qos: 1 });
    await closed;
  });
});
