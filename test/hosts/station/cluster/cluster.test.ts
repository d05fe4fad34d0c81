/** Several brokers on one Redis. Clients move between them, and brokers are killed in the middle of their work. */
import { createConnection } from "node:net";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { FileStore } from "../../../../hosts/node/file-store.ts";
import { readLocalKey } from "../../../../hosts/node/local-key.ts";
import { StationBroker } from "../../../../hosts/station/broker.ts";
import { RedisConnections } from "../../../../hosts/station/cluster/redis-connections.ts";
import { RedisDatabase } from "../../../../hosts/station/cluster/redis-database.ts";
import type { DeviceDetails } from "../../../../hosts/station/device.ts";
import { listenMqtt } from "../../../../hosts/station/mqtt-listener.ts";
import { StationError, startOnlyBrokers } from "../../../../hosts/station/station.ts";
import { requireOrSkip } from "../../../require.ts";
import {
  ask,
  getPush,
  knowStation,
  localLogin,
  postPush,
  runsOf,
  type StationBench,
  startStation,
  statusesOf,
  until,
} from "../harness.ts";
import { scene } from "../scene.ts";
import { brokerProcessesOf } from "./broker-processes.ts";
import { hasRedis, startRedis } from "./redis.ts";

const SCRIPT = "hosts/station/main.ts";
const FREE_PORTS = ["--mqtt-port", "0", "--http-port", "0"];
const TOPIC = "/field/im/pager-1";
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);

/** A broker on this Redis with a port of its own. */
async function openBroker(bench: StationBench, redis: string): Promise<{ broker: StationBroker; port: number }> {
  const broker = await StationBroker.join(redis);
  const listener = await listenMqtt({ host: "127.0.0.1", mqttPort: 0, mqttsPort: 0 }, (socket) =>
    broker.accept(socket),
  );
  bench.add(() => broker.shutDown());
  bench.add(() => listener.close());
  return { broker, port: listener.mqttPort };
}

const joinBroker = async (bench: StationBench, redis: string) => (await openBroker(bench, redis)).port;

