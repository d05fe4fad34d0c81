/**
 * A disk that is full, and then has room again. What was accepted before is there after a restart. Nothing is accepted from the first
 * write that failed until a write succeeds again. There are two kinds of disk: a small file system that is really full, if this user may mount one, and a limit of the
 * system on the size of the station's files.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { LOCAL_KEY_FILE, readLocalKey } from "../../../hosts/node/local-key.ts";
import type { PushWithDeliveries } from "../../../hosts/station/push.ts";
import { STORE_RETRY_MS } from "../../../hosts/station/station-limits.ts";
import { ask, knowStation, type Program, postPush, StationBench, until } from "./harness.ts";
import { RawClient } from "./raw-client.ts";

const PUSHES_BEFORE = 30;
const PUSHES_AFTER = 10;
const FILE_SYSTEM_BYTES = 33_554_432;
const TOPIC = "/field/im/away";

/** A folder whose disk can be made to refuse. */
interface Disk {
  readonly data: string;
  refuse(station: Program): void;
  relent(station: Program): void;
}

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: "pipe" });

function fullFileSystem(bench: StationBench): Disk {
  const mount = mkdtempSync(join(tmpdir(), "fieldpager-disk-"));
  run("mount", "-t", "tmpfs", "-o", `size=${FILE_SYSTEM_BYTES}`, "tmpfs", mount);
  bench.add(() => {
    run("umount", "-l", mount);
    rmSync(mount, { recursive: true });
  });
  const ballast = join(mount, "ballast");
  return {
    data: join(mount, "data"),
    refuse() {
      for (let bytes = 1_048_576; bytes >= 1; bytes /= 2) {
        try {
          for (;;) appendFileSync(ballast, Buffer.alloc(bytes));
        } catch {
          // So many bytes do not fit. Fewer may fit.
        }
      }
    },
    relent: () => rmSync(ballast),
  };
}

function limitedFiles(bench: StationBench): Disk {
  const data = join(bench.folder(), "data");
  const limit = (station: Program, bytes: string) =>
    run("prlimit", "--pid", `${station.process.pid}`, `--fsize=${bytes}:`);
  return {
    data,
    refuse(station) {
      // The limit leaves the log less room than the following pushes need.
      limit(station, String(statSync(join(data, "station.db-wal")).size + 300));
    },
    relent: (station) => limit(station, "unlimited"),
  };
}

function works(attempt: (bench: StationBench) => unknown): boolean {
  const bench = new StationBench();
  try {
    attempt(bench);
    return true;
  } catch {
    return false;
  } finally {
    void bench.end();
  }
}

const DISKS = [
  ["a full file system", fullFileSystem],
  ["a limit on its files", limitedFiles],
] as const;
const MAY = new Map<unknown, boolean>([
  [fullFileSystem, works(fullFileSystem)],
  [limitedFiles, works(() => run("prlimit", "--version"))],
]);
/** Only Linux has these disks. */
const disks = DISKS.filter(([, disk]) => MAY.get(disk));

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
  const station = bench.program("hosts/station/main.ts", flags);
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
      const disk = makeDisk(bench);
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

      disk.refuse(station);
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

      disk.relent(station);
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
});
