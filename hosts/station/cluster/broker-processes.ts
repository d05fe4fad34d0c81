/**
 * Several broker processes behind one address. The station opens the port and all of them accept from it; a process that ends
 * is replaced, and its clients come back to one of the others. The station itself owns pushes, accounts and directory.
 */
import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { MqttListener } from "../mqtt-listener.ts";
import { BROKER_END_MS, BROKER_RESTART_MS } from "../station-limits.ts";
import { BROKER_OPTIONS_VARIABLE, type BrokerProcessOptions, type FromBroker } from "./broker-messages.ts";

type Ports = Omit<MqttListener, "close">;

/** Resolves when the first of them listens. Rejects with the error of the one that cannot begin. */
export async function startBrokerProcesses(
  options: BrokerProcessOptions,
  count: number,
  onLocalDevice: (uid: string) => void,
): Promise<MqttListener> {
  // All wait at one port, and who is free accepts. Handed around instead, a connection on its way to a process that is being
  // killed is lost with it: neither served nor closed.
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
 * Resolves when the process has ended: by itself, or by force where it takes too long. One that does not listen yet, to clients or
 * to us, is ended by force at once.
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