describe.runIf(requireOrSkip("redis-server", hasRedis()))("brokers on one Redis", () => {
  it("read a queue in the order in which it was written, whichever broker wrote it", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const connections = new RedisConnections(redis);
    const [one, two] = [await RedisDatabase.open(connections), await RedisDatabase.open(connections)];
    bench.add(() => Promise.all([one.close(), two.close()]));
    const range = { gte: "outgoing:a:", lt: "outgoing:a;" };
    const read = async () => {
      const values: string[] = [];
      for await (const value of two.values(range)) values.push(value.toString());
      return values;
    };
    for (let index = 0; index < 500; index += 1)
      await (index % 2 ? one : two).put(`outgoing:a:boot-${index % 2}:${index}`, Buffer.from(String(index)));
    expect(await read()).toEqual(Array.from({ length: 500 }, (_, index) => String(index)));
    await one.put("outgoing:a:boot-0:0", Buffer.from("changed"));
    await one.del("outgoing:a:boot-1:1");
    await one.put("outgoing:b:boot-1:1", Buffer.from("of another"));
    expect((await read()).slice(0, 2)).toEqual(["changed", "2"]);
    expect((await two.get("outgoing:a:boot-0:0"))?.toString()).toBe("changed");
    expect(await two.get("outgoing:a:boot-1:1")).toBeUndefined();
    await two.clear(range);
    expect(await read()).toEqual([]);
    expect([await one.increment("boot"), await two.increment("boot")]).toEqual([1, 2]);
  });

  it("serve a client that moves between them: in order, without a loss, and only messages in flight come again", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const ports = [await joinBroker(bench, redis), await joinBroker(bench, redis)] as const;
    const lives: string[][] = [];
    const come = async (round: number): Promise<MqttClient> => {
      const life: string[] = [];
      lives.push(life);
      const login = { clientId: "pager-1", clean: false };
      return bench.mqtt(ports[round % 2] as number, login, (_topic, payload) => life.push(payload.toString()));
    };
    let pager = await come(0);
    await pager.subscribeAsync(TOPIC, { qos: 1 });
    const senders = [await bench.mqtt(ports[0]), await bench.mqtt(ports[1])];
    const count = 400;
    const all = () => new Set(lives.flat());
    // The sender moves too. It publishes each message when the one before is acknowledged.
    const sending = (async () => {
      for (const [index, text] of numbered(0, count).entries())
        await senders[Math.floor(index / 20) % 2]?.publishAsync(TOPIC, text, { qos: 1 });
    })();
    for (let round = 1; round <= 10; round += 1) {
      await until("some", () => all().size >= round * 20 || all().size === count);
      // In odd rounds the connection is cut. In even ones the former broker learns of the move only from the new connection.
      if (round % 2) pager.stream.destroy();
      pager = await come(round);
    }
    await sending;
    await until("all", () => all().size === count);
    expect([...all()].sort()).toEqual(numbered(0, count).sort());
    const known = new Set<string>();
    for (const [round, life] of lives.entries()) {
      const fresh = life.filter((text) => !known.has(text));
      expect(fresh, "in order").toEqual([...fresh].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
      const again = life.filter((text) => known.has(text));
      // Messages that come again were in flight. The old connection may still have been open when the new one came.
      for (const text of again) expect(lives[round - 1], `${text} again`).toContain(text);
      for (const text of life) known.add(text);
    }
  });

  it("close a client's connection when it connects to another broker, before they take more from its queue", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const [one, two] = [await openBroker(bench, redis), await openBroker(bench, redis)];
    const login = { clientId: "pager-1", clean: false };
    for (let move = 0; move < 10; move += 1) {
      const [here, there] = move % 2 ? [one, two] : [two, one];
      const former = await bench.mqtt(here.port, login);
      await bench.mqtt(there.port, login);
      await until("the end of the former one", () => !former.connected);
      expect([here.broker.connectedClients, there.broker.connectedClients]).toEqual([0, 1]);
    }
  });

  it("deliver the messages that a left connection had taken from the queue but not sent", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const [one, two] = [await openBroker(bench, redis), await openBroker(bench, redis)];
    const got: string[] = [];
    const login = { clientId: "pager-1", clean: false };
    const pager = await bench.mqtt(two.port, login, (_topic, payload) => got.push(payload.toString()));
    await pager.subscribeAsync(TOPIC, { qos: 1 });
    const packet: StoredPacket = {
      cmd: "publish",
      brokerId: one.broker.id,
      brokerCounter: 1_000,
      topic: TOPIC,
      payload: Buffer.from("m0"),
      qos: 1,
      retain: false,
      dup: false,
      messageId: 22_053,
    };
    const { persistence } = one.broker;
    await persistence.outgoingEnqueue({ clientId: "pager-1", topic: TOPIC, qos: 1 }, packet);
    await persistence.outgoingUpdate({ id: "pager-1" }, packet);
    two.broker.catchUp();
    await until("it", () => got.length > 0);
    two.broker.catchUp();
    await one.broker.publishStored(TOPIC, Buffer.from("m1"));
    await until("the next", () => got.includes("m1"));
    expect(got).toEqual(["m0", "m1"]);
  });

  it("end although their Redis is gone, and waiting calls get an error", async () => {
    const bench = scene();
    const server = await startRedis(bench);
    const broker = await StationBroker.join(server.url);
    await broker.publishStored(TOPIC, Buffer.from("m0"));
    await server.kill();
    const publishing = broker.publishStored(TOPIC, Buffer.from("m1"));
    const failed = expect(publishing).rejects.toThrow("Connection is closed");
    await broker.shutDown();
    await failed;
  });

  it("publish the last will of a client that is gone, but not of one that has moved to another broker", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const [one, two] = [await joinBroker(bench, redis), await joinBroker(bench, redis)];
    const said: string[] = [];
    const watcher = await bench.mqtt(two, {}, (_topic, payload) => said.push(payload.toString()));
    await watcher.subscribeAsync("/field/pres/pager-1", { qos: 1 });
    const will = { topic: "/field/pres/pager-1", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
    await bench.mqtt(one, { clientId: "pager-1", clean: false, will });
    const moved = await bench.mqtt(two, { clientId: "pager-1", clean: false, will });
    await moved.publishAsync(will.topic, "here", { qos: 1 });
    await until("it", () => said.includes("here"));
    expect(said).toEqual(["here"]);
    moved.stream.destroy();
    await until("the will", () => said.includes("gone"));
  });

  it("the station loses no accepted push when each of two broker processes is killed in the middle", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const data = bench.folder();
    const station = bench.program(SCRIPT, [...FREE_PORTS, "--data", data, "--redis", redis, "--anonymous"]);
    const [, mqttPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//);
    const key = readLocalKey(`${data}/local.key`) ?? "";
    knowStation(url, key);
    const uids = numbered(1, 7).map((name) => name.replace("m", "pager-"));
    const pagers = uids.map((uid) =>
      bench.pager(Number(mqttPort), uid, {
        store: new FileStore(bench.folder()),
        settings: { ...localLogin(key, uid), "screen.dwell": 0, "telemetry.interval": 0 },
      }),
    );
    for (const pager of pagers) await until("online", () => pager.screens.at(-1)?.[0]?.includes("online"));
    const first = brokerProcessesOf(station.process);
    const killed = new Set(first);
    expect(first).toHaveLength(2);
    const accepted: { readonly id: string; readonly text: string }[] = [];
    const pushes = 120;
    for (let index = 0; index < pushes; index += 1) {
      const text = `push-${index}.`;
      const { status, answer } = await postPush(url, { to: uids[index % uids.length], text });
      expect(status).toBe(202);
      accepted.push({ id: answer.id ?? "", text });
      const broker = index % (pushes / 2) === pushes / 4 ? first.shift() : undefined;
      if (broker === undefined) continue;
      // This broker answers nothing more. A client that can connect is at the other broker.
      process.kill(broker, "SIGSTOP");
      await bench.mqtt(Number(mqttPort), { connectTimeout: 120_000 });
      process.kill(broker, "SIGKILL");
    }
    expect(first).toEqual([]);
    for (const status of ["stored", "shown"])
      for (const { id, text } of accepted)
        await until(`${text} ${status}`, async () => statusesOf(await getPush(url, id)).includes(status));
    for (const pager of pagers)
      for (const [text, count] of runsOf(pager.screens, /push-\d+\./)) expect(count, `${text} shown once`).toBe(1);
    await until("others in their place", () => {
      const now = brokerProcessesOf(station.process);
      return now.length === 2 && !now.some((pid) => killed.has(pid));
    });
    expect((await station.kill("SIGTERM")).status).toBe(0);
    expect(brokerProcessesOf(station.process)).toEqual([]);
  });

  it("serve every connection that is made while one of them is killed, and all end with the station", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const flags = [...FREE_PORTS, "--data", bench.folder(), "--redis", redis, "--anonymous"];
    const station = bench.program(SCRIPT, flags);
    const [, mqttPort] = await station.prints(/MQTT on port (\d+) /);
    const first = brokerProcessesOf(station.process);
    const [stopped] = first as [number];
    process.kill(stopped, "SIGSTOP");
    const answers: Promise<string>[] = Array.from({ length: 20 }, (_, index) => {
      const socket = createConnection({ host: "127.0.0.1", port: Number(mqttPort) });
      bench.add(() => socket.destroy());
      socket.write(
        generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: `c${index}`, clean: true }),
      );
      return new Promise((resolve, reject) => {
        socket.on("data", (bytes) => resolve(bytes.toString("hex"))).on("error", reject);
      });
    });
    process.kill(stopped, "SIGKILL");
    expect(await Promise.all(answers)).toEqual(Array(20).fill("20020000"));
    // The replacement of the killed broker has just started.
    await until("another one", () => brokerProcessesOf(station.process).some((pid) => !first.includes(pid)));
    expect((await station.kill("SIGTERM")).status).toBe(0);
    expect(brokerProcessesOf(station.process)).toEqual([]);
  });

  it("go on after Redis was killed and came back: acknowledged messages are there, others are sent again", async () => {
    const bench = scene();
    const redis = await startRedis(bench);
    const [one, two] = [await joinBroker(bench, redis.url), await joinBroker(bench, redis.url)];
    const got: string[] = [];
    const login = { clientId: "pager-1", clean: false };
    const pager = await bench.mqtt(two, login, (_topic, payload) => got.push(payload.toString()));
    await pager.subscribeAsync(TOPIC, { qos: 1 });
    const sender = await bench.mqtt(one);
    const sending = (async () => {
      for (const text of numbered(0, 200)) await sender.publishAsync(TOPIC, text, { qos: 1 });
    })();
    await until("some", () => got.length > 50);
    await redis.kill();
    const before = got.length;
    await redis.start();
    await sending;
    await until("all of them", () => new Set(got).size === 200);
    expect(before).toBeLessThan(200);
  });

  it("share accounts and devices: a device that is added at the station can log in at every broker", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const station = await bench.station({ anonymous: false, redis });
    await station.directory.addDevice({ uid: "pager-7" });
    const { password } = await station.accounts.create({ name: "pager-7", kind: "device" });
    const login = { clientId: "pager-7", username: "pager-7", password, clean: false };
    const enter = () => bench.mqtt(station.mqttPort, login).catch(() => undefined);
    const pager = await until("the login", enter);
    await pager.endAsync();
    // Processes take connections in turn. So these logins reach different brokers.
    for (let count = 0; count < 4; count += 1) await until("another login", enter);
    await station.accounts.remove("pager-7");
    await until("the end of the account everywhere", async () => {
      const logins = [await enter(), await enter()];
      for (const client of logins) await client?.endAsync(true);
      return logins.every((client) => client === undefined);
    });
    const unknown = {
      "broker.userName": "pager-8",
      "broker.password": localLogin(station.localKey, "pager-8")["broker.password"],
    };
    const local = bench.pager(station.mqttPort, "pager-8", { settings: unknown });
    await until("online", () => local.screens.at(-1)?.[0]?.includes("online"));
    await until("its entry", () => station.directory.device("pager-8"));
    // The station asks the process that serves the device.
    const connectionOf = async (uid: string) => {
      const answer = await ask(station.url, `/api/devices/${uid}`);
      return ((await answer.json()) as DeviceDetails).connection;
    };
    expect(await connectionOf("pager-8")).toMatchObject({ address: "127.0.0.1", protocol: "MQTT 3.1.1" });
    expect(await connectionOf("pager-9")).toBeUndefined();
  });

  it("may run on another machine: a pager goes on there when the station's brokers end, and gets later messages", async () => {
    const bench = scene();
    const { url: redis } = await startRedis(bench);
    const data = bench.folder();
    await expect(startOnlyBrokers({ data, redis, mqttPort: 0 })).rejects.toThrow("holds no accounts");
    const flags = [...FREE_PORTS, "--data", data, "--redis", redis, "--brokers", "1"];
    const station = bench.program(SCRIPT, flags);
    const [, stationPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//);
    const key = readLocalKey(`${data}/local.key`) ?? "";
    knowStation(url, key);
    const elsewhere = bench.program(SCRIPT, [...flags, "--only-brokers"]);
    const [, otherPort] = await elsewhere.prints(/Brokers: MQTT on port (\d+)/);
    const pager = bench.pager(Number(otherPort), "pager-1", {
      settings: {
        ...localLogin(key, "pager-1"),
        "broker.fallback": `127.0.0.1:${stationPort}`,
        "broker.subscribe": "no",
        "screen.dwell": 0,
      },
    });
    await until("online", () => pager.screens.at(-1)?.[0]?.includes("online"));
    const shown = async (text: string) => {
      const { answer } = await postPush(url, { to: "pager-1", text });
      await until(text, async () => statusesOf(await getPush(url, answer.id ?? "")).includes("shown"));
    };
    await shown("through the other machine");
    expect((await elsewhere.kill("SIGTERM")).status).toBe(0);
    await shown("through the station");
  });

  it("are not started without a Redis, and the error does not contain the password of its address", async () => {
    const redis = "redis://user:secret@127.0.0.1:1";
    const started = startStation({ data: scene().folder(), redis });
    await expect(started).rejects.toThrow(StationError);
    await expect(started).rejects.toThrow(/^there is no Redis at redis:\/\/user:…@127\.0\.0\.1:1 .*--redis$/);
  });
});
