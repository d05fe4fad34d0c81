/** Three nodes of NATS with JetStream, from the system's package, as one cluster: what is stored is on all three. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type MortalBroker } from "./broker.ts";
import { findNats } from "./nats.ts";
import { type Server, startServer } from "./server-process.ts";

const NODES = 3;

export interface NatsCluster extends MortalBroker {
  /** MQTT ports of the nodes. */
  readonly nodePorts: readonly number[];
  /** Kills one node after the other: each call the next one. `restart` starts it again. */
  kill(): Promise<void>;
}

export async function startNatsCluster(): Promise<NatsCluster> {
  const program = findNats();
  if (!program) throw new Error("nats-server is missing (package nats-server)");
  const routes: number[] = [];
  while (routes.length < NODES) routes.push(await freePort());
  const nodes: Server[] = [];
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let number = 0; number < NODES; number += 1)
      nodes.push(
        await startServer(`nats-${number + 1}`, 2, (folder, [mqttPort, natsPort]) => {
          mkdirSync(join(folder, "store"), { recursive: true });
          const path = join(folder, "nats.conf");
          writeFileSync(path, configuration(folder, { number, mqttPort, natsPort, routes }));
          return { program, args: ["-c", path] };
        }),
      );
  } catch (error) {
    await stop();
    throw error;
  }
  const nodePorts = nodes.map(({ ports }) => ports[0] as number);
  let killed = -1;
  return {
    name: "NATS cluster",
    port: nodePorts[0] as number,
    nodePorts,
    async kill() {
      killed = (killed + 1) % NODES;
      await nodes[killed]?.kill();
    },
    restart: async () => nodes[killed]?.restart(),
    stop,
  };
}

interface Node {
  readonly number: number;
  readonly mqttPort: number | undefined;
  readonly natsPort: number | undefined;
  /** Ports at which the nodes reach each other. */
  readonly routes: readonly number[];
}

/** `ack_wait`: see `nats.ts`. */
function configuration(folder: string, { number, mqttPort, natsPort, routes }: Node): string {
  return `
host: 127.0.0.1
port: ${natsPort}
server_name: node-${number + 1}
jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }
cluster {
  name: fieldpager
  host: 127.0.0.1
  port: ${routes[number]}
  routes: [${routes.map((port) => `nats://127.0.0.1:${port}`).join(", ")}]
}
mqtt { host: 127.0.0.1, port: ${mqttPort}, ack_wait: "1s", stream_replicas: ${NODES} }
`;
}
