/** Several brokers on one Redis: a client that moves between them, and the end of one of them in the middle of its work. */
import { createConnection } from "node:net";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { FileStore } from "../../../../hosts/node/file-store.ts";
import { readLocalKey } from "../../../../hosts/node/local-key.ts";
import { StationBroker } from "../../../../hosts/station/broker.ts";
import { RedisConnections } from "../../../../hosts/station/cluster/redis-connections.ts";
import { RedisDatabase } from "../../../../hosts/station/cluster/redis-database.ts";
import type { DeviceDetails } from "../../../../hosts/station/device.ts";
import { listenMqtt } from "../../../../hosts/station/mqtt-listener.ts";
import { requireOrSkip } from "../../../require.ts";
import { ask, Cleanups, getPush, knowStation, localLogin, postPush, runsOf, statusesOf, until } from "../harness.ts";
import { brokerProcessesOf } from "./broker-processes.ts";
import { hasRedis, startRedis } from "./redis.ts";

/** A station and its brokers are three processes, which a busy machine compiles one after the other. */
const START_MS = 60_000;
const TOPIC = "/field/im/pager-1";
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);

function scene(): Cleanups {
  const cleanups = new Cleanups();
  onTestFinished(() => cleanups.end());
  return cleanups;
}

/** A broker on this Redis with a port of its own. */
async function openBroker(cleanups: Cleanups, redis: string): Promise<{ broker: StationBroker; port: number }> {
  const broker = await StationBroker.join(redis);
  const listener = await listenMqtt({ host: "127.0.0.1", mqttPort: 0, mqttsPort: 0 }, (socket) =>
    broker.accept(socket),
  );
  cleanups.add(() => broker.shutDown());
  cleanups.add(() => listener.close());
  return { broker, port: listener.mqttPort };
}

const joinBroker = async (cleanups: Cleanups, redis: string) => (await openBroker(cleanups, redis)).port;

