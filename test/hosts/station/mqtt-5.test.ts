/** MQTT 5 at the station, as a client of Home Assistant speaks it, and as an account may or may not. */
import type { IPublishPacket, MqttClient } from "mqtt";
import { expect, it } from "vitest";
import { localPassword } from "../../../hosts/common/local-key.ts";
import { encodeText } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { discoveryProblems } from "../../payload/discovery-rules.ts";
import { ask, postPush, until } from "./harness.ts";
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

it("Home Assistant sees an event for each answer, to a push and to its own page, once", async () => {
  const bench = scene();
  const station = await bench.station({ anonymous: false });
  const { password } = await station.accounts.create({ name: "house", kind: "program" });
  const seen: { topic: string; payload: string }[] = [];
  const join = (clientId: string) =>
    bench.mqtt(station.mqttPort, { ...CLEAN, clientId, username: "house", password }, (topic, payload) =>
      seen.push({ topic, payload: payload.toString() }),
    );
  const house = await join("5fWvqmUPRq0Dh3bZ6Vm2Nd");
  await house.subscribeAsync("homeassistant/device/+/answer/config", { qos: 1 });
  const settings = { "homeAssistant.discovery": "yes", "screen.dwell": 0 };
  const pager = bench.pager(station.mqttPort, "pager-1", { settings });
  const own = "homeassistant/device/pager-1/answer/config";
  const { payload: document } = await until("the document", () => seen.find(({ topic }) => topic === own));
  expect(discoveryProblems("homeassistant", own, document)).toEqual([]);
  const { cmps, dev } = JSON.parse(document) as { cmps: { answer: { stat_t: string } }; dev: object };
  expect(dev).toEqual({ ids: ["field_pager-1"] });
  await house.subscribeAsync(cmps.answer.stat_t, { qos: 1 });
  const events = () =>
    seen.filter(({ topic }) => topic === cmps.answer.stat_t).map(({ payload }) => JSON.parse(payload));
  const isShown = (text: string) => pager.screens.at(-1)?.join(" ").includes(text);

  const { answer } = await postPush(station.url, {
    to: "pager-1",
    title: "Door",
    text: "let in?",
    choices: ["yes", "no"],
  });
  await until("the push", () => isShown("let in?"));
  // Once for the list of answers, once for the first of them.
  for (const button of ["b", "b"] as const) pager.press(button);
  await until("its event", () => events().length === 1);
  const page = { id: "p-1", co: "light off?", re: ["off", "leave"] };
  await house.publishAsync("/field/page/pager-1", JSON.stringify(page), { qos: 1 });
  await until("the page", () => isShown("light off?"));
  for (const button of ["b", "b"] as const) pager.press(button);
  await until("its event", () => events().length === 2);
  // A device may repeat a receipt.
  const device = await bench.mqtt(station.mqttPort, {
    clientId: "pager-2",
    username: "pager-2",
    password: localPassword(station.localKey, "pager-2"),
  });
  for (const id of ["p-2", "p-2", "p-3"])
    await device.publishAsync("/field/page/pager-2/receipt", JSON.stringify({ id, st: "answered", co: "ok" }), {
      qos: 1,
    });
  expect(events()).toEqual([
    { event_type: "answered", answer: expect.stringMatching(/^(yes|no)$/), message: answer.id, title: "Door" },
    { event_type: "answered", answer: expect.stringMatching(/^(off|leave)$/), message: "p-1" },
  ]);
  const others: string[] = [];
  const second = await bench.mqtt(
    station.mqttPort,
    { ...CLEAN, clientId: "x", username: "house", password },
    (_topic, payload) => others.push(payload.toString()),
  );
  await second.subscribeAsync("/field/answer/+", { qos: 1 });
  await device.publishAsync("/field/page/pager-2/receipt", '{"id":"p-3","st":"answered","co":"ok"}', { qos: 1 });
  await device.publishAsync("/field/page/pager-2/receipt", '{"id":"p-4","st":"answered","co":"late"}', { qos: 1 });
  await until("the last one", () => others.length > 0);
  expect(others).toEqual(['{"event_type":"answered","answer":"late","message":"p-4"}']);

  // The document goes with the device's.
  await pager.stop();
  const off = await bench.mqtt(station.mqttPort, {
    clientId: "pager-1",
    username: "pager-1",
    password: localPassword(station.localKey, "pager-1"),
  });
  await off.publishAsync("homeassistant/device/pager-1/config", "", { qos: 1, retain: true });
  await until("its end", () => seen.at(-1)?.topic === own && seen.at(-1)?.payload === "");
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
