/** What the tests of the station share: stations in this process or in their own, clients, and waits for conditions. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, type IClientOptions, type MqttClient, type OnMessageCallback } from "mqtt";
import { localPassword, localToken } from "../../../hosts/common/local-key.ts";
import { MemoryStore } from "../../../hosts/common/memory-store.ts";
import { type Pager, type PagerOptions, startPager } from "../../../hosts/node/pager.ts";
import { originOf } from "../../../hosts/station/identity/client-address.ts";
import { listenMqtt } from "../../../hosts/station/mqtt-server/mqtt-listener.ts";
import { StationBroker } from "../../../hosts/station/mqtt-server/station-broker.ts";
import type { ClientGate } from "../../../hosts/station/policy/client-gate.ts";
import type { Delivery, Push, PushWithDeliveries } from "../../../hosts/station/shared/push.ts";
import { type Station, type StationOptions, startStation as start } from "../../../hosts/station/station.ts";
import { StationStore } from "../../../hosts/station/store/station-store.ts";
import { screenText } from "../../../src/pager/screen/screen-text.ts";
import { Cleanups } from "../../cleanups.ts";

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Long enough for a busy machine. A test that passes takes far less. */
const DEADLINE_MS = 60_000;

export interface BrokerOptions {
  readonly folder?: string;
  readonly gate?: ClientGate;
}

export interface RunningBroker {
  readonly broker: StationBroker;
  readonly port: number;
  /** Ends the broker before the end of the test. */
  close(): Promise<void>;
}

/** Starts everything that a test of the station needs. `end` ends all of it. */
export class StationBench extends Cleanups {
  /** Local keys of the stations in this process, by MQTT port. */
  readonly #localKeys = new Map<number, string>();

  /** A station in this process on free ports of loopback. A login must be right. A client without a login may do everything. */
  async station(options: Partial<StationOptions> = {}): Promise<Station> {
    const station = await startStation({ data: this.folder(), ...options });
    this.#localKeys.set(station.mqttPort, station.localKey);
    this.add(() => station.close());
    return station;
  }

  /** The station's broker alone, in a folder and on a port of its own. Without a gate everyone may do everything. */
  async broker({ folder = this.folder(), gate }: BrokerOptions = {}): Promise<RunningBroker> {
    const store = new StationStore(join(folder, "station.db"));
    const broker = new StationBroker(store, gate);
    const address = { host: "127.0.0.1", mqttPort: 0, mqttsPort: 0 };
    const listener = await listenMqtt(address, (socket) => broker.accept(socket, originOf(socket)));
    let closing: Promise<void> | undefined;
    const close = () => {
      closing ??= (async () => {
        broker.shutDown();
        await listener.close();
        store.close();
      })();
      return closing;
    };
    this.add(close);
    return { broker, port: listener.mqttPort, close };
  }

  /** A port of loopback that is taken. */
  async takenPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.add(() => new Promise((resolve) => server.close(resolve)));
    return (server.address() as { port: number }).port;
  }

  /** A pager on Node that records every screen. It logs in if the station is in this process. */
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

  /** A connected client of MQTT.js. `onMessage` also gets messages that come directly behind CONNACK. */
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

  /** A program of this repository, with its command behind it, as a process of its own. It is killed at the end if it still runs. */
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

/** A running script, with its output so far. */
export class Program {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
  stdout = "";
  stderr = "";

  constructor(script: string, args: readonly string[], cwd: string) {
    const tsx = import.meta.resolve("tsx");
    const [file = "", ...words] = script.split(" ");
    this.process = spawn(process.execPath, ["--import", tsx, join(ROOT, file), ...words, ...args], {
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

  /** Waits until the output matches, and returns the match. */
  async prints(pattern: RegExp, deadlineMs = DEADLINE_MS): Promise<RegExpMatchArray> {
    return until(
      `output like ${pattern}, got ${this.stdout}${this.stderr}`,
      () => this.stdout.match(pattern) ?? undefined,
      deadlineMs,
    );
  }
}

/** Waits for a condition. Checks it every few milliseconds, and fails after a deadline. */
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

/** Tokens of the administrators, by the address of their station. */
const TOKENS = new Map<string, string>();

/** Starts a station on free ports. It lets clients in without a login. Remembers its administrator's token for `ask`. */
export async function startStation(options: StationOptions): Promise<Station> {
  const station = await start({ mqttPort: 0, httpPort: 0, anonymous: true, ...options });
  knowStation(station.url, station.localKey);
  return station;
}

/** Remembers the administrator's token of a station, for `ask`. */
export function knowStation(url: string, localKey: string): void {
  TOKENS.set(url, localToken(localKey));
}

/** The administrator's token of a station; empty for an unknown one. */
export function tokenOf(url: string): string {
  return TOKENS.get(url) ?? "";
}

/** Asks a station as its administrator. */
export function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const authorization = `Bearer ${tokenOf(url)}`;
  return fetch(url + path, { ...init, headers: { authorization, ...init.headers } });
}

/** Sends a push over HTTP. Returns the answer unchanged. */
export async function postPush(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await ask(url, "/api/push", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as { id?: string; error?: string } };
}

/** A push to one device with its delivery, from the HTTP interface. undefined if there is none. */
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

/** How many times each matching text has appeared on the screen. */
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
