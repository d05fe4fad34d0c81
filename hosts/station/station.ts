/** The station as one thing that starts and ends: broker, push service, HTTP server. */
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { isUid } from "../../src/payload/uid.ts";
import { StationBroker } from "./broker.ts";
import { buildConsolePage } from "./console-page.ts";
import { PushService } from "./push-service.ts";
import { PushStore } from "./push-store.ts";
import { createServer } from "./server.ts";
import { PUSHES_MAX } from "./station-limits.ts";

export const MQTT_PORT_DEFAULT = 1883;
export const HTTP_PORT_DEFAULT = 8080;
export const DATA_DEFAULT = ".fieldpager";
export const HOST_DEFAULT = "127.0.0.1";
export const ENV_DEFAULT = "field";

export interface StationOptions {
  /** Folder of everything that is kept; created when it is not there. */
  readonly data: string;
  /** Address to listen on; loopback unless told otherwise. */
  readonly host?: string;
  /** 0: any free port. */
  readonly mqttPort?: number;
  readonly httpPort?: number;
  readonly env?: string;
  /** Pushes that are remembered. */
  readonly pushesMax?: number;
}

export interface Station {
  readonly mqttPort: number;
  readonly httpPort: number;
  /** Of the console and the interface, without a slash at the end. */
  readonly url: string;
  /** Ends all connections, writes what is to be written, frees ports and folder. */
  close(): Promise<void>;
}

/** The station cannot start, for a reason that its user can change: one line for them. */
export class StationError extends Error {}

/** Starts a station. Rejects with a `StationError` when a port is taken or the folder cannot be used. */
export async function startStation(options: StationOptions): Promise<Station> {
  const host = options.host ?? HOST_DEFAULT;
  const env = options.env ?? ENV_DEFAULT;
  if (!isUid(env)) throw new StationError("flag --env: expected 1 to 64 bytes without /, +, # and control characters");
  // What was started is ended again when a later step fails.
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const bundling = buildConsolePage(env);
    bundling.catch(() => {});
    // The port comes first: who starts a second station is told of the port and not of the folder. Who connects before
    // the broker stands is handed to it then; nothing is read from a socket until someone asks for it.
    let found: (broker: StationBroker) => void = () => {};
    const standing = new Promise<StationBroker>((resolve) => {
      found = resolve;
    });
    const sockets = new Set<Socket>();
    const tcpServer = createTcpServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      void standing.then((broker) => broker.accept(socket));
    });
    const mqttPort = await listen(tcpServer, host, options.mqttPort ?? MQTT_PORT_DEFAULT);
    closers.push(async () => {
      const closed = new Promise<void>((resolve) => tcpServer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    });

    const store = await openFolder(options.data, () =>
      PushStore.open(join(options.data, "pushes"), options.pushesMax ?? PUSHES_MAX),
    );
    closers.push(() => store.close());
    const broker = await openFolder(options.data, () => StationBroker.open(join(options.data, "broker")));
    closers.push(() => broker.shutDown());
    const pushes = new PushService(env, broker, store);
    const app = createServer(host, broker, pushes, await bundling);
    closers.push(() => app.close());
    const httpPort = await listenHttp(app, host, options.httpPort ?? HTTP_PORT_DEFAULT);
    await pushes.start();
    found(broker);
    const shown = host === "0.0.0.0" || host === "::" ? "localhost" : host;
    return { mqttPort, httpPort, url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${httpPort}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port, "--mqtt-port")));
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address ? address.port : port;
}

async function listenHttp(app: ReturnType<typeof createServer>, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port, "--http-port");
  }
  const address = app.server.address();
  return typeof address === "object" && address ? address.port : port;
}

function listenError(error: unknown, host: string, port: number, flag: string): unknown {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StationError(`port ${port} of ${host} is taken by another program: choose another one with ${flag}`);
    case "EACCES":
      return new StationError(`port ${port} of ${host} may not be used by this user: choose another one with ${flag}`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StationError(`${host} is no address of this machine: choose another one with --host`);
    default:
      return error;
  }
}

async function openFolder<T>(data: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const code = codeOf(error instanceof Error ? (error.cause ?? error) : error);
    if (code === "LEVEL_LOCKED")
      throw new StationError(`folder ${data} is in use by another station: choose another one with --data`);
    const reason =
      error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : String(error);
    throw new StationError(`folder ${data} cannot be used (${reason}): choose another one with --data`);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
