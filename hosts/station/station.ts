/** Starts and ends the station: broker, push service, HTTP server. */
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { isUid, UID_RULE } from "../../src/payload/uid.ts";
import { localPassword, localToken } from "../node/local-key.ts";
import type { Accounts } from "./access/accounts.ts";
import { ClientGate, PRESUBSCRIBER_NAME } from "./access/client-gate.ts";
import { ACCOUNTS_FILE, enrol, type FirstStart, openAccess } from "./access/open-access.ts";
import { NEW_CLIENT_TOPIC, TopicRules } from "./access/topic-rules.ts";
import { StationBroker } from "./broker.ts";
import { BrokerView } from "./broker-view.ts";
import { startBrokerProcesses } from "./cluster/broker-processes.ts";
import { askOthers } from "./cluster/connection-lookup.ts";
import { SharedInbox } from "./cluster/shared-inbox.ts";
import { buildConsolePage, type ConsolePage } from "./console-page.ts";
import { DeviceWatch } from "./device-watch.ts";
import type { Directory } from "./directory/directory.ts";
import { LdapError, type LdapOptions } from "./directory/ldap-directory.ts";
import { EventHub } from "./event-hub.ts";
import {
  type Certificate,
  listenMqtt,
  type MqttAddress,
  type MqttListener,
  ownAddress,
  plainHost,
} from "./mqtt-listener.ts";
import { followDirectory } from "./presubscription/directory-answer.ts";
import { Presubscriber } from "./presubscription/presubscriber.ts";
import { Presubscriptions } from "./presubscription/presubscriptions.ts";
import { STATION_UID } from "./push-message.ts";
import { PushService } from "./push-service.ts";
import { PushStore } from "./push-store.ts";
import { RunService } from "./runs/run-service.ts";
import { createServer, type ServerParts } from "./server.ts";
import {
  BROKERS_DEFAULT,
  ENV_DEFAULT,
  HOST_DEFAULT,
  HTTP_PORT_DEFAULT,
  MQTT_PORT_DEFAULT,
  MQTTS_PORT_DEFAULT,
} from "./station-defaults.ts";
import { DIRECTORY_REFRESH_MS, PUSHES_MAX } from "./station-limits.ts";
import { StoreHealth } from "./store-health.ts";
import { DeviceUpdates } from "./updates/device-updates.ts";
import { ImageFolder } from "./updates/image-folder.ts";

export interface StationOptions {
  /** The folder of all data. It is created if it is missing. */
  readonly data: string;
  /** Address to listen on; loopback unless told otherwise. */
  readonly host?: string;
  /** 0: any free port. */
  readonly mqttPort?: number;
  readonly httpPort?: number;
  readonly env?: string;
  /** Clients without a user name may connect and do everything. */
  readonly anonymous?: boolean;
  /** With a certificate MQTT listens with TLS on `mqttsPort` and in the clear for this machine only; the console is https. */
  readonly certificate?: Certificate | undefined;
  readonly mqttsPort?: number;
  /** Address of a Redis that holds the broker's state, which several broker processes share then. */
  readonly redis?: string | undefined;
  /** How many of them; with `redis` only. */
  readonly brokers?: number;
  /** The LDAP server with the directory. Without it the directory is a file in the folder. */
  readonly ldap?: LdapOptions | undefined;
  /** The number of pushes that are kept. */
  readonly pushesMax?: number;
}

export interface Station {
  readonly mqttPort: number;
  /** Of MQTT with TLS; undefined without a certificate. */
  readonly mqttsPort: number | undefined;
  readonly httpPort: number;
  /** Of the console and the interface, without a slash at the end. */
  readonly url: string;
  readonly accounts: Accounts;
  readonly directory: Directory;
  /** The secrets of the first start, to be printed once; undefined at every other start. */
  readonly firstStart: FirstStart | undefined;
  /** Programs of this machine derive their passwords from it, see `hosts/node/local-key.ts`. */
  readonly localKey: string;
  /** Ends all connections, finishes all writes, and frees ports and folder. */
  close(): Promise<void>;
}

type Closer = () => Promise<void>;

/** The station cannot start, for a reason that its user can change. The message is one line for them. */
export class StationError extends Error {}

