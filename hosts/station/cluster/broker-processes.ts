/**
 * Several broker processes behind one address. The station opens the port, and all of them accept connections there. A process that
 * ends is replaced; its clients connect to one of the others. Pushes, accounts and directory belong to the station's process.
 */
import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { MqttListener } from "../mqtt-listener.ts";
import { BROKER_END_MS, BROKER_RESTART_MS } from "../station-limits.ts";
import { BROKER_OPTIONS_VARIABLE, type BrokerProcessOptions, type FromBroker } from "./broker-messages.ts";

type Ports = Omit<MqttListener, "close">;

/** Resolves when all of them listen. Rejects with the error of one that cannot start. */
export async function startBrokerProcesses(
  options: BrokerProcessOptions,
  count: number,
  onLocalDevice: (uid: string) => void,
): Promise<MqttListener> {
  // Each process accepts connections itself. If the station handed them around, a connection on its way to a process that is
  // killed would be lost: neither served nor closed.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("broker-process.ts", import.meta.url)),
    args: [],
    execArgv: ["--import", import.meta.resolve("tsx")],
  });
  const workers = new Set<Worker>();
  const listening = new WeakSet<Worker>();
  const timers = new Set<NodeJS.Timeout>();
  let isClosing = false;
  const begin = (onListening: (ports: Ports) => void, onFailed: (error: Error) => void) => {
    const worker = cluster.fork({ [BROKER_OPTIONS_VARIABLE]: JSON.stringify(options) });
    workers.add(worker);
    worker.on("message", (message: FromBroker) => {
      if ("localDevice" in message) onLocalDevice(message.localDevice);
      else if ("error" in message) onFailed(Object.assign(new Error(message.error), { code: message.code }));
      else {
        listening.add(worker);
        onListening(message);
      }
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
    await Promise.all([...workers].map((worker) => end(worker, listening.has(worker))));
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

/**
 * Asks a process to end, and kills it if it takes too long. A process that does not listen yet is killed at once. Resolves when it
 * has ended.
 */
async function end(worker: Worker, isListening: boolean): Promise<void> {
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const kill = () => worker.process.kill("SIGKILL");
  const timer = setTimeout(kill, BROKER_END_MS);
  if (!isListening) kill();
  else if (worker.isConnected()) worker.send("close");
  await ended;
  clearTimeout(timer);
}
