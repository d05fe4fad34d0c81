/** The station as a client of a broker: here of the station's own one, which is started for the test. */
import { expect, it, onTestFinished } from "vitest";
import { ForeignBroker } from "../../../../hosts/station/foreign-broker/foreign-broker.ts";
import { DEVICES_WATCHED_MAX } from "../../../../hosts/station/shared/limits.ts";
import { encodePresence, PRESENCE_STATUS } from "../../../../src/payload/presence.ts";
import { StationBench, until } from "../harness.ts";

const ONLINE = Buffer.from(encodePresence({ status: PRESENCE_STATUS.online, context: "" }));
const OFFLINE = Buffer.from(encodePresence({ status: PRESENCE_STATUS.offline, context: "" }));

it("remembers the presence of so many unknown devices, and of all that the directory knows", {
  timeout: 120_000,
}, async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const { port } = await bench.broker();
  const broker = new ForeignBroker({
    address: { host: "127.0.0.1", port, isSecure: false, userName: "", password: "" },
    env: "field",
    devices: () => ["known"],
    isKnown: (uid) => uid === "known",
    onLog: () => {},
  });
  bench.add(() => broker.close());
  let last = "";
  broker.watch("/field/mark", (_topic, payload) => {
    last = Buffer.from(payload).toString();
  });
  broker.start();
  await until("the connection", () => broker.status.protocol);
  const devices = await bench.mqtt(port);
  const come = (uid: string) => devices.publish(`/field/pres/${uid}`, ONLINE, { qos: 0 });
  const settle = async (mark: string) => {
    await devices.publishAsync("/field/mark", mark, { qos: 1 });
    await until(mark, () => last === mark);
  };
  for (let number = 0; number <= DEVICES_WATCHED_MAX; number += 1) come(`stranger-${number}`);
  come("known");
  await settle("all have come");
  const isThere = (uid: string) => broker.hasReceiver(`/field/im/${uid}`);
  expect(isThere(`stranger-${DEVICES_WATCHED_MAX - 1}`)).toBe(true);
  expect(isThere(`stranger-${DEVICES_WATCHED_MAX}`)).toBe(false);
  expect(isThere("known")).toBe(true);
  // Those that go make room. The known one takes a place, too.
  for (const number of [0, 1]) devices.publish(`/field/pres/stranger-${number}`, Buffer.of(), { qos: 0 });
  come(`stranger-${DEVICES_WATCHED_MAX}`);
  await settle("one has gone");
  expect(isThere(`stranger-${DEVICES_WATCHED_MAX}`)).toBe(true);
});

it("goes to the next node where its own has died", async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const nodes = [await bench.broker(), await bench.broker()];
  const [first, second] = nodes.map(({ port }) => port) as [number, number];
  const log: string[] = [];
  const broker = new ForeignBroker({
    address: {
      host: "127.0.0.1",
      port: first,
      fallback: [{ host: "127.0.0.1", port: second }],
      isSecure: false,
      userName: "",
      password: "",
    },
    env: "field",
    devices: () => [],
    isKnown: () => false,
    onLog: (line) => log.push(line),
  });
  bench.add(() => broker.close());
  broker.start();
  const isAt = (port: number) =>
    until(`the node ${port}`, () => log.includes(`broker mqtt://127.0.0.1:${port}: connected, MQTT 5`));
  await isAt(first);
  await nodes[0]?.close();
  await isAt(second);
  await broker.publish({ topic: "/field/x", payload: Buffer.of(1) });
  expect(broker.status).toMatchObject({ address: `mqtt://127.0.0.1:${second}`, isConnected: true });
  expect(log.some((line) => line.startsWith(`broker mqtt://127.0.0.1:${first}: away`))).toBe(true);
});

it("believes an answer more than what it knows of a presence", async () => {
  const bench = new StationBench();
  onTestFinished(() => bench.end());
  const { port } = await bench.broker();
  const broker = new ForeignBroker({
    address: { host: "127.0.0.1", port, isSecure: false, userName: "", password: "" },
    env: "field",
    devices: () => [],
    isKnown: () => false,
    onLog: () => {},
  });
  bench.add(() => broker.close());
  const arrived: string[] = [];
  broker.listenToReceivers({
    handleArrived: (topic) => arrived.push(topic),
    handleDoubt: () => {},
    handleAcknowledged: () => {},
  });
  const heard: string[] = [];
  broker.watch("/field/pres/+", (topic) => heard.push(topic));
  broker.start();
  await until("the connection", () => broker.status.protocol);
  const device = await bench.mqtt(port);
  await device.publishAsync("/field/pres/away", OFFLINE, { qos: 1, retain: true });
  await until("its presence", () => heard.length === 1);
  expect(broker.hasReceiver("/field/im/away")).toBe(false);
  broker.noteReceiver("/field/im/away");
  broker.noteReceiver("/field/im/never-heard-of");
  expect(arrived).toEqual(["/field/im/away", "/field/im/never-heard-of"]);
  expect([broker.hasReceiver("/field/im/away"), broker.hasReceiver("/field/im/never-heard-of")]).toEqual([true, true]);
});
