/** mosquitto from the system's package, as a process of our own: own port, own folder, whatever else runs on the machine. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { vi } from "vitest";
import { accepts, type Broker, freePort } from "./broker.ts";

const START_TIMEOUT_MS = 10_000;
const START_ATTEMPTS = 3;
/** Debian keeps servers where an ordinary user's PATH does not look. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

export interface Mosquitto extends Broker {
  /** Ends it as a power cut would (SIGKILL); data and port are kept for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what it had saved. */
  restart(): Promise<void>;
}

export interface MosquittoOptions {
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
}

/** Path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders.filter(Boolean)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

export const findMosquitto = (): string | undefined => findProgram("mosquitto");

/** Publishes one message with mosquitto's own client, as a shell script would. */
export async function mosquittoPub(port: number, args: readonly string[]): Promise<void> {
  const program = findProgram("mosquitto_pub");
  if (!program) throw new Error("mosquitto_pub is missing (package mosquitto-clients)");
  await promisify(execFile)(program, ["-h", "127.0.0.1", "-p", String(port), ...args], { timeout: 10_000 });
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const binary = findMosquitto();
  if (!binary) throw new Error("mosquitto is missing (package mosquitto)");
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-mosquitto-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    writeFileSync(join(folder, "mosquitto.conf"), configuration(port, folder, options.lines ?? []));
    try {
      const first = await launch(binary, folder, port);
      return controls(first, () => launch(binary, folder, port), port, folder);
    } catch (error) {
      // Somebody may have taken the port between finding and using it.
      if (attempt < START_ATTEMPTS) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** With the default saving an abrupt end loses new messages and redelivers acknowledged ones: it saves on every change here. */
function configuration(port: number, folder: string, lines: readonly string[]): string {
  return [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${folder}/`,
    "autosave_on_changes true",
    "autosave_interval 1",
    "set_tcp_nodelay true",
    "log_dest stderr",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...lines,
    "",
  ].join("\n");
}

async function launch(binary: string, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(binary, ["-c", join(folder, "mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    log = (log + bytes.toString()).slice(-2_000);
  });
  let problem: string | undefined;
  child.once("error", (error) => {
    problem = error.message;
  });
  child.once("exit", (code, signal) => {
    problem ??= `mosquitto ended with ${code ?? signal}`;
  });
  try {
    await vi.waitFor(
      async () => {
        if (problem === undefined && !(await accepts(port))) throw new Error("mosquitto does not accept connections");
      },
      { timeout: START_TIMEOUT_MS, interval: 20 },
    );
    if (problem !== undefined) throw new Error(problem);
    return child;
  } catch (error) {
    await end(child, "SIGKILL");
    throw new Error(`${(error as Error).message}\n${log}`);
  }
}

function controls(first: ChildProcess, again: () => Promise<ChildProcess>, port: number, folder: string): Mosquitto {
  let child = first;
  return {
    name: "mosquitto",
    port,
    kill: () => end(child, "SIGKILL"),
    async restart() {
      child = await again();
    },
    async stop() {
      await end(child, "SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
