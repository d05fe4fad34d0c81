/**
 * The flows of the IM paper's figures 4 to 6, step by step, between two pagers, with mosquitto and with the station's broker. The
 * bytes on the sockets are compared. Figure 3, pre-subscription, is in `test/hosts/station/presubscription`.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { localLogin, StationBench } from "../hosts/station/harness.ts";
import { requireOrSkip } from "../require.ts";
import { CuttingProxy, type Direction } from "./cutting-proxy.ts";
import { findMosquitto, startMosquitto } from "./mosquitto.ts";
import { TestPager } from "./test-pager.ts";

const bench = new StationBench();
afterEach(() => bench.end());

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

/** A pager whose socket is captured. */
interface Client {
  readonly pager: TestPager;
  readonly proxy: CuttingProxy;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly captured: Record<Direction, number[]>;
}

async function start(port: number, uid: string, settings: Readonly<Record<string, unknown>>): Promise<Client> {
  const proxy = await CuttingProxy.start(port);
  bench.add(() => proxy.stop());
  const captured: Record<Direction, number[]> = { toBroker: [], toPager: [] };
  proxy.onBytes = (direction, bytes) => captured[direction].push(...bytes);
  const all = {
    uid,
    "broker.protocol": "3.1.1",
    "message.texts": "hi,see you",
    "presence.custom": "on call",
    ...settings,
  };
  const pager = new TestPager({ port: proxy.port, settings: all, eager: true });
  bench.add(() => pager.stop());
  return { pager, proxy, settings: all, captured };
}

/** The payloads on a topic, as hex, in order. They are found in the bytes of the socket, without a parser. */
function payloadsOn(client: Client, direction: Direction, topic: string): string[] {
  const bytes = Buffer.from(client.captured[direction]);
  const needle = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]);
  const found: string[] = [];
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
    // The first byte of PUBLISH and the remaining length, one byte or two, stand before the topic.
    const isLong = ((bytes[at - 2] as number) & 0x80) !== 0 && (bytes[at - 3] as number) >> 4 === 3;
    const first = bytes[at - (isLong ? 3 : 2)] as number;
    if (first >> 4 !== 3) continue;
    const last = bytes[at - 1] as number;
    const remaining = isLong ? ((bytes[at - 2] as number) & 0x7f) + 128 * last : last;
    const start = at + needle.length + ((first >> 1) & 3 ? 2 : 0);
    found.push(bytes.subarray(start, at + remaining).toString("hex"));
  }
  return found;
}

/** How many PUBLISH of QoS 1 in one direction were acknowledged in the other. */
function acknowledged({ proxy }: Client, direction: Direction): boolean {
  const published = proxy
    .packets(direction, "publish")
    .filter(({ packet }) => packet.cmd === "publish" && packet.qos === 1);
  const answers = proxy.packets(direction === "toBroker" ? "toPager" : "toBroker", "puback");
  const ids = (seen: typeof answers) => new Set(seen.map(({ packet }) => packet.messageId));
  return [...ids(published)].every((id) => ids(answers).has(id));
}

function press({ pager }: Client, buttons: string): void {
  for (const button of buttons) pager.press(button as "a" | "b" | "c");
}

/** The fields of a message, read by the paper's tables 5 to 8 without our decoder. */
function takeApart(hex: string) {
  const bytes = Buffer.from(hex, "hex");
  const length = bytes.readUInt32BE(6);
  return {
    secondsOld: Math.floor(Date.now() / 1000) - bytes.readUInt32BE(0),
    typeAndCount: bytes[4],
    contentType: bytes[5],
    content: JSON.parse(bytes.subarray(10, 10 + length).toString()),
    sender: bytes.subarray(10 + length).toString(),
  };
}

