/** A client that does not read does not delay other clients. */
import { expect, it, onTestFinished } from "vitest";
import { StationBench, until } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

/** More than the buffers of two sockets hold, and no more than a queue. */
const BIG_MESSAGES = 14;
/** More than a queue holds, too. */
const TOO_MANY = 20;
const BIG_BYTES = 524_288;
/** More messages than the broker may have in flight. */
const SMALL_MESSAGES = 150;
const OTHERS_MS_MAX = 5_000;
/** Time limit for reading. */
const READ_MS_MAX = 60_000;

interface Health {
  readonly slowReaders: { readonly dropped: number; readonly closed: number };
}

async function scene(clientId: string, clean: boolean, qos: 0 | 1, bigMessages: number) {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const station = await bench.station();
  const slow = new RawClient(station.mqttPort);
  bench.add(() => slow.cut());
  await slow.connect(clientId, clean);
  await slow.subscribeWith([{ topic: "big", qos }]);
  const other = new RawClient(station.mqttPort);
  bench.add(() => other.cut());
  await other.connect("other");
  await other.subscribe("other");
  slow.pause();
  const texts: string[] = [];
  const sender = await bench.mqtt(station.mqttPort);
  for (let index = 0; index < bigMessages; index += 1) {
    const text = `big-${index}`;
    texts.push(text);
    await sender.publishAsync("big", text.padEnd(BIG_BYTES), { qos: 1 });
  }
  const small = Array.from({ length: SMALL_MESSAGES }, (_, index) => `small-${index}`);
  await Promise.all(small.map((text) => sender.publishAsync("big", text, { qos: 1 })));
  texts.push(...small);
  const sentAtMs = performance.now();
  await sender.publishAsync("other", "hello", { qos: 1 });
  await until("the other's message", () => other.texts.includes("hello"), OTHERS_MS_MAX);
  const tookMs = performance.now() - sentAtMs;
  expect(tookMs).toBeLessThan(OTHERS_MS_MAX);
  const health = async () => ((await (await fetch(`${station.url}/healthz`)).json()) as Health).slowReaders;
  return { station, slow, other, sender, texts, health };
}

it("keeps messages of a kept session on disk until its client reads", { timeout: 2 * READ_MS_MAX }, async () => {
  const { station, slow, texts, health } = await scene("slow", false, 1, BIG_MESSAGES);
  expect(await health()).toEqual({ dropped: 0, closed: 0 });
  slow.resume();
  await until("all", () => slow.texts.length >= texts.length, READ_MS_MAX);
  await slow.settle();
  expect(slow.texts.map((text) => text.trimEnd())).toEqual(texts);
  expect(slow.publishes.every(({ dup }) => !dup)).toBe(true);
  await slow.cut();
  const again = new RawClient(station.mqttPort);
  onTestFinished(() => again.cut());
  await again.connect("slow");
  await again.settle();
  expect(again.texts).toEqual([]);
});

it("drops and counts messages of QoS 0, and sends new ones when the client reads again", async () => {
  const { slow, sender, texts, health } = await scene("slow", false, 0, TOO_MANY);
  const { dropped, closed } = await health();
  expect(dropped).toBeGreaterThan(0);
  expect(closed).toBe(0);
  slow.resume();
  await slow.settle();
  await until("what was not dropped", () => slow.texts.length === texts.length - dropped);
  await sender.publishAsync("big", "after", { qos: 1 });
  await until("the next", () => slow.texts.includes("after"));
});

it("closes a connection without a kept session if more waits for it than may wait", async () => {
  const { slow, health } = await scene("", true, 1, TOO_MANY);
  expect(await health()).toEqual({ dropped: 0, closed: 1 });
  slow.resume();
  await until("the end", () => slow.isClosed);
});
