/** RabbitMQ with its plugin for MQTT, from the system's package. It needs about ten seconds to start. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Broker, freePort } from "./broker.ts";
import { endProcess, findProgram, launch, startServer } from "./server-process.ts";

/** `rabbitmq-server` in PATH calls this script, but works only with the user and the folders of the service. */
const SCRIPT = "/usr/lib/rabbitmq/bin/rabbitmq-server";

export const findRabbitmq = (): string | undefined => (existsSync(SCRIPT) && findProgram("epmd") ? SCRIPT : undefined);

export async function startRabbitmq(): Promise<Broker> {
  const program = findRabbitmq();
  const portMapper = findProgram("epmd");
  if (!program || !portMapper) throw new Error("rabbitmq-server is missing (package rabbitmq-server)");
  // The port mapper runs in the foreground. RabbitMQ would leave one that it starts itself running.
  const mapperPort = await freePort();
  const mapperArgs = ["-port", String(mapperPort), "-address", "127.0.0.1"];
  const mapper = await launch("epmd", { program: portMapper, args: mapperArgs }, mapperPort);
  try {
    const server = await startServer("rabbitmq", 2, (folder, [mqttPort, nodePort]) => {
      const file = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const env = {
        HOME: folder,
        ERL_EPMD_PORT: String(mapperPort),
        ERL_EPMD_ADDRESS: "127.0.0.1",
        RABBITMQ_NODENAME: "fieldpager@localhost",
        RABBITMQ_DIST_PORT: String(nodePort),
        RABBITMQ_CONFIG_FILE: file("rabbitmq.conf", configuration(mqttPort as number)),
        RABBITMQ_CONF_ENV_FILE: file("env.conf", ""),
        RABBITMQ_ENABLED_PLUGINS_FILE: file("plugins", "[rabbitmq_mqtt].\n"),
        RABBITMQ_MNESIA_BASE: join(folder, "data"),
        RABBITMQ_FEATURE_FLAGS_FILE: join(folder, "feature-flags"),
        RABBITMQ_PID_FILE: join(folder, "pid"),
        RABBITMQ_LOG_BASE: join(folder, "log"),
        RABBITMQ_LOGS: "-",
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
        // With this the script replaces itself by the server. So a signal reaches the server.
        RUNNING_UNDER_SYSTEMD: "true",
      };
      return { program, args: [], env };
    });
    return {
      name: "rabbitmq",
      port: server.ports[0] as number,
      async stop() {
        await server.stop();
        await endProcess(mapper, "SIGTERM");
      },
    };
  } catch (error) {
    await endProcess(mapper, "SIGTERM");
    throw error;
  }
}

function configuration(port: number): string {
  return `
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:${port}
mqtt.allow_anonymous = true
`;
}
