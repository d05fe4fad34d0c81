/** The broker as a process on a disk: it is killed, and its disk is full. What was acknowledged before is there after. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Broker } from "../../../brokers/broker.ts";
import { ProbeClient } from "../../../brokers/probe-client.ts";
import { endProcess } from "../../../brokers/server-process.ts";

const MAIN = fileURLToPath(new URL("server-main.ts", import.meta.url));
const KILLS = 5;
const KEPT = { clientId: "away", clean: false } as const;
const TOPIC = "to/away";

let folder: string;
let child: ChildProcess;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fieldpager-broker-"));
});
afterEach(async () => {
  await endProcess(child, "SIGKILL");
  rmSync(folder, { recursive: true });
});

async function start(): Promise<Broker> {
  output = "";
  child = spawn(process.execPath, ["--import", "tsx", MAIN, join(folder, "broker.db")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout?.on("data", (bytes: Buffer) => {
    output += bytes.toString();
  });
  const port = await vi.waitFor(
    () => Number(/port (\d+)/.exec(output)?.[1] ?? Number.NaN) || Promise.reject(new Error(output)),
    {
      timeout: 60_000,
      interval: 20,
    },
  );
  return { name: "station", port, stop: () => endProcess(child, "SIGTERM") };
}

async function subscribe(broker: Broker): Promise<void> {
  const away = await ProbeClient.open(broker, KEPT);
  expect(await away.subscribe(TOPIC, 1)).toBe(1);
  await away.close();
}

/** Publishes, and kills the broker while a message is on its way. Returns the payloads that were acknowledged. */
async function publishUntilKilled(broker: Broker, first: number, count: number): Promise<string[]> {
  const sender = await ProbeClient.open(broker, { clientId: "sender" });
  const acknowledged: string[] = [];
  for (let number = first; ; number += 1) {
    const answer = sender.publish(TOPIC, String(number));
    // Its bytes have left. The broker may have read them, written them or answered.
    if (number - first >= count) setTimeout(() => child.kill("SIGKILL"), (number - first - count) % 3);
    if ((await answer) === "closed") return acknowledged;
    acknowledged.push(String(number));
  }
}

/** What waits for the client that was away, each once, in the order in which it comes. */
async function arrived(broker: Broker): Promise<string[]> {
  const away = await ProbeClient.open(broker, KEPT);
  const sender = await ProbeClient.open(broker, { clientId: "fence" });
  await sender.publish(TOPIC, "fence");
  const messages = await away.messagesUntil("fence");
  away.cut();
  sender.cut();
  return messages === "closed" ? [] : messages.map(({ payload }) => payload.toString());
}

it(`loses nothing that it acknowledged when it is killed ${KILLS} times`, async () => {
  const acknowledged: string[] = [];
  let broker = await start();
  await subscribe(broker);
  for (let kill = 0; kill < KILLS; kill += 1) {
    acknowledged.push(...(await publishUntilKilled(broker, kill * 10_000, 10 + kill)));
    await endProcess(child, "SIGKILL");
    broker = await start();
  }
  const came = await arrived(broker);
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  expect(came.filter((payload) => acknowledged.includes(payload))).toEqual(acknowledged);
  // One a kill may be on the disk though nobody was told.
  expect(came.length - acknowledged.length).toBeLessThanOrEqual(KILLS);
});

it("acknowledges nothing while its disk is full, keeps what it acknowledged, and goes on when there is room", async () => {
  let broker = await start();
  await subscribe(broker);
  const sender = await ProbeClient.open(broker, { clientId: "sender", protocolVersion: 5 });
  const other = await ProbeClient.open(broker, { clientId: "other", protocolVersion: 5 });
  const text = (number: number) => String(number).padEnd(3_000);
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const publish = async (number: number, from = sender) => {
    const puback = await from.publish(TOPIC, text(number));
    if (puback === "closed") throw new Error(`message ${number}: closed`);
    ((puback.reasonCode ?? 0) < 0x80 ? acknowledged : refused).push(text(number).trim());
  };
  for (let number = 0; number < 20; number += 1) await publish(number);
  const limit = (bytes: string) => execFileSync("prlimit", ["--pid", `${child.pid}`, `--fsize=${bytes}:`]);
  limit("40000");
  // The first one waits for the store, and so does what its sender says behind it. Others are refused.
  const waiting = publish(20);
  await vi.waitFor(() => expect(output).toContain("refused: "), { timeout: 20_000 });
  for (let number = 21; number < 25; number += 1) await publish(number, other);
  expect(acknowledged).toHaveLength(20);
  expect(refused).toEqual(["21", "22", "23", "24"]);
  limit("unlimited");
  await waiting;
  await publish(25);
  expect(output).toContain("sound");
  await endProcess(child, "SIGKILL");
  broker = await start();
  const came = (await arrived(broker)).map((payload) => payload.trim());
  expect(came).toEqual([...Array.from({ length: 21 }, (_, number) => String(number)), "25"]);
});
