/**
 * A disk that is full, and then has room again. What was accepted before is there after a restart. Nothing is accepted from the first
 * write that failed until a write succeeds again.
 */
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_KEY_FILE, readLocalKey } from "../../../hosts/common/local-key.ts";
import { STORE_RETRY_MS } from "../../../hosts/station/shared/limits.ts";
import type { PushWithDeliveries } from "../../../hosts/station/shared/push.ts";
import { encodeReceipt } from "../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../src/payload/message.ts";
import { usableDisks } from "./disks.ts";
import { ask, getPush, knowStation, type Program, postPush, StationBench, statusesOf, until } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

const PUSHES_BEFORE = 30;
const PUSHES_AFTER = 10;
const TOPIC = "/field/im/away";

/** Only Linux has these disks. */
const disks = usableDisks();

interface Health {
  readonly status: string;
  readonly reason?: string;
}

const healthOf = async (url: string) => {
  const response = await fetch(`${url}/healthz`);
  return { code: response.status, ...((await response.json()) as Health) };
};

async function start(bench: StationBench, data: string): Promise<{ station: Program; mqttPort: number; url: string }> {
  const flags = ["--data", data, "--mqtt-port", "0", "--http-port", "0", "--anonymous"];
  const station = bench.program("hosts/station/cli/fieldpager.ts station", flags);
  const [, mqttPort, url = ""] = await station.prints(/MQTT on port (\d+) .* (http:\/\/\S+:\d+)\//);
  knowStation(url, readLocalKey(join(data, LOCAL_KEY_FILE)) ?? "");
  return { station, mqttPort: Number(mqttPort), url };
}

describe("a station on", () => {
  it("is tried with as many kinds of disk as this machine has", () => {
    expect(disks.length).toBeGreaterThanOrEqual(process.platform === "linux" ? 1 : 0);
  });

  it.each(disks)(
    "%s takes nothing from the first write that failed until there is room, says so, and has kept the rest",
    async (_name, makeDisk) => {
      const bench = new StationBench();
      onTestFinished(() => bench.end());
      const disk = makeDisk();
      bench.add(() => disk.end());
      const { station, mqttPort, url } = await start(bench, disk.data);
      const away = new RawClient(mqttPort);
      await away.connect("away");
      await away.subscribe(TOPIC);
      await away.cut();

      const accepted = new Set<string>();
      const answers: { status: number; answer: { error?: string } }[] = [];
      const push = async (count: number) => {
        for (let index = 0; index < count; index += 1) {
          const { status, answer } = await postPush(url, { to: "pager-1", text: `push ${index}`.padEnd(200) });
          if (status === 202) accepted.add(answer.id ?? "");
          answers.push({ status, answer });
        }
      };
      const sender = new RawClient(mqttPort);
      await sender.connect("sender");
      const witness = new RawClient(mqttPort);
      await witness.connect("witness");
      const acknowledged: string[] = [];
      const publish = async (client: RawClient, index: number) => {
        client.send({
          cmd: "publish",
          topic: TOPIC,
          payload: `m${index}`,
          qos: 1,
          messageId: index,
          retain: false,
          dup: false,
        });
        const isAnswered = () => client.packets.some(({ cmd, messageId }) => cmd === "puback" && messageId === index);
        await until("an answer or the end", () => client.isClosed || isAnswered());
        if (isAnswered()) acknowledged.push(`m${index}`);
        return isAnswered();
      };
      await push(PUSHES_BEFORE);
      expect(await publish(sender, 1)).toBe(true);
      expect(accepted.size).toBe(PUSHES_BEFORE);
      expect(await healthOf(url)).toMatchObject({ code: 200, status: "ok" });

      disk.refuse(station.process.pid);
      for (let tries = 0; tries < 100 && answers.at(-1)?.status === 202; tries += 1) await push(1);
      expect(answers.at(-1)).toMatchObject({ status: 503 });
      expect(answers.at(-1)?.answer.error).toContain("until the disk takes writes again");
      await push(PUSHES_AFTER);
      expect(answers.slice(-PUSHES_AFTER).map(({ status }) => status)).toEqual(Array(PUSHES_AFTER).fill(503));
      const health = await healthOf(url);
      expect(health).toMatchObject({ code: 503, status: "failed" });
      expect(health.reason).toContain("a write to the disk failed");
      expect(station.stderr).toContain(health.reason);
      const waiting = publish(sender, 2);
      const late = new RawClient(mqttPort);
      bench.add(() => late.cut());
      expect((await late.logIn({ clientId: "late" })).code).toBe(3);
      await witness.settle();
      expect(acknowledged, "no PUBACK").toEqual(["m1"]);
      // The stored pushes can still be read.
      expect((await ask(url, "/api/pushes")).status).toBe(200);
      // The disk is tried again meanwhile, and still refuses.
      await new Promise((resolve) => setTimeout(resolve, 2 * STORE_RETRY_MS));
      expect(await healthOf(url)).toMatchObject({ code: 503, status: "failed" });

      disk.relent(station.process.pid);
      expect(await waiting).toBe(true);
      await until("all is well", async () => (await healthOf(url)).code === 200);
      await push(PUSHES_AFTER);
      expect(answers.slice(-PUSHES_AFTER).map(({ status }) => status)).toEqual(Array(PUSHES_AFTER).fill(202));
      const known = new Set(accepted);
      expect((await station.kill("SIGTERM")).status).toBe(0);

      const again = await start(bench, disk.data);
      expect(await healthOf(again.url)).toMatchObject({ code: 200, status: "ok" });
      const { pushes } = (await (await ask(again.url, "/api/pushes?limit=200")).json()) as {
        pushes: PushWithDeliveries[];
      };
      const kept = new Set(pushes.map(({ id }) => id));
      expect([...known].filter((id) => !kept.has(id))).toEqual([]);
      const back = new RawClient(again.mqttPort);
      bench.add(() => back.cut());
      await back.connect("away");
      await until("what was acknowledged", () => back.texts.length >= acknowledged.length);
      await back.settle();
      expect(back.texts).toEqual(acknowledged);
      expect((await postPush(again.url, { to: "pager-1", text: "again" })).status).toBe(202);
      expect((await again.station.kill("SIGTERM")).status).toBe(0);
    },
  );

  it.each(disks)(
    "%s answers no change of any kind that is not on it, and each that it has answered outlasts a kill",
    async (_name, makeDisk) => {
      const bench = new StationBench();
      onTestFinished(() => bench.end());
      const disk = makeDisk();
      bench.add(() => disk.end());
      const { station, mqttPort, url } = await start(bench, disk.data);
      const connect = async (clientId: string, port = mqttPort) => {
        const client = new RawClient(port);
        bench.add(() => client.cut());
        await client.connect(clientId);
        return client;
      };
      const away = await connect("away");
      await away.subscribeWith([{ topic: TOPIC, qos: 2 }]);
      await away.cut();
      const leaving = await connect("leaving");
      await leaving.subscribe("u/x");
      const coming = await connect("coming");
      const retaining = await connect("retaining");
      const twice = await connect("twice");
      const carrier = await connect("carrier");
      const witness = await connect("witness");
      const { answer } = await postPush(url, { to: "pager-1", text: "x" });
      const id = answer.id ?? "";

      disk.refuse(station.process.pid);
      for (let tries = 0; tries < 100; tries += 1)
        if ((await postPush(url, { to: "pager-1", text: "fills".padEnd(200) })).status !== 202) break;
      expect((await healthOf(url)).code).toBe(503);
      const publish = { cmd: "publish", messageId: 7, retain: false, dup: false } as const;
      const answerTo = (client: RawClient, cmd: string) =>
        until(
          cmd,
          () => client.packets.find((packet) => packet.cmd === cmd) ?? (client.isClosed ? "closed" : undefined),
        );
      const receipt = encodeMessage({
        timestampSeconds: 0,
        imType: IM_TYPE.receipt,
        contents: [encodeReceipt(id, "stored")],
        sender: "pager-1",
      });
      const unsubscribed = leaving.unsubscribe("u/x");
      retaining.send({ ...publish, topic: "r/x", payload: "kept", qos: 1, retain: true });
      twice.send({ ...publish, topic: TOPIC, payload: "once", qos: 2 });
      carrier.send({ ...publish, topic: "/field/im/station", payload: Buffer.from(receipt), qos: 1 });
      await witness.settle();
      // It may also say at once that it does not subscribe anybody now.
      expect(await coming.subscribeWith([{ topic: "s/x", qos: 1 }])).toEqual([0x80]);
      for (const client of [leaving, retaining, twice, carrier])
        expect(client.packets.filter(({ cmd }) => cmd !== "connack" && cmd !== "suback")).toEqual([]);

      disk.relent(station.process.pid);
      await unsubscribed;
      for (const [client, cmd] of [
        [retaining, "puback"],
        [twice, "pubrec"],
        [carrier, "puback"],
      ] as const)
        expect(await answerTo(client, cmd)).toMatchObject({ cmd, messageId: 7 });
      expect(await coming.subscribeWith([{ topic: "s/x", qos: 1 }])).toEqual([1]);
      await station.kill("SIGKILL");

      const again = await start(bench, disk.data);
      expect(statusesOf(await getPush(again.url, id))).toEqual(["stored"]);
      const back = await Promise.all(
        ["leaving", "coming", "away"].map((clientId) => connect(clientId, again.mqttPort)),
      );
      const [left, come, came] = back as [RawClient, RawClient, RawClient];
      // The sender has not said PUBREL. It sends the message again, which is the same one.
      const sender = await connect("twice", again.mqttPort);
      sender.send({ ...publish, topic: TOPIC, payload: "once", qos: 2, dup: true });
      await answerTo(sender, "pubrec");
      for (const topic of ["u/x", "s/x", TOPIC]) {
        sender.send({ ...publish, topic, payload: "end", qos: 1, messageId: 8 });
        await until("PUBACK", () => sender.packets.some(({ cmd }) => cmd === "puback"));
        sender.packets.length = 0;
      }
      const reader = await connect("reader", again.mqttPort);
      await reader.subscribe("r/+");
      await until("the ends", () => come.texts.includes("end") && came.texts.includes("end"));
      for (const client of [left, come, came, reader]) await client.settle();
      expect([left.texts, come.texts, came.texts, reader.texts]).toEqual([[], ["end"], ["once", "end"], ["kept"]]);
    },
  );
});