describe.runIf(requireOrSkip("redis-server", hasRedis()))("brokers on one Redis", { timeout: 180_000 }, () => {
  it("read a queue in the order in which it was written, whoever wrote it", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const connections = new RedisConnections(redis);
    const [one, two] = [await RedisDatabase.open(connections), await RedisDatabase.open(connections)];
    cleanups.add(() => Promise.all([one.close(), two.close()]));
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

  it("serve a client that moves between them: nothing is lost, in order, and only what was on its way comes again", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const ports = [await joinBroker(cleanups, redis), await joinBroker(cleanups, redis)] as const;
    const lives: string[][] = [];
    const come = async (round: number): Promise<MqttClient> => {
      const life: string[] = [];
      lives.push(life);
      const login = { clientId: "pager-1", clean: false };
      return cleanups.mqtt(ports[round % 2] as number, login, (_topic, payload) => life.push(payload.toString()));
    };
    let pager = await come(0);
    await pager.subscribeAsync(TOPIC, { qos: 1 });
    const senders = [await cleanups.mqtt(ports[0]), await cleanups.mqtt(ports[1])];
    const count = 400;
    const all = () => new Set(lives.flat());
    // One sender, which moves as well: each message is published when the one before is acknowledged.
    const sending = (async () => {
      for (const [index, text] of numbered(0, count).entries())
        await senders[Math.floor(index / 20) % 2]?.publishAsync(TOPIC, text, { qos: 1 });
    })();
    for (let round = 1; round <= 10; round += 1) {
      await until("some", () => all().size >= round * 20 || all().size === count);
      // Ends without a word; at odd rounds the other broker is told by the new connection alone.
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
      // What was on its way: one connection may still have been open when the next one was.
      for (const text of again) expect(lives[round - 1], `${text} again`).toContain(text);
      for (const text of life) known.add(text);
    }
  });

  it("close a client's connection when it comes to another one, before they take up anything more for it", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const [one, two] = [await openBroker(cleanups, redis), await openBroker(cleanups, redis)];
    const login = { clientId: "pager-1", clean: false };
    for (let move = 0; move < 10; move += 1) {
      const [here, there] = move % 2 ? [one, two] : [two, one];
      const former = await cleanups.mqtt(here.port, login);
      await cleanups.mqtt(there.port, login);
      await until("the end of the former one", () => !former.connected);
      expect([here.broker.connectedClients, there.broker.connectedClients]).toEqual([0, 1]);
    }
  });

  it("deliver what the connection that a client has left had taken up and not sent", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const [one, two] = [await openBroker(cleanups, redis), await openBroker(cleanups, redis)];
    const got: string[] = [];
    const login = { clientId: "pager-1", clean: false };
    const pager = await cleanups.mqtt(two.port, login, (_topic, payload) => got.push(payload.toString()));
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

  it("end although their Redis is gone, and whoever waits for it hears of that", async () => {
    const cleanups = scene();
    const server = await startRedis(cleanups);
    const broker = await StationBroker.join(server.url);
    await broker.publishStored(TOPIC, Buffer.from("m0"));
    await server.kill();
    const publishing = broker.publishStored(TOPIC, Buffer.from("m1"));
    const failed = expect(publishing).rejects.toThrow("Connection is closed");
    await broker.shutDown();
    await failed;
  });

  it("keep a last will for who is gone, and let it be for who has gone on elsewhere", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const [one, two] = [await joinBroker(cleanups, redis), await joinBroker(cleanups, redis)];
    const said: string[] = [];
    const watcher = await cleanups.mqtt(two, {}, (_topic, payload) => said.push(payload.toString()));
    await watcher.subscribeAsync("/field/pres/pager-1", { qos: 1 });
    const will = { topic: "/field/pres/pager-1", payload: Buffer.from("gone"), qos: 1, retain: true } as const;
    await cleanups.mqtt(one, { clientId: "pager-1", clean: false, will });
    const moved = await cleanups.mqtt(two, { clientId: "pager-1", clean: false, will });
    await moved.publishAsync(will.topic, "here", { qos: 1 });
    await until("it", () => said.includes("here"));
    expect(said).toEqual(["here"]);
    moved.stream.destroy();
    await until("the will", () => said.includes("gone"));
  });

  it.each([1, 2])(
    "the station loses no accepted push when broker process %i of two is killed in the middle",
    async (which) => {
      const cleanups = scene();
      const { url: redis } = await startRedis(cleanups);
      const data = cleanups.folder();
      const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--redis", redis, "--anonymous"];
      const station = cleanups.program("hosts/station/main.ts", flags);
      const [, mqttPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//, START_MS);
      const key = readLocalKey(`${data}/local.key`) ?? "";
      knowStation(url, key);
      const uids = numbered(1, 7).map((name) => name.replace("m", "pager-"));
      const pagers = uids.map((uid) =>
        cleanups.pager(Number(mqttPort), uid, {
          store: new FileStore(cleanups.folder()),
          settings: { ...localLogin(key, uid), "screen.dwell": 0, "telemetry.interval": 0 },
        }),
      );
      for (const pager of pagers) await until("online", () => pager.screens.at(-1)?.[0]?.includes("online"));
      const brokers = brokerProcessesOf(station.process);
      expect(brokers).toHaveLength(2);
      const accepted: { readonly id: string; readonly text: string; readonly pager: (typeof pagers)[number] }[] = [];
      const pushes = 120;
      for (let index = 0; index < pushes; index += 1) {
        const pager = pagers[index % pagers.length] as (typeof pagers)[number];
        const text = `push-${index}.`;
        const { status, answer } = await postPush(url, { to: uids[index % uids.length], text });
        expect(status).toBe(202);
        accepted.push({ id: answer.id ?? "", text, pager });
        if (index === pushes / 3) process.kill(brokers[which - 1] as number, "SIGKILL");
      }
      for (const { id, text } of accepted)
        await until(`${text} stored`, async () => statusesOf(await getPush(url, id)).includes("stored"), 30_000);
      for (const { id, text } of accepted)
        await until(`${text} shown`, async () => statusesOf(await getPush(url, id)).includes("shown"), 30_000);
      for (const pager of pagers)
        for (const [text, count] of runsOf(pager.screens, /push-\d+\./)) expect(count, `${text} shown once`).toBe(1);
      const again = await until("another process in its place", () => {
        const now = brokerProcessesOf(station.process);
        return now.length === 2 ? now : undefined;
      });
      expect(again).not.toContain(brokers[which - 1]);
      expect((await station.kill("SIGTERM")).status).toBe(0);
      expect(brokerProcessesOf(station.process)).toEqual([]);
    },
  );

  it("serve every connection that is made while one of them is being killed", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const data = cleanups.folder();
    const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--redis", redis, "--anonymous"];
    const station = cleanups.program("hosts/station/main.ts", flags);
    const [, mqttPort] = await station.prints(/MQTT on port (\d+) /, START_MS);
    const [stopped] = brokerProcessesOf(station.process) as [number];
    process.kill(stopped, "SIGSTOP");
    const answers: Promise<string>[] = Array.from({ length: 20 }, (_, index) => {
      const socket = createConnection({ host: "127.0.0.1", port: Number(mqttPort) });
      cleanups.add(() => socket.destroy());
      socket.write(
        generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: `c${index}`, clean: true }),
      );
      return new Promise((resolve, reject) => {
        socket.on("data", (bytes) => resolve(bytes.toString("hex"))).on("error", reject);
      });
    });
    process.kill(stopped, "SIGKILL");
    expect(await Promise.all(answers)).toEqual(Array(20).fill("20020000"));
  });

  it("end with the station, also one that has only just been started", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const flags = ["--data", cleanups.folder(), "--mqtt-port", "0", "--http-port", "0", "--redis", redis];
    const station = cleanups.program("hosts/station/main.ts", flags);
    await station.prints(/MQTT on port/, START_MS);
    const first = brokerProcessesOf(station.process);
    process.kill(first[0] as number, "SIGKILL");
    await until("another one", () => brokerProcessesOf(station.process).some((pid) => !first.includes(pid)));
    expect((await station.kill("SIGTERM")).status).toBe(0);
    expect(brokerProcessesOf(station.process)).toEqual([]);
  });

  it("go on after Redis was killed and came back: what was acknowledged is there, and what was not is sent again", async () => {
    const cleanups = scene();
    const redis = await startRedis(cleanups);
    const [one, two] = [await joinBroker(cleanups, redis.url), await joinBroker(cleanups, redis.url)];
    const got: string[] = [];
    const login = { clientId: "pager-1", clean: false };
    const pager = await cleanups.mqtt(two, login, (_topic, payload) => got.push(payload.toString()));
    await pager.subscribeAsync(TOPIC, { qos: 1 });
    const sender = await cleanups.mqtt(one);
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

  it("tell each other of accounts and devices: who is added at the station comes in at every broker", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const station = await cleanups.station({ anonymous: false, redis });
    await station.directory.addDevice({ uid: "pager-7" });
    const { password } = await station.accounts.create({ name: "pager-7", kind: "device" });
    const login = { clientId: "pager-7", username: "pager-7", password, clean: false };
    const enter = () => cleanups.mqtt(station.mqttPort, login).catch(() => undefined);
    const pager = await until("the login", enter);
    await pager.endAsync();
    // Processes take connections in turn: these two are at different ones.
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
    const local = cleanups.pager(station.mqttPort, "pager-8", { settings: unknown });
    await until("online", () => local.screens.at(-1)?.[0]?.includes("online"));
    await until("its entry", () => station.directory.device("pager-8"));
    // Diagnostics are asked of whichever process serves it.
    const connectionOf = async (uid: string) => {
      const answer = await ask(station.url, `/api/devices/${uid}`);
      return ((await answer.json()) as DeviceDetails).connection;
    };
    expect(await connectionOf("pager-8")).toMatchObject({ address: "127.0.0.1", protocol: "MQTT 3.1.1" });
    expect(await connectionOf("pager-9")).toBeUndefined();
  });

  it("may stand elsewhere: a pager whose station's brokers end goes on at them, with what is sent meanwhile", async () => {
    const cleanups = scene();
    const { url: redis } = await startRedis(cleanups);
    const data = cleanups.folder();
    const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--redis", redis, "--brokers", "1"];
    const early = cleanups.program("hosts/station/main.ts", [...flags, "--only-brokers"]);
    expect((await early.ended).status, "without the station's accounts").toBe(1);
    expect(early.stderr).toContain("holds no accounts");
    const station = cleanups.program("hosts/station/main.ts", flags);
    const [, stationPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//, START_MS);
    const key = readLocalKey(`${data}/local.key`) ?? "";
    knowStation(url, key);
    const elsewhere = cleanups.program("hosts/station/main.ts", [...flags, "--only-brokers"]);
    const [, otherPort] = await elsewhere.prints(/Brokers: MQTT on port (\d+)/, START_MS);
    const pager = cleanups.pager(Number(otherPort), "pager-1", {
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
      await until(text, async () => statusesOf(await getPush(url, answer.id ?? "")).includes("shown"), 30_000);
    };
    await shown("through the other machine");
    expect((await elsewhere.kill("SIGTERM")).status).toBe(0);
    await shown("through the station");
  });

  it("says in one line that there is no Redis", async () => {
    const cleanups = scene();
    const flags = ["--data", cleanups.folder(), "--mqtt-port", "0", "--http-port", "0"];
    const station = cleanups.program("hosts/station/main.ts", [...flags, "--redis", "redis://user:secret@127.0.0.1:1"]);
    expect((await station.ended).status).toBe(1);
    expect(station.stderr.trim().split("\n")).toEqual([expect.stringMatching(/no Redis at .*--redis/)]);
    expect(station.stderr).not.toContain("secret");
  });
});
