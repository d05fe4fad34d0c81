/** mosquitto from the system's package. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MortalBroker } from "./broker.ts";
import { findProgram, startServer } from "./server-process.ts";

export interface Mosquitto extends MortalBroker {
  /** Ports of the further listeners, in their order. */
  readonly further: readonly number[];
}

export interface MosquittoOptions {
  /** Listeners beside the one for TCP: the lines that follow each one's `listener`. */
  readonly listeners?: readonly (readonly string[])[];
  /** It saves as its package has it: at its end, and every half hour. A kill takes everything since. */
  readonly savesByDefault?: boolean;
}

export const findMosquitto = (): string | undefined => findProgram("mosquitto");

/** Publishes one message with mosquitto's own client, as a shell script would. */
export async function mosquittoPub(port: number, args: readonly string[]): Promise<void> {
  const program = findProgram("mosquitto_pub");
  if (!program) throw new Error("mosquitto_pub is missing (package mosquitto-clients)");
  await promisify(execFile)(program, ["-h", "127.0.0.1", "-p", String(port), ...args], { timeout: 10_000 });
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const program = findMosquitto();
  if (!program) throw new Error("mosquitto is missing (package mosquitto)");
  const listeners = options.listeners ?? [];
  const server = await startServer("mosquitto", 1 + listeners.length, (folder, ports) => {
    const path = join(folder, "mosquitto.conf");
    writeFileSync(path, configuration(folder, ports, [[], ...listeners], options.savesByDefault ? [] : SAVES_AT_ONCE));
    return { program, args: ["-c", path] };
  });
  const [port, ...further] = server.ports as [number, ...number[]];
  const { kill, restart, stop } = server;
  return { name: "mosquitto", port, further, kill, restart, stop };
}

/** It saves on every change. With the default an abrupt end would lose new messages and redeliver acknowledged ones. */
const SAVES_AT_ONCE: readonly string[] = Object.freeze(["autosave_on_changes true", "autosave_interval 1"]);

function configuration(
  folder: string,
  ports: readonly number[],
  listeners: readonly (readonly string[])[],
  saving: readonly string[],
): string {
  return [
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${folder}/`,
    ...saving,
    "set_tcp_nodelay true",
    "log_dest stderr",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...listeners.flatMap((lines, index) => [`listener ${ports[index]} 127.0.0.1`, ...lines]),
    "",
  ].join("\n");
}
