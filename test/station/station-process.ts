/** A real station as a process of its own, with devices in its directory. It can be killed and started again. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_KEY_FILE, localPassword, localToken, readLocalKey } from "../../hosts/common/local-key.ts";
import type { PushWithDeliveries } from "../../hosts/station/shared/push.ts";
import { freePort } from "../brokers/broker.ts";
import { Program } from "../hosts/station/harness.ts";

const READY_TIMEOUT_MS = 60_000;
const PAGE = 200;

export interface StationPlace {
  /** Ports of another broker on loopback, or of the nodes of a cluster. Without them the station has its own. */
  readonly brokerPorts?: readonly number[] | undefined;
  /** Its data folder. Without it a temporary one. */
  readonly data?: string | undefined;
}

export class StationProcess {
  readonly mqttPort: number;
  readonly url: string;
  readonly #data: string;
  /** The broker that it is a client of. undefined: it has its own. */
  readonly #brokerPorts: readonly number[] | undefined;
  #program: Program | undefined;
  #localKey = "";
  /** How often it was started. */
  starts = 0;

  /** Starts a station whose directory has these devices. */
  static async start(
    devices: readonly string[],
    { brokerPorts, data = folder() }: StationPlace = {},
  ): Promise<StationProcess> {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const directory = { people: [], devices: devices.map((uid) => ({ uid })), groups: [] };
    writeFileSync(join(data, "directory.json"), JSON.stringify(directory));
    const station = new StationProcess(data, await freePort(), await freePort(), brokerPorts);
    await station.start();
    return station;
  }

  private constructor(data: string, mqttPort: number, httpPort: number, brokerPorts: readonly number[] | undefined) {
    this.#data = data;
    this.#brokerPorts = brokerPorts;
    this.mqttPort = mqttPort;
    this.url = `http://127.0.0.1:${httpPort}`;
  }

  /** The password of a device on this machine. */
  passwordOf(uid: string): string {
    return localPassword(this.#localKey, uid);
  }

  /** Starts it again with its data. */
  async start(): Promise<void> {
    const [port, ...further] = this.#brokerPorts ?? [];
    const fallback = further.map((each) => `127.0.0.1:${each}`).join();
    const mqtt =
      port === undefined
        ? ["--mqtt-port", String(this.mqttPort)]
        : ["--broker", `mqtt://127.0.0.1:${port}`, ...(fallback ? ["--broker-fallback", fallback] : [])];
    const ports = [...mqtt, "--http-port", new URL(this.url).port];
    const program = new Program(
      "hosts/station/cli/fieldpager.ts station",
      ["--data", this.#data, ...ports],
      this.#data,
    );
    this.#program = program;
    const ready = program.prints(/^Station: /m, READY_TIMEOUT_MS);
    const ended = program.ended.then(() => Promise.reject(new Error(`the station ended: ${program.stderr}`)));
    await Promise.race([ready, ended]);
    ended.catch(() => {});
    this.starts += 1;
    this.#localKey = readLocalKey(join(this.#data, LOCAL_KEY_FILE)) ?? "";
  }

  /** Kills it, as a power cut would. */
  async kill(): Promise<void> {
    await this.#program?.kill("SIGKILL");
  }

  /** Ends it and removes its folder. */
  async stop(): Promise<void> {
    await this.#program?.kill("SIGTERM");
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 5 });
  }

  get pid(): number | undefined {
    return this.#program?.process.pid;
  }

  /** Whether it accepts nothing, because its disk takes nothing. */
  async isRefusing(): Promise<boolean> {
    const response = await fetch(`${this.url}/healthz`).catch(() => undefined);
    return response?.status === 503;
  }

  /** Sends a request as the administrator. Rejects if nobody answers. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = `Bearer ${localToken(this.#localKey)}`;
    return fetch(this.url + path, { ...init, headers: { authorization, ...init.headers } });
  }

  /** Sends a push. Repeats the request with the same key until the station accepts it, even if the station is killed meanwhile. */
  async push(request: object, key: string): Promise<string> {
    for (;;) {
      const response = await this.ask("/api/push", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(request),
      }).catch(() => undefined);
      const answer = (await response?.json().catch(() => undefined)) as { id?: string; error?: string } | undefined;
      if (response?.status === 202 && answer?.id !== undefined) return answer.id;
      if (response && response.status < 500) throw new Error(`push refused: ${answer?.error ?? response.status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The whole history, newest first, read as the console reads it. */
  async history(): Promise<readonly PushWithDeliveries[]> {
    const all: PushWithDeliveries[] = [];
    for (let before = ""; ; ) {
      const response = await this.ask(`/api/pushes?limit=${PAGE}${before}`);
      const { pushes } = (await response.json()) as { pushes: PushWithDeliveries[] };
      all.push(...pushes);
      const last = pushes.at(-1);
      if (!last) return all;
      before = `&before=${last.id}`;
    }
  }

  /** Resident memory of the process in bytes. undefined if the system does not tell. */
  get residentBytes(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
      return Number(status.match(/^VmRSS:\s+(\d+) kB/m)?.[1]) * 1024;
    } catch {
      return undefined;
    }
  }
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), "fieldpager-station-"));
}
