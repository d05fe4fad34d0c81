/** A server from the system's package, as a process of our own: own ports, own folder, whatever else runs on the machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { vi } from "vitest";
import { accepts, freePort } from "./broker.ts";

const START_TIMEOUT_MS = 60_000;
const START_ATTEMPTS = 3;
/** How long a server may take to end when it is asked to, in milliseconds. Then it is killed. */
const END_TIMEOUT_MS = 10_000;
/** Bytes of a server's output that are kept for the error. */
const LOG_CHARACTERS_MAX = 2_000;
/** Debian keeps servers where an ordinary user's PATH does not look. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/** What is to be run. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  readonly folder: string;
  readonly ports: readonly number[];
  /** Ends it as a power cut would (SIGKILL); its folder and its ports are kept for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
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

/**
 * Makes a folder, lets `prepare` write a configuration for free ports into it, starts what it returns and waits until the
 * first of the ports accepts connections.
 */
export async function startServer(
  name: string,
  portCount: number,
  prepare: (folder: string, ports: readonly number[]) => ServerCommand,
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `fieldpager-${name}-`));
  for (let attempt = 1; ; attempt += 1) {
    const ports: number[] = [];
    for (let count = 0; count < portCount; count += 1) ports.push(await freePort());
    const command = prepare(folder, ports);
    try {
      let child = await launch(name, command, ports[0] as number);
      return {
        folder,
        ports,
        kill: () => endProcess(child, "SIGKILL"),
        async restart() {
          child = await launch(name, command, ports[0] as number);
        },
        async stop() {
          await endProcess(child, "SIGTERM");
          rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
        },
      };
    } catch (error) {
      // Somebody may have taken a port between finding and using it.
      if (attempt < START_ATTEMPTS) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Starts a server and waits until it accepts connections; throws with the end of its output where it does not. */
export async function launch(name: string, command: ServerCommand, port: number): Promise<ChildProcess> {
  const { program, args, env } = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-LOG_CHARACTERS_MAX);
    });
  let problem: string | undefined;
  child.once("error", (error) => {
    problem = error.message;
  });
  child.once("exit", (code, signal) => {
    problem ??= `${name} ended with ${code ?? signal}`;
  });
  try {
    await vi.waitFor(
      async () => {
        if (problem === undefined && !(await accepts(port))) throw new Error(`${name} does not accept connections`);
      },
      { timeout: START_TIMEOUT_MS, interval: 20 },
    );
    if (problem !== undefined) throw new Error(problem);
    return child;
  } catch (error) {
    await endProcess(child, "SIGKILL");
    throw new Error(`${(error as Error).message}\n${log}`);
  }
}

/** Ends a process of ours, in the end by force. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
