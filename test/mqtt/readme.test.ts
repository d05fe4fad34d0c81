import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import mqtt from "mqtt";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startAedes } from "../brokers/aedes.ts";
import type { Broker } from "../brokers/broker.ts";

const FOLDER = new URL("../../src/mqtt/", import.meta.url);
const README = readFileSync(new URL("README.md", FOLDER), "utf8");
const folder = mkdtempSync(join(tmpdir(), "fieldpager-"));
const outfile = join(folder, "example.mjs");
let broker: Broker;
let program: ChildProcess | undefined;

beforeAll(async () => {
  broker = await startAedes();
});

afterAll(async () => {
  program?.kill("SIGKILL");
  await broker.stop();
  rmSync(folder, { recursive: true });
});

it("the example of the README does what it says", async () => {
  const [, contents] = README.match(/```ts\n([\s\S]*?)```/) ?? [];
  await build({
    stdin: { contents: contents ?? "", resolveDir: fileURLToPath(FOLDER), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "silent",
  });
  program = spawn(process.execPath, [outfile, String(broker.port)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  program.stdout?.on("data", (bytes: Buffer) => {
    output += bytes.toString();
  });
  const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
  await eventually(() => expect(output).toContain("connected, MQTT 3.1.1"));
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  const answers: string[] = [];
  client.on("message", (_topic, payload) => answers.push(payload.toString()));
  await client.subscribeAsync("answer");
  await eventually(async () => {
    await client.publishAsync("question", "why?", { qos: 1 });
    expect(answers).toContain("why?");
  });
  await eventually(() => expect(output).toContain("asked: why?\nthe broker has the answer"));
  await client.endAsync();
  const ended = new Promise((resolve) => program?.once("exit", resolve));
  program.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("the example says DISCONNECT when it ends, so that a will would not be published", async () => {
  let came = "";
  const server = createServer((socket) => {
    socket.on("data", (bytes) => {
      if (came === "") socket.write(Buffer.from("2003000000", "hex"));
      came += bytes.toString("hex");
    });
    socket.on("error", () => {});
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  program = spawn(process.execPath, [outfile, String((server.address() as AddressInfo).port)], { stdio: "ignore" });
  await vi.waitFor(() => expect(came).toContain("7175657374696f6e01"), { timeout: 10_000, interval: 20 });
  const ended = once(program, "exit");
  program.kill("SIGTERM");
  await ended;
  expect(came).toMatch(/e000$/);
  server.close();
});

it("the README names every file of the folder", () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  expect(files.filter((name) => !README.includes(`\`${name}\``))).toEqual([]);
});
