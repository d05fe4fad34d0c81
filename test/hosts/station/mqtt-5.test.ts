/** MQTT 5 at the station, as a client of Home Assistant speaks it, and as an account may or may not. */
import type { IPublishPacket, MqttClient } from "mqtt";
import { expect, it } from "vitest";
import { encodeText } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { ask, until } from "./harness.ts";
import { scene } from "./scene.ts";

const JSON_TYPE = { "content-type": "application/json" };
const CLEAN = { protocolVersion: 5, clean: true } as const;

it("Home Assistant gets in with its own client identifier, discovers a pager, and pages it", async () => {
  const bench = scene();
  const station = await bench.station({ anonymous: false });
  const { password } = await station.accounts.create({ name: "house", kind: "program" });
  const seen: { topic: string; payload: Buffer }[] = [];
  const house = await bench.mqtt(
    station.mqttPort,
    { ...CLEAN, clientId: "5fWvqmUPRq0Dh3bZ6Vm2Nd", username: "house", password },
    (topic, payload) => seen.push({ topic, payload }),
  );
  const granted = await house.subscribeAsync(["homeassistant/+/+/config", "/field/pres/+", "/field/page/+/receipt"], {
    qos: 1,
  });
  expect(granted.map(({ qos }) => qos)).toEqual([1, 1, 1]);
  const pager = bench.pager(station.mqttPort, "pager-1", {
    settings: { "homeAssistant.discovery": "yes", "broker.protocol": "5", "screen.dwell": 0 },
  });
  const topicOfDocument = "homeassistant/device/pager-1/config";
  const document = await until("the document", () => seen.find(({ topic }) => topic === topicOfDocument));
  const { cmps } = JSON.parse(document.payload.toString()) as { cmps: { page: { cmd_t: string } } };
  await house.publishAsync(cmps.page.cmd_t, "Pump 3 over temperature", { qos: 1 });
  await until("the page", () => pager.screens.at(-1)?.join(" ").includes("Pump 3"));
});

/** The reason code of a PUBLISH of QoS 1. */
async function publish(client: MqttClient, topic: string, payload: Buffer): Promise<number> {
  try {
    const puback = (await client.publishAsync(topic, payload, { qos: 1 })) as IPublishPacket & { reasonCode?: number };
    return puback?.reasonCode ?? 0;
  } catch (error) {
    return (error as { code?: number }).code ?? -1;
  }
}

it("a client is told why it may not: 0x87 for a topic of others, 0x85 for a kept session under another name", async () => {
  const bench = scene();
  const station = await bench.station({ anonymous: false });
  const { password } = await station.accounts.create({ name: "house", kind: "program" });
  await station.directory.addDevice({ uid: "pager-1" });
  const login = { username: "house", password } as const;
  const kept = { properties: { sessionExpiryInterval: 60 } } as const;
  for (const clientId of ["own-name", ""])
    await expect(bench.mqtt(station.mqttPort, { ...CLEAN, ...login, ...kept, clientId })).rejects.toMatchObject({
      code: 0x85,
    });
  await bench.mqtt(station.mqttPort, { ...CLEAN, ...login, ...kept, clientId: "house" });
  const house = await bench.mqtt(station.mqttPort, { ...CLEAN, ...login, clientId: "own-name" });
  const contents = [encodeText("hello", { id: "1" })];
  const messageOf = (sender: string) =>
    Buffer.from(encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.pointToPoint, contents, sender }));
  expect(await publish(house, "/field/im/pager-1", messageOf("house"))).toBeLessThan(0x80);
  expect(await publish(house, "/field/im/pager-1", messageOf("admin"))).toBe(0x87);
  expect(await publish(house, "$SYS/x", Buffer.from("x"))).toBe(0x87);
});

it("another password ends the connections that were begun with the former one, and nobody else's", async () => {
  const bench = scene();
  const station = await bench.station({ anonymous: false });
  const accounts = new Map<string, string>();
  for (const name of ["house", "other"])
    accounts.set(name, (await station.accounts.create({ name, kind: "program" })).password);
  const connect = (username: string, clientId: string) =>
    bench.mqtt(station.mqttPort, { ...CLEAN, username, password: accounts.get(username) ?? "", clientId });
  const [own, chosen, other] = await Promise.all([
    connect("house", "house"),
    connect("house", "chosen"),
    connect("other", "other"),
  ]);
  const reasons: unknown[] = [];
  for (const client of [own, chosen, other]) client.on("disconnect", ({ reasonCode }) => reasons.push(reasonCode));
  const response = await ask(station.url, "/api/accounts/house/password", {
    method: "POST",
    headers: JSON_TYPE,
    body: "{}",
  });
  expect(response.status).toBe(200);
  await until("the end of both", () => !own.connected && !chosen.connected);
  expect([reasons, other.connected]).toEqual([[0x98, 0x98], true]);
  await expect(connect("house", "house")).rejects.toMatchObject({ code: 0x86 });
});
