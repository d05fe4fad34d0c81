/** What the broker owes a client over several connections. The tests use only bytes, cuts and restarts, so they fit any broker. */
import { afterEach, describe, expect, it } from "vitest";
import { StationBench, until } from "./harness.ts";
import { RawClient as Raw, type RawClientOptions } from "./raw-client.ts";

const bench = new StationBench();
afterEach(() => bench.end());

function rawClient(port: number, options?: RawClientOptions): Raw {
  const client = new Raw(port, options);
  bench.add(() => client.cut());
  return client;
}

/** A client of a kept session, connected. */
async function connected(port: number, clientId: string, options?: RawClientOptions): Promise<Raw> {
  const client = rawClient(port, options);
  await client.connect(clientId);
  return client;
}

/** Makes a kept session with these subscriptions, in this order, and leaves. */
async function leave(port: number, clientId: string, subscriptions: [topic: string, qos: 0 | 1 | 2][]): Promise<void> {
  const client = await connected(port, clientId);
  for (const [topic, qos] of subscriptions) await client.subscribeWith([{ topic, qos }]);
  await client.cut();
}

async function publish(port: number, topic: string, text: string, qos: 0 | 1 | 2): Promise<void> {
  const sender = await bench.mqtt(port);
  await sender.publishAsync(topic, text, { qos });
  await sender.endAsync();
}

