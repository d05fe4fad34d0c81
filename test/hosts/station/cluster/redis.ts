/** A Redis for one test, on a free port of loopback, with its data in a folder that is removed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { Redis } from "ioredis";
import { freePort } from "../../../brokers/broker.ts";
import { type StationBench, until } from "../harness.ts";

export function hasRedis(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

export interface RedisServer {
  readonly url: string;
  /** Kills it as `kill -9` does. */
  kill(): Promise<unknown>;
  /** Starts it again with its data. */
  start(): Promise<void>;
}

export async function startRedis(bench: StationBench): Promise<RedisServer> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const folder = bench.folder();
  const flags = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"];
  let server: ChildProcess;
  let ended: Promise<unknown>;
  const kill = () => {
    server.kill("SIGKILL");
    return ended;
  };
  const start = async () => {
    server = spawn("redis-server", flags, { stdio: "ignore" });
    ended = new Promise((resolve) => server.on("close", resolve));
    await until("Redis", () => answers(url));
  };
  await start();
  bench.add(kill);
  return { url, kill, start };
}

async function answers(url: string): Promise<boolean> {
  const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  probe.on("error", () => {});
  try {
    await probe.connect();
    return (await probe.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    probe.disconnect();
  }
}