/** Presence and messages between ann and bob. Each has the other as a contact. */
async function goStepByStep(start: (uid: "ann" | "bob") => Promise<Client>): Promise<void> {
  const bob = await start("bob");
  await eventually(() => expect(bob.pager.screen[0]).toContain("online"));
  press(bob, "c");
  await eventually(() => expect(bob.pager.screen.join()).toMatch(/me {2}online/));

  // Figure 4: A comes online and says so on its own topic. The broker passes it on to B.
  const ann = await start("ann");
  await eventually(() => expect(bob.pager.screen.join()).toMatch(/ann {2}online/));
  expect(payloadsOn(ann, "toBroker", "/field/pres/ann")).toContain("51");
  expect(payloadsOn(bob, "toPager", "/field/pres/ann").at(-1)).toBe("51");
  // The last will in its CONNECT is offline.
  expect(ann.proxy.packets("toBroker", "connect")[0]?.packet).toMatchObject({
    will: { topic: "/field/pres/ann", payload: Buffer.from([0x52]), qos: 1, retain: true },
  });
  // Busy, then custom with a text, then back to online: the bytes of table 4.
  for (const [buttons, hex, words] of [
    ["cbcb", "53", "ann  busy"],
    ["cbccb", "af6f6e2063616c6c", "ann  on call"],
    ["cbb", "51", "ann  online"],
  ] as const) {
    press(ann, buttons);
    await eventually(() => expect(payloadsOn(bob, "toPager", "/field/pres/ann").at(-1)).toBe(hex));
    expect(payloadsOn(ann, "toBroker", "/field/pres/ann").at(-1)).toBe(hex);
    await eventually(() => expect(bob.pager.screen.join()).toContain(words));
  }

  // Figures 5 and 6: a text becomes JSON, a content, a message. It goes to B's topic, and is acknowledged on both legs.
  press(bob, "a");
  await eventually(() => expect(ann.pager.screen.join()).toContain("nothing new"));
  press(ann, "ccb");
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob"));
  press(ann, "b");
  await eventually(() => expect(bob.pager.screen).toContain("hi"));
  const [sent] = payloadsOn(ann, "toBroker", "/field/im/bob") as [string];
  expect(payloadsOn(bob, "toPager", "/field/im/bob")).toEqual([sent]);
  const message = takeApart(sent);
  expect(message).toMatchObject({ typeAndCount: 0x11, contentType: 0, sender: "ann" });
  expect(message.secondsOld).toBeLessThan(60);
  expect(message.content).toEqual({ id: expect.stringMatching(/^m/), co: "hi" });
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob: shown"));
  const receipts = payloadsOn(bob, "toBroker", "/field/im/ann");
  expect(payloadsOn(ann, "toPager", "/field/im/ann")).toEqual(receipts);
  for (const receipt of receipts) expect(takeApart(receipt)).toMatchObject({ contentType: 5, sender: "bob" });
  press(bob, "b");
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob: read"));
  await eventually(() => {
    for (const direction of ["toBroker", "toPager"] as const)
      expect([acknowledged(ann, direction), acknowledged(bob, direction)]).toEqual([true, true]);
  });

  // A message to a contact who is offline. The last will says that he is gone. He gets the message when he returns.
  await bob.proxy.refuse();
  await eventually(() => expect(payloadsOn(ann, "toPager", "/field/pres/bob").at(-1)).toBe("52"));
  press(ann, "ccb");
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob"));
  press(ann, "cb");
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob: sent"));
  expect(payloadsOn(bob, "toPager", "/field/im/bob")).toEqual([sent]);
  await bob.proxy.accept();
  bob.pager.networkChanged();
  await eventually(() => expect(bob.pager.screen.join()).toContain("see you"));
  await eventually(() => expect(ann.pager.screen.join()).toContain("to bob: shown"));
  await eventually(() => expect(payloadsOn(ann, "toPager", "/field/pres/bob").at(-1)).toBe("51"));
  const [, second, ...more] = payloadsOn(ann, "toBroker", "/field/im/bob");
  expect(payloadsOn(bob, "toPager", "/field/im/bob")).toEqual([sent, second]);
  expect(more).toEqual([]);

  // A pager that stops says offline itself. Its will is not sent.
  await bob.pager.stop();
  await eventually(() => expect(payloadsOn(ann, "toPager", "/field/pres/bob").at(-1)).toBe("52"));
  expect(payloadsOn(bob, "toBroker", "/field/pres/bob").at(-1)).toBe("52");
}

describe("the flows of the IM paper", () => {
  it.runIf(requireOrSkip("mosquitto", findMosquitto() !== undefined))("hold against mosquitto", async () => {
    const broker = await startMosquitto();
    bench.add(() => broker.stop());
    const other = { ann: "bob", bob: "ann" } as const;
    await goStepByStep((uid) => start(broker.port, uid, { contacts: other[uid] }));
  });

  it("hold against the station, whose directory knows the contacts", async () => {
    const station = await bench.station();
    await station.directory.addDevice({ uid: "ann" });
    await station.directory.addDevice({ uid: "bob", contacts: ["ann"] });
    await station.directory.updateDevice({ uid: "ann", contacts: ["bob"] });
    const clients: Client[] = [];
    await goStepByStep(async (uid) => {
      const login = localLogin(station.localKey, uid);
      const client = await start(station.mqttPort, uid, { ...login, "broker.subscribe": "no" });
      clients.push(client);
      return client;
    });
    for (const { proxy } of clients) expect(proxy.packets("toBroker", "subscribe")).toEqual([]);
  });
});