describe("a kept session whose client left after PUBREC", () => {
  it("gets PUBREL at every return, also after a restart, until PUBCOMP", async () => {
    const folder = bench.folder();
    let { port, close } = await bench.broker({ folder });
    const first = await connected(port, "c", { completes: false });
    await first.subscribeWith([{ topic: "o/x", qos: 2 }]);
    await publish(port, "o/x", "one", 2);
    await until("PUBREL", () => first.packets.some(({ cmd }) => cmd === "pubrel"));
    await first.cut();
    for (let round = 0; round < 3; round += 1) {
      const again = await connected(port, "c", { completes: false });
      const pubrel = await until(
        "PUBREL again",
        () => again.violation ?? again.packets.find(({ cmd }) => cmd === "pubrel"),
      );
      expect(pubrel, `round ${round}`).toMatchObject({ cmd: "pubrel", messageId: first.publishes[0]?.messageId });
      await again.settle();
      expect(again.texts).toEqual([]);
      await again.cut();
      if (round === 1) {
        await close();
        ({ port, close } = await bench.broker({ folder }));
      }
    }
    const last = await connected(port, "c");
    await until("PUBREL at last", () => last.packets.some(({ cmd }) => cmd === "pubrel"));
    await last.settle();
    await last.cut();
    const done = await connected(port, "c");
    await done.settle();
    expect(done.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
  });

  it("also gets the messages that came meanwhile", async () => {
    const { port } = await bench.broker();
    const first = await connected(port, "c", { completes: false });
    await first.subscribeWith([{ topic: "o/x", qos: 2 }]);
    await publish(port, "o/x", "one", 2);
    await until("PUBREL", () => first.packets.some(({ cmd }) => cmd === "pubrel"));
    await first.cut();
    await publish(port, "o/x", "two", 2);
    const again = await connected(port, "c");
    await until("the second", () => again.violation ?? again.texts.includes("two"));
    expect([again.violation, again.texts]).toEqual([undefined, ["two"]]);
  });
});

describe("the QoS of what is sent", () => {
  const cases: [subscriptions: [string, 0 | 1 | 2][], published: 0 | 1 | 2, expected: 0 | 1 | 2][] = [
    [[["o/x", 1]], 2, 1],
    [[["o/x", 2]], 2, 2],
    [[["o/x", 2]], 1, 1],
    [[["o/+", 1]], 2, 1],
    [
      [
        ["o/#", 1],
        ["o/x", 0],
      ],
      1,
      1,
    ],
    [
      [
        ["o/x", 0],
        ["o/#", 1],
      ],
      1,
      1,
    ],
    [
      [
        ["o/#", 1],
        ["o/x", 2],
      ],
      2,
      2,
    ],
    [
      [
        ["o/x", 2],
        ["o/#", 1],
      ],
      2,
      2,
    ],
    [
      [
        ["o/#", 1],
        ["o/x", 1],
        ["o/+", 0],
      ],
      2,
      1,
    ],
    [
      [
        ["o/x", 1],
        ["o/x", 2],
      ],
      2,
      2,
    ],
    [
      [
        ["o/x", 2],
        ["o/x", 1],
      ],
      2,
      1,
    ],
    [
      [
        ["#", 1],
        ["+/x", 0],
      ],
      1,
      1,
    ],
    [[["o/x/#", 1]], 1, 1],
  ];

  it.each(cases)(
    "of %j and a message of QoS %i is %i, away and connected [MQTT-3.3.5-1]",
    async (subscriptions, qos, expected) => {
      const { port } = await bench.broker();
      await leave(port, "c", subscriptions);
      await publish(port, "o/x", "away", qos);
      const client = await connected(port, "c");
      await until("what came while it was away", () => client.texts.includes("away"));
      await publish(port, "o/x", "here", qos);
      await until("what comes now", () => client.texts.includes("here"));
      await client.settle();
      expect(client.publishes.map((each) => [each.payload.toString(), each.qos, each.dup])).toEqual([
        ["away", expected, false],
        ["here", expected, false],
      ]);
      await client.cut();
      const again = await connected(port, "c");
      await again.settle();
      expect(again.texts, "nothing again").toEqual([]);
    },
  );

  it("is 0 for a subscription with QoS 0, and no such message waits for a client that is away", async () => {
    const { port } = await bench.broker();
    const first = await connected(port, "c");
    await first.subscribeWith([
      { topic: "o/+", qos: 0 },
      { topic: "o/x", qos: 0 },
    ]);
    await publish(port, "o/x", "here", 2);
    await until("it", () => first.texts.length > 0);
    await first.settle();
    expect(first.publishes.map(({ qos, dup }) => [qos, dup])).toEqual([[0, false]]);
    await first.cut();
    await publish(port, "o/x", "away", 2);
    for (const _round of [1, 2]) {
      const again = await connected(port, "c");
      await again.settle();
      expect(again.texts).toEqual([]);
      await again.cut();
    }
  });

  it("is that of the highest filter also in a clean session and for retained messages", async () => {
    const { port } = await bench.broker();
    const sender = await bench.mqtt(port);
    await sender.publishAsync("o/x", "kept", { qos: 2, retain: true });
    const client = rawClient(port);
    await client.connect("c", true);
    await client.subscribeWith([
      { topic: "o/#", qos: 1 },
      { topic: "o/x", qos: 0 },
    ]);
    await until("the retained one", () => client.texts.includes("kept"));
    await publish(port, "o/x", "here", 2);
    await until("what comes now", () => client.texts.includes("here"));
    await client.settle();
    expect(client.publishes.filter(({ retain }) => !retain).map(({ qos }) => qos)).toEqual([1]);
    expect(client.publishes.filter(({ retain }) => retain).every(({ qos }) => qos <= 1)).toBe(true);
  });
});

describe("filters that overlap", () => {
  const all = ["o/#", "o/x", "o/+"];

  it.each(all)("lose nothing for a client that is away when %s is unsubscribed, also after a restart", async (gone) => {
    const folder = bench.folder();
    const { port, close } = await bench.broker({ folder });
    const client = await connected(port, "c");
    for (const topic of all) await client.subscribe(topic);
    await client.unsubscribe(gone);
    await client.cut();
    await publish(port, "o/x", "one", 1);
    await close();
    const later = await bench.broker({ folder });
    await publish(later.port, "o/x", "two", 1);
    const again = await connected(later.port, "c");
    await until("both", () => again.texts.length >= 2);
    await again.settle();
    expect(again.texts).toEqual(["one", "two"]);
  });

  it("are unsubscribed one by one", async () => {
    const { port } = await bench.broker();
    const client = await connected(port, "c");
    for (const topic of all) await client.subscribe(topic);
    for (const topic of all) {
      client.packets.splice(1);
      await client.unsubscribe(topic);
    }
    await publish(port, "o/x", "one", 1);
    await client.settle();
    expect(client.texts).toEqual([]);
    await client.cut();
    await publish(port, "o/x", "two", 1);
    const again = await connected(port, "c");
    await again.settle();
    expect(again.texts).toEqual([]);
  });
});

describe("what the broker refuses", () => {
  it("is an empty client identifier with a kept session: CONNACK 2, and the end [MQTT-3.1.3-8]", async () => {
    const station = await bench.station();
    const client = rawClient(station.mqttPort);
    // Protocol level 4, flags 0, keep-alive 60, an empty client identifier. No library writes such a packet.
    client.sendBytes(Buffer.from("100c00044d51545404 00 003c 0000".replaceAll(" ", ""), "hex"));
    await until("CONNACK", () => client.packets.length > 0);
    expect(client.packets).toMatchObject([{ cmd: "connack", returnCode: 2, sessionPresent: false }]);
    await until("the end", () => client.isClosed);
    const clean = rawClient(station.mqttPort);
    expect((await clean.logIn({ clientId: "", clean: true })).code).toBe(0);
  });

  it.each([
    ["$SYS/x/heartbeat", 1, "puback"],
    ["$SYS/x/heartbeat", 2, "pubrec"],
    ["a/".repeat(150), 1, "puback"],
    ["a/".repeat(150), 2, "pubrec"],
  ] as const)(
    "is a message to %s of QoS %i: acknowledged with %s, counted, and dropped",
    async (topic, qos, answer) => {
      const station = await bench.station();
      const listener = await connected(station.mqttPort, "l");
      await listener.subscribe("#", "$SYS/#");
      const refused = async () => {
        const health = (await (await fetch(`${station.url}/healthz`)).json()) as { refused: { publishes: number } };
        return health.refused.publishes;
      };
      const before = await refused();
      const client = await connected(station.mqttPort, "c");
      client.send({ cmd: "publish", topic, payload: "x", qos, messageId: 7, retain: true, dup: false });
      await until("the answer", () => client.isClosed || client.packets.find(({ cmd }) => cmd === answer));
      await client.settle();
      expect(client.packets.at(-1)).toMatchObject({ cmd: answer, messageId: 7 });
      expect(await refused()).toBe(before + 1);
      await publish(station.mqttPort, "o", "end", 1);
      await until("the end", () => listener.texts.includes("end"));
      expect(listener.publishes.filter(({ payload }) => payload.toString() === "x")).toEqual([]);
    },
  );
});