/** Starts a station. Rejects with a `StationError` if a port is taken or the folder cannot be used. */
export async function startStation(options: StationOptions): Promise<Station> {
  const host = options.host ?? HOST_DEFAULT;
  const env = options.env ?? ENV_DEFAULT;
  if (!isUid(env)) throw new StationError(`flag --env: expected ${UID_RULE}`);
  // If a later step fails, all earlier ones are undone.
  const closers: Closer[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const bundling = buildConsolePage(env);
    bundling.catch(() => {});
    // The port is opened first: the user of a second station is told of the port, not of the folder. A client may connect before
    // the broker is ready. Its socket is handed over later, and nothing is read from it until then.
    let found: (broker: StationBroker) => void = () => {};
    const standing = new Promise<StationBroker>((resolve) => {
      found = resolve;
    });
    const address = addressOf(options);
    let listener: MqttListener | undefined;
    if (options.redis === undefined) {
      const accept = (socket: Socket) => void standing.then((broker) => broker.accept(socket));
      listener = await listening(address, () => listenMqtt(address, accept));
      closers.push(listener.close);
    }
    const { accounts, directory, begin, localKey } = await openFolder(options.data, () =>
      openAccess(options.data, options.ldap),
    );
    const health = new StoreHealth();
    closers.push(keepFresh(directory));
    const store = await openFolder(options.data, () =>
      PushStore.open(join(options.data, "pushes"), options.pushesMax ?? PUSHES_MAX, health),
    );
    closers.push(() => store.close());
    const rules = new TopicRules(env, directory, accounts);
    const broker = await openBroker(options, accounts, directory, rules, health);
    closers.push(() => broker.shutDown());
    const mqttPorts = () => ({ mqttPort: listener?.mqttPort ?? 0, mqttsPort: listener?.mqttsPort });
    const view = new BrokerView(broker);
    if (options.redis !== undefined) askOthers(broker, view);
    const { certificate } = options;
    const images = new ImageFolder(join(options.data, "images"));
    const parts = { view, env, host, mqttPorts, certificate, broker, accounts, directory, rules, health, images };
    const { app, pushes } = await openInterface(parts, store, await bundling, closers);
    const httpPort = await listenHttp(app, host, options.httpPort ?? HTTP_PORT_DEFAULT);
    await pushes.start();
    if (options.redis !== undefined) closers.push(await shareInbox(broker));
    const presubscriptions = new Presubscriptions(broker);
    broker.presubscriptions = presubscriptions;
    await broker.persistence.grant(PRESUBSCRIBER_NAME, [{ topic: NEW_CLIENT_TOPIC, qos: 1 }]);
    found(broker);
    if (!listener) {
      listener = await startOtherBrokers(options, address, env, (uid) => void enrol(directory, { uid }));
      closers.push(listener.close);
    }
    const { mqttPort, mqttsPort } = listener;
    const presubscriber = startPresubscriber({ ...address, mqttPort }, httpPort, localKey);
    closers.push(() => presubscriber.close());
    closers.push(followDirectory(env, directory, (uid) => presubscriptions.announceKnown(uid)));
    const url = urlOf(host === "0.0.0.0" || host === "::" ? "localhost" : host, httpPort, certificate);
    // This is the last step: if the start fails, no password may exist that nobody was told.
    const firstStart = await openFolder(options.data, begin);
    return { mqttPort, mqttsPort, httpPort, url, accounts, directory, firstStart, localKey, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts broker processes only, beside a station on another machine. They read accounts, local key and directory from the station's
 * data folder or a copy of it. Rejects as `startStation`.
 */
export async function startOnlyBrokers(options: StationOptions): Promise<MqttListener> {
  const { data, env = ENV_DEFAULT } = options;
  if (!existsSync(join(data, ACCOUNTS_FILE)))
    throw new StationError(
      `folder ${data} holds no accounts: expected that of the station, or a copy of it, see --data`,
    );
  return startOtherBrokers(options, addressOf(options), env, (uid) => {
    console.error(`directory: ${uid} is not added, only the station's own machine may enrol devices`);
  });
}

/** Makes the push service, the watch of devices, the service that draws text, and the HTTP server, which does not listen yet. */
async function openInterface(
  parts: Omit<ServerParts, "watch" | "pushes" | "updates" | "events" | "page">,
  store: PushStore,
  page: ConsolePage,
  closers: Closer[],
): Promise<{ readonly app: FastifyInstance; readonly pushes: PushService }> {
  const { env, view, broker, directory, images } = parts;
  const events = new EventHub();
  directory.listen(() => events.emit({ type: "directory" }));
  const watch = new DeviceWatch(env, view, events);
  const pushes = new PushService(env, broker, store, directory, events);
  closers.push(async () => pushes.stop());
  const updates = new DeviceUpdates(env, broker, images);
  const runs = new RunService(env, broker);
  closers.push(async () => runs.stop());
  const app = await createServer({ ...parts, watch, pushes, updates, events, page });
  closers.push(() => app.close());
  await watch.start();
  await updates.start(view);
  await runs.start(view);
  return { app, pushes };
}

function openBroker(
  { data, redis, anonymous = false }: StationOptions,
  accounts: Accounts,
  directory: Directory,
  rules: TopicRules,
  health: StoreHealth,
): Promise<StationBroker> {
  const gate = new ClientGate({
    accounts,
    rules,
    isAnonymousAllowed: anonymous,
    onLocalDevice: (uid) => enrol(directory, { uid }),
  });
  if (redis === undefined) return openFolder(data, () => StationBroker.open(join(data, "broker"), gate, health));
  return StationBroker.join(redis, gate).catch((error: Error) => {
    throw new StationError(`there is no Redis at ${redis.replace(/:[^:@/]*@/, ":…@")} (${error.message}): see --redis`);
  });
}

/** Starts the broker processes of a station with Redis. */
function startOtherBrokers(
  { data, redis = "", ldap, brokers = BROKERS_DEFAULT, anonymous = false }: StationOptions,
  address: MqttAddress,
  env: string,
  onLocalDevice: (uid: string) => void,
): Promise<MqttListener> {
  const options = { ...address, data, env, redis, ldap, anonymous };
  return listening(address, () => startBrokerProcesses(options, brokers, onLocalDevice));
}

function startPresubscriber(address: MqttAddress, httpPort: number, localKey: string): Presubscriber {
  const { host, mqttPort, certificate } = address;
  return new Presubscriber({
    host: ownAddress(plainHost(address)),
    port: mqttPort,
    password: localPassword(localKey, PRESUBSCRIBER_NAME),
    directoryUrl: urlOf(ownAddress(host), httpPort, certificate),
    directoryCertificate: certificate?.cert,
    directoryToken: localToken(localKey),
    onLog: (line) => console.error(line),
  });
}

/** Takes messages to the station from all brokers, including this process's own. */
async function shareInbox(broker: StationBroker): Promise<() => Promise<void>> {
  const { inbox } = broker;
  if (!inbox) return async () => {};
  broker.inbox = undefined;
  const shared = new SharedInbox(broker, inbox, STATION_UID);
  await shared.start();
  return () => shared.close();
}

async function listening<T>({ host, mqttPort }: MqttAddress, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw listenError(error, host, mqttPort, "--mqtt-port");
  }
}

/** Reads a directory that is changed elsewhere at intervals. Returns a function that closes it. */
function keepFresh(directory: Directory): () => Promise<void> {
  const read = () => {
    directory.refresh().catch((error: Error) => console.error(`directory ${directory.sourceName}: ${error.message}`));
  };
  const timer = directory.isWritable ? undefined : setInterval(read, DIRECTORY_REFRESH_MS);
  return () => {
    clearInterval(timer);
    return directory.close();
  };
}

function addressOf({ host, mqttPort, mqttsPort, certificate }: StationOptions): MqttAddress {
  return {
    host: host ?? HOST_DEFAULT,
    mqttPort: mqttPort ?? MQTT_PORT_DEFAULT,
    mqttsPort: mqttsPort ?? MQTTS_PORT_DEFAULT,
    certificate,
  };
}

function urlOf(host: string, port: number, certificate: Certificate | undefined): string {
  return `${certificate ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<number> {
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
    if (error instanceof LdapError) throw new StationError(`${error.message}: see --ldap`);
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
