/** Records on disk from former versions of the broker. */
import { join } from "node:path";
import { Level } from "level";
import msgpack from "msgpack-lite";
import { expect, it, onTestFinished } from "vitest";
import { StationBench, startStation, until } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

const TOPIC = "o/x";
const digits = (number: number) => String(number).padStart(16, "0");

/** A data folder with a session of `c`, subscribed with QoS 1, and these packets in its queue. */
async function folderWith(bench: StationBench, packets: readonly Record<string, unknown>[]): Promise<string> {
  const data = bench.folder();
  await (await startStation({ data })).close();
  const level = new Level<string, Buffer>(join(data, "broker"), { valueEncoding: "buffer" });
  await level.put(`subscriptions:c:${TOPIC}`, msgpack.encode({ topic: TOPIC, qos: 1, clientId: "c" }));
  for (const [index, packet] of packets.entries()) {
    const value = msgpack.encode({ brokerId: "boot-0000000001", brokerCounter: index + 1, retain: false, ...packet });
    await level.put(`outgoing:c:boot-0000000001:${digits(index + 1)}`, value);
    if (packet.messageId) await level.put(`outgoing-id:c:${digits(Number(packet.messageId))}`, value);
  }
  await level.close();
  return data;
}

it("records of former versions are sent as MQTT demands: PUBREL without DUP, new messages with the granted QoS", async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const publish = { cmd: "publish", topic: TOPIC, dup: false };
  const data = await folderWith(bench, [
    { cmd: "pubrel", messageId: 7, dup: true, qos: 0 },
    { ...publish, payload: Buffer.from("sent with QoS 0"), qos: 0, messageId: 8 },
    { ...publish, payload: Buffer.from("sent with QoS 2"), qos: 2, messageId: 9 },
    { ...publish, payload: Buffer.from("not sent"), qos: 2 },
  ]);
  const station = await startStation({ data });
  bench.add(() => station.close());
  const client = new RawClient(station.mqttPort);
  bench.add(() => client.cut());
  expect(await client.connect("c")).toBe(true);
  await until("all of it", () => client.violation ?? client.packets.length >= 5);
  expect(client.violation).toBeUndefined();
  expect(client.packets.find(({ cmd }) => cmd === "pubrel")).toMatchObject({ messageId: 7 });
  expect(client.publishes.map(({ payload, qos, dup, messageId }) => [payload.toString(), qos, dup, messageId])).toEqual(
    [
      ["sent with QoS 0", 1, true, 8],
      ["sent with QoS 2", 2, true, 9],
      ["not sent", 1, false, expect.any(Number)],
    ],
  );
  await client.settle();
  await until("PUBREL of the second", () => client.packets.filter(({ cmd }) => cmd === "pubrel").length === 2);
  await client.settle();
  await client.cut();
  const again = new RawClient(station.mqttPort);
  bench.add(() => again.cut());
  await again.connect("c");
  await again.settle();
  expect(again.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
});
