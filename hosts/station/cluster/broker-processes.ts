/**
 * Several broker processes behind one address. The station accepts connections and hands them around; a process that ends is
 * replaced, and its clients come back to one of the others. The station itself owns pushes, accounts and directory.
 */
import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { MqttListener } from "../mqtt-listener.ts";
import { BROKER_RESTART_MS } from "../station-limits.ts";
import { BROKER_OPTIONS_VARIABLE, type BrokerProcessOptions, type FromBroker } from "./broker-messages.ts";

type Ports = Omit<MqttListener, "close">;

/** Resolves when the first of them listens. Rejects with the error of the one that cannot begin. */
export async function startBrokerProcesses(
  options: BrokerProcessOptions,
  count: number,
  onLocalDevice: (uid: string) => void,
): Promise<MqttListener> {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("broker-process.ts", import.meta.url)),
    args: [],
    execArgv: ["--import", import.meta.resolve("tsx")],
  });
  const workers = new Set<Worker>();
  const timers = new Set<NodeJS.Timeout>();
  let isClosing = false;
  const begin = (onListening: (ports: Ports) => void, onFailed: (error: Error) => void) => {
    const worker = cluster.fork({ [BROKER_OPTIONS_VARIABLE]: JSON.stringify(options) });
    workers.add(worker);
    worker.on("message", (message: FromBroker) => {
      if ("localDevice" in message) onLocalDevice(message.localDevice);
      else if ("error" in message) onFailed(Object.assign(new Error(message.error), { code: message.code }));
      else onListening(message);
    });
    worker.on("exit", (code, signal) => {
      workers.delete(worker);
      onFailed(new Error(`a broker process ended (${signal ?? code})`));
      if (isClosing) return;
      console.error(`broker: process ${worker.process.pid} ended (${signal ?? code}); another one takes its place`);
      const timer = setTimeout(() => {
        timers.delete(timer);
        begin(
          () => {},
          () => {},
        );
      }, BROKER_RESTART_MS);
      timers.add(timer);
    });
  };
  const close = async () => {
    isClosing = true;
    for (const timer of timers) clearTimeout(timer);
    const ended = [...workers].map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
    for (const worker of workers) if (worker.isConnected()) worker.send("close");
    await Promise.all(ended);
  };
  try {
    const starting = Array.from(
      { length: count },
      () => new Promise<Ports>((resolve, reject) => begin(resolve, reject)),
    );
    const [first] = await Promise.all(starting);
    return { mqttPort: first?.mqttPort ?? 0, mqttsPort: first?.mqttsPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}
