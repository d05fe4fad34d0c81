/** What must work with every broker. A sender and a pager on Node use one real broker. A proxy cuts the pager's connections. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryStore } from "../../hosts/common/memory-store.ts";
import { integerBetween, seededRandom } from "../random.ts";
import { encodePush } from "../wire.ts";
import type { Broker } from "./broker.ts";
import { CuttingProxy } from "./cutting-proxy.ts";
import { pushThroughCuts } from "./push-through-cuts.ts";
import { TestPager, type TestPagerOptions } from "./test-pager.ts";
import { TestSender } from "./test-sender.ts";

const ONLINE = "51";
const OFFLINE = "52";
const PUSHES = 200;
const CUTS = 20;
const WEEK_SECONDS = 7 * 24 * 3600;

let scenarioCount = 0;

/** Waits until `check` no longer throws. If it always throws, the test fails with its last error. */
const eventually = (check: () => void | Promise<void>, timeout = 10_000) =>
  vi.waitFor(check, { timeout, interval: 10 });

/** Runs all scenarios at a broker that is already started. Each has a pager and senders of its own. */
export function describeScenarios(broker: () => Broker, protocol: "3.1.1" | "5"): void {
  let uid: string;
  let proxy: CuttingProxy;
  let stops: (() => Promise<void>)[];

  const startPager = (options: Partial<TestPagerOptions> = {}) => {
    const { login } = broker();
    const settings = {
      uid,
      "broker.protocol": protocol,
      ...(login ? { "broker.userName": login.userName, "broker.password": login.password } : {}),
      ...options.settings,
    };
    const pager = new TestPager({ port: proxy.port, eager: true, ...options, settings });
    stops.push(() => pager.stop());
    return pager;
  };
  const startSender = async (name = "sender") => {
    const { port, login } = broker();
    const sender = await TestSender.connect(port, uid, { uid: `${name}-of-${uid}`, login });
    stops.push(() => sender.stop());
    return sender;
  };
  const online = (sender: TestSender) =>
    eventually(() => expect(sender.presence.at(-1)).toEqual({ hex: ONLINE, retained: expect.any(Boolean) }));

  beforeEach(async () => {
    stops = [];
    scenarioCount += 1;
    uid = `pager-${scenarioCount}`;
    proxy = await CuttingProxy.start(broker().port, protocol === "5" ? 5 : 4);
    stops.push(() => proxy.stop());
  });

  afterEach(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  it("presence is retained: online after connecting, offline by the will when cut, online again", async () => {
    const sender = await startSender();
    startPager();
    await eventually(() => expect(sender.presence.map((seen) => seen.hex)).toEqual([ONLINE]));
    await proxy.refuse();
    await eventually(() => expect(sender.presence.map((seen) => seen.hex)).toEqual([ONLINE, OFFLINE]));
    const late = await startSender("late");
    await eventually(() => expect(late.presence).toEqual([{ hex: OFFLINE, retained: true }]));
    await proxy.accept();
    await eventually(() => expect(sender.presence.at(-1)?.hex).toBe(ONLINE));
    const [connect] = proxy.packets("toBroker", "connect");
    expect(connect?.packet).toMatchObject({
      clientId: uid,
      clean: false,
      will: { topic: `/field/pres/${uid}`, retain: true, qos: 1, payload: Buffer.from(OFFLINE, "hex") },
    });
  });

  it("an orderly stop says offline and DISCONNECT", async () => {
    const sender = await startSender();
    const pager = startPager();
    await online(sender);
    await pager.stop();
    await eventually(() => expect(sender.presence.at(-1)?.hex).toBe(OFFLINE));
    expect(proxy.packets("toBroker", "disconnect")).toHaveLength(1);
  });

  it("subscribes once after each start, and not again across cuts while the broker keeps its session", async () => {
    const store = new MemoryStore();
    const sender = await startSender();
    const pager = startPager({ store });
    /** Waits for the receipt of a push. Only a receipt shows that the pager has read what passed the proxy. */
    const reached = async (id: string) => {
      await sender.push(uid, { id, text: id });
      await eventually(() => expect(sender.statesOf(id)).toContain("shown"));
    };
    const connacks = (count: number) =>
      eventually(() => expect(proxy.packets("toPager", "connack").length).toBeGreaterThanOrEqual(count));
    await online(sender);
    await reached("first");
    proxy.cut();
    await connacks(2);
    await reached("second");
    expect(proxy.packets("toBroker", "subscribe")).toHaveLength(1);
    await pager.stop();
    startPager({ store });
    await connacks(3);
    await reached("third");
    const present = proxy
      .packets("toPager", "connack")
      .map(({ packet }) => "sessionPresent" in packet && packet.sessionPresent);
    expect(present).toEqual([false, true, true]);
    expect(proxy.packets("toBroker", "subscribe")).toHaveLength(2);
  });

  it("shows on return what was pushed while it was away", async () => {
    const sender = await startSender();
    const pager = startPager();
    await online(sender);
    await proxy.refuse();
    await sender.push(uid, { id: "away-1", text: "mark1" });
    await sender.push(uid, { id: "away-2", text: "mark2" });
    await proxy.accept();
    await eventually(() => expect(pager.marks).toEqual(["mark1", "mark2"]));
    await eventually(() => expect(sender.countOf("shown")).toBe(2));
    expect(sender.statesOf("away-1")).toEqual(["stored", "shown"]);
  });

  it(`shows ${PUSHES} pushes, each once, while the connection is cut ${CUTS} times`, async () => {
    const seed = Number(process.env.FIELDPAGER_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const sender = await startSender();
    const pager = startPager();
    await online(sender);
    await pushThroughCuts({ proxy, sender, pager, uid, seed, pushes: PUSHES, cuts: CUTS, cutBytesMax: 600 });
  });

  it("finds a dead connection by a ping without an answer, and comes back", async () => {
    const sender = await startSender();
    const pager = startPager({ settings: { "broker.keepAlive": 5 } });
    await online(sender);
    proxy.silence();
    await sender.push(uid, { id: "silent", text: "mark1" });
    await eventually(() => expect(pager.marks).toEqual(["mark1"]), 20_000);
    expect(proxy.connections).toBe(2);
  });

  describe("bad input", () => {
    const random = seededRandom(20_140_301);
    const noise = (length: number) =>
      Buffer.from([0xff, ...Array.from({ length }, () => integerBetween(random, 0, 255))]);
    /** How often the pager got a message of this size. A broker sends it again when the answer takes long. */
    const given = (bytes: number) =>
      proxy
        .packets("toPager", "publish")
        .filter(({ packet }) => packet.cmd === "publish" && packet.payload.length === bytes).length;
    const bad: [string, () => string, (sender: TestSender) => Promise<void>][] = [
      [
        "random bytes as messages",
        () => "20 bad",
        async ({ client }) => {
          for (let index = 0; index < 20; index += 1)
            await client.publishAsync(`/field/im/${uid}`, noise(index * 7), { qos: 1 });
        },
      ],
      [
        "a message of 1 MB",
        () => `${given(1_000_000)} too large`,
        async ({ client }) => {
          await client.publishAsync(`/field/im/${uid}`, Buffer.alloc(1_000_000, 0x31), { qos: 1 });
        },
      ],
    ];
    it.each(bad)("%s: counted, shown in the status, and no sound", async (_, told, send) => {
      const sender = await startSender();
      const pager = startPager();
      await online(sender);
      await send(sender);
      await stillWorks(sender, pager);
      expect(pager.screen).toContainEqual(expect.stringContaining(told()));
      expect(proxy.connections).toBe(1);
    });

    it("retained messages: counted, shown in the status, and no sound", async () => {
      const sender = await startSender();
      const timeStamp = Math.floor(Date.now() / 1000) - WEEK_SECONDS;
      const old = Buffer.from(
        encodePush(`sender-of-${uid}`, { id: "old", text: "mark7", timeStamp, extra: { pr: 5 } }),
      );
      await sender.client.publishAsync(`/field/im/${uid}`, old, { qos: 1, retain: true });
      await sender.client.publishAsync(`/field/page/${uid}`, "mark8", { qos: 1, retain: true });
      const pager = startPager();
      await online(sender);
      await stillWorks(sender, pager);
      expect(pager.screen).toContainEqual(expect.stringContaining("2 old"));
    });
  });

  /** A normal push is shown afterwards, and nothing else has sounded. */
  async function stillWorks(sender: TestSender, pager: TestPager): Promise<void> {
    await sender.push(uid, { id: "normal", text: "mark1" });
    await eventually(() => expect(sender.statesOf("normal")).toEqual(["stored", "shown"]), 20_000);
    expect(pager.marks).toEqual(["mark1"]);
    expect(pager.alerts).toEqual([3]);
  }
}
