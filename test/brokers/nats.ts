/** NATS with JetStream, which keeps the sessions, from the system's package. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { MortalBroker } from "./broker.ts";
import { findProgram, startServer } from "./server-process.ts";

export const findNats = (): string | undefined => findProgram("nats-server");

export async function startNats(): Promise<MortalBroker> {
  const program = findNats();
  if (!program) throw new Error("nats-server is missing (package nats-server)");
  const server = await startServer("nats", 2, (folder, [mqttPort, natsPort]) => {
    const path = join(folder, "nats.conf");
    writeFileSync(path, configuration(folder, mqttPort as number, natsPort as number));
    return { program, args: ["-c", path] };
  });
  const { kill, restart, stop } = server;
  return { name: "nats", port: server.ports[0] as number, kill, restart, stop };
}

/**
 * NATS sends an unacknowledged message again only after `ack_wait`, also on a new connection. The default is 30 s. A pager
 * recognises a repeat only among its last messages (`INBOX_RECORDS_MAX` and `DUPLICATE_WINDOW_MAX`). The scenario with cuts sends
 * more than those within a second. So the wait is short here.
 */
function configuration(folder: string, mqttPort: number, natsPort: number): string {
  return `
host: 127.0.0.1
port: ${natsPort}
server_name: fieldpager
jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }
mqtt { host: 127.0.0.1, port: ${mqttPort}, ack_wait: "50ms" }
`;
}
