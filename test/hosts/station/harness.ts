/** What the tests of the station share: a folder that goes away, a station in this process or one of its own, conditions. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type IClientOptions, type MqttClient, type OnMessageCallback } from "mqtt";
import { localPassword, localToken } from "../../../hosts/node/local-key.ts";
import { MemoryStore } from "../../../hosts/node/memory-store.ts";
import { type Pager, type PagerOptions, startPager } from "../../../hosts/node/pager.ts";
import type { Delivery, Push, PushWithDeliveries } from "../../../hosts/station/push.ts";
import { type Station, type StationOptions, startStation as start } from "../../../hosts/station/station.ts";
import { screenText } from "../../../src/pager/screen/screen-text.ts";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DEADLINE_MS = 15_000;

type Cleanup = () => unknown;

/** Ends what a test began, the last first, whatever the test's outcome. Give `end` to `afterEach`. */
export class Cleanups {
  readonly #cleanups: Cleanup[] = [];
  /** Of the stations in this process, by their port. */
  readonly #localKeys = new Map<number, string>();

  add(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
  }

  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  /** A new empty folder. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), "fieldpager-"));
    this.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
    return folder;
  }

  /** A station in this process on free ports of loopback. Who logs in has to be right; who does not may do everything. */
  async station(options: Partial<StationOptions> = {}): Promise<Station> {
    const station = await startStation({ data: this.folder(), ...options });
    this.#localKeys.set(station.mqttPort, station.localKey);
    this.add(() => station.close());
    return station;
  }

  /** A pager on Node that remembers every screen it showed. It logs in where it knows how. */
  pager(mqttPort: number, uid: string, options: Partial<PagerOptions> = {}): Pager & { readonly screens: string[][] } {
    const screens: string[][] = [];
    const pager = startPager({
      store: new MemoryStore(),
      sensors: [],
      onPaint: (drawList) => screens.push(screenText(drawList)),
      ...options,
      settings: {
        ...localLogin(this.#localKeys.get(mqttPort), uid),
        uid,
        "broker.port": mqttPort,
        ...options.settings,
      },
    });
    this.add(() => pager.stop());
    return Object.assign(pager, { screens });
  }

  /** An MQTT.js client, connected. `onMessage` also sees what comes right behind CONNACK. */
  async mqtt(mqttPort: number, options: IClientOptions = {}, onMessage?: OnMessageCallback): Promise<MqttClient> {
    const client = connect(`mqtt://127.0.0.1:${mqttPort}`, { reconnectPeriod: 0, ...options });
    if (onMessage) client.on("message", onMessage);
    this.add(() => client.endAsync(true));
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
      client.once("close", () => reject(new Error("the broker closed the connection")));
    });
    return client;
  }

  /** A program of this repository as a process of its own; it is killed at the end if it still runs. */
  program(script: string, args: readonly string[], cwd = ROOT): Program {
    const program = new Program(script, args, cwd);
    this.add(() => program.kill("SIGKILL"));
    return program;
  }
}

/** The settings of a pager that logs in with the key of a station of this machine. */
export function localLogin(localKey: string | undefined, uid: string): Record<string, string> {
  if (localKey === undefined) return {};
  return { "broker.userName": uid, "broker.password": localPassword(localKey, uid) };
}

/** A running script; its output as it came. */
export class Program {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
  stdout = "";
  stderr = "";

  constructor(script: string, args: readonly string[], cwd: string) {
    const tsx = import.meta.resolve("tsx");
    this.process = spawn(process.execPath, ["--import", tsx, join(ROOT, script), ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.process.on("close", (status, signal) => resolve({ status, signal }));
    });
  }

  /** Sends a signal and waits for the end. */
  async kill(
    signal: NodeJS.Signals,
  ): Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal);
    return this.ended;
  }

  /** Waits until the output matches, and gives the match. */
  async prints(pattern: RegExp, deadlineMs = DEADLINE_MS): Promise<RegExpMatchArray> {
    return until(
      `output like ${pattern}, got ${this.stdout}${this.stderr}`,
      () => this.stdout.match(pattern) ?? undefined,
      deadlineMs,
    );
  }
}

/** Waits for a condition: looks again every few milliseconds until it holds, and fails after a deadline. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = DEADLINE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Tokens of the administrator, by the address of the station. */
const TOKENS = new Map<string, string>();

/** Starts a station on free ports that is open to everyone who does not log in, and remembers how to ask it as its administrator. */
export async function startStation(options: StationOptions): Promise<Station> {
  const station = await start({ mqttPort: 0, httpPort: 0, anonymous: true, ...options });
  knowStation(station.url, station.localKey);
  return station;
}

/** Remembers how to ask a station as its administrator, wherever it was started. */
export function knowStation(url: string, localKey: string): void {
  TOKENS.set(url, localToken(localKey));
}

/** What stands for the administrator of a station that is known. */
export function tokenOf(url: string): string {
  return TOKENS.get(url) ?? "";
}

/** Asks a station as its administrator. */
export function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${tokenOf(url)}`;
  return fetch(url + path, { ...init, headers: { authorization, ...init.headers } });
}

/** Sends a push over HTTP; the answer as it came. */
export async function postPush(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await ask(url, "/api/push", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as { id?: string; error?: string } };
}

/** A push to one device as the station tells it, with what became of it there; or undefined. */
export async function getPush(url: string, id: string): Promise<(Push & Delivery) | undefined> {
  const response = await ask(url, `/api/pushes/${id}`);
  if (!response.ok) return undefined;
  const { deliveries, ...push } = (await response.json()) as PushWithDeliveries;
  return { ...push, ...(deliveries[0] as Delivery) };
}

/** The statuses of a push's receipts, in the order in which they came. */
export function statusesOf(delivery: Delivery | undefined): string[] {
  return delivery?.receipts.map((receipt) => receipt.status) ?? [];
}

/** A port that nothing listens on, now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** How many times each text that matches came on the screen anew. */
export function runsOf(screens: readonly string[][], pattern: RegExp): Map<string, number> {
  const runs = new Map<string, number>();
  let current = "";
  for (const lines of screens) {
    const text = lines.join(" ").match(pattern)?.[0] ?? "";
    if (text !== current && text !== "") runs.set(text, (runs.get(text) ?? 0) + 1);
    current = text;
  }
  return runs;
}
