/** A server from the system's package as a process with its own ports and its own folder. Other servers do not disturb it. */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { accepts, freePort } from "./broker.ts";

const START_TIMEOUT_MS = 60_000;
const START_ATTEMPTS = 3;
/** Milliseconds between two looks whether it accepts connections. */
const LOOK_MS = 20;
/** How long a server may take to end on request, in milliseconds. Then it is killed. */
const END_TIMEOUT_MS = 10_000;
/** Characters of a server's output that are kept for the error. */
const LOG_CHARACTERS_MAX = 2_000;
/** Folders of servers that are not in an ordinary user's PATH. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Server {
  readonly folder: string;
  readonly ports: readonly number[];
  /** Ends it with SIGKILL, as a power cut would. Folder and ports stay for `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Path of a program, or undefined if it is not there. */
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
 * Makes a folder and finds free ports. `prepare` writes a configuration into the folder and returns the command. Starts the
 * command, and waits until the first port accepts connections.
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
      // Another process may have taken a port meanwhile.
      if (attempt < START_ATTEMPTS) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Starts a server and waits until it accepts connections. If it does not, throws an error with the end of its output. */
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
    const endMs = performance.now() + START_TIMEOUT_MS;
    while (problem === undefined && !(await accepts(port))) {
      if (performance.now() > endMs) throw new Error(`${name} does not accept connections`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (problem !== undefined) throw new Error(problem);
    return child;
  } catch (error) {
    await endProcess(child, "SIGKILL");
    throw new Error(`${(error as Error).message}\n${log}`);
  }
}

/** Sends the signal to a process of ours, and kills it if it does not end in time. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
