/** Starts and ends the station: broker, push service, HTTP server. */
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { isUid, UID_RULE } from "../../src/payload/uid.ts";
import { localPassword, localToken } from "../common/local-key.ts";
import { DeviceUpdates } from "./devices/device-updates.ts";
import { DeviceWatch } from "./devices/device-watch.ts";
import { ImageFolder } from "./devices/image-folder.ts";
import type { Directory } from "./directory/directory.ts";
import type { LdapOptions } from "./directory/ldap-directory.ts";
import { enrol, type FirstStart, openAccess } from "./directory/open-access.ts";
import type { BrokerAddress } from "./foreign-broker/broker-address.ts";
import { ForeignBroker } from "./foreign-broker/foreign-broker.ts";
import { buildConsolePage, type ConsolePage } from "./http/console-page.ts";
import { createServer, type ServerParts } from "./http/server.ts";
import type { Accounts } from "./identity/accounts.ts";
import { originOf } from "./identity/client-address.ts";
import { LoginGuard } from "./identity/login-guard.ts";
import {
  type Certificate,
  listenMqtt,
  type MqttAddress,
  type MqttListener,
  ownAddress,
  plainHost,
} from "./mqtt-server/mqtt-listener.ts";
import { StationBroker } from "./mqtt-server/station-broker.ts";
import { Outgoing } from "./outgoing/outgoing.ts";
import { pictureFetcher } from "./pictures/fetch-picture.ts";
import { PictureService } from "./pictures/picture-service.ts";
import { UploadedPictures } from "./pictures/uploaded-pictures.ts";
import { ClientGate, PRESUBSCRIBER_NAME } from "./policy/client-gate.ts";
import { NEW_CLIENT_TOPIC, TopicRules } from "./policy/topic-rules.ts";
import { followDirectory } from "./presubscription/directory-answer.ts";
import { Presubscriber } from "./presubscription/presubscriber.ts";
import { Presubscriptions } from "./presubscription/presubscriptions.ts";
import { AnswerEvents } from "./push/answer-events.ts";
import { PushIntake } from "./push/push-intake.ts";
import { STATION_UID } from "./push/push-message.ts";
import { PushService } from "./push/push-service.ts";
import { PushStore } from "./push/push-store.ts";
import { RunService } from "./runs/run-service.ts";
import { type MailAddress, MailServer } from "./senders/mail-server.ts";
import type { BrokerStatus } from "./shared/broker-status.ts";
import {
  ENV_DEFAULT,
  HOST_DEFAULT,
  HTTP_PORT_DEFAULT,
  MQTT_PORT_DEFAULT,
  MQTTS_PORT_DEFAULT,
} from "./shared/defaults.ts";
import { EventHub } from "./shared/event-hub.ts";
import { DIRECTORY_LOOK_MS, DIRECTORY_REFRESH_MS, PUSHES_MAX } from "./shared/limits.ts";
import { StationError } from "./shared/station-error.ts";
import { listenError, listenHttp, listenMail, openFolder } from "./starting.ts";
import { openStore } from "./store/open-store.ts";
import type { StationStore } from "./store/station-store.ts";
import { AllowedAddresses } from "./web/allowed-address.ts";

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
  /** The LDAP server with the directory. Without it the directory is a file in the folder. */
  readonly ldap?: LdapOptions | undefined;
  /** At which browsers and devices reach the station, if a proxy is before it: http or https, without a path. */
  readonly publicUrl?: string | undefined;
  /** Addresses or networks of the proxies that are before it. What they say of their clients is believed. */
  readonly proxies?: readonly string[];
  /** Addresses or networks from which pictures may be fetched although they are not public, for example `10.0.0.0/8`. */
  readonly pictureNetworks?: readonly string[];
  /** Addresses or networks that webhooks and actions may call although they are not public. */
  readonly hookNetworks?: readonly string[];
  /** A broker that is there already. The station is its client, and starts none of its own. */
  readonly broker?: BrokerAddress | undefined;
  /** Where mails are taken; nowhere when left out. */
  readonly mail?: MailAddress | undefined;
  /** The number of pushes that are kept. */
  readonly pushesMax?: number;
}

export interface Station {
  /** Of its own broker, or of the one that it is a client of. */
  readonly mqttPort: number;
  /** How the broker is that it is a client of; undefined where it has its own. */
  readonly brokerStatus: BrokerStatus | undefined;
  /** Of MQTT with TLS; undefined without a certificate. */
  readonly mqttsPort: number | undefined;
  readonly httpPort: number;
  /** Of SMTP; undefined where no mails are taken. */
  readonly mailPort: number | undefined;
  /** Of the console and the interface, without a slash at the end. */
  readonly url: string;
  readonly accounts: Accounts;
  readonly directory: Directory;
  /** The secrets of the first start, to be printed once; undefined at every other start. */
  readonly firstStart: FirstStart | undefined;
  /** Reads the directory again. What is wrong with it goes to the log, and what was known stays. */
  refresh(): void;
  /** Programs of this machine derive their passwords from it, see `hosts/common/local-key.ts`. */
  readonly localKey: string;
  /** Ends all connections, finishes all writes, and frees ports and folder. */
  close(): Promise<void>;
}

type Closer = () => Promise<void>;

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
    // The port is opened first: the user of a second station is told of the port, not of the folder.
    const port = options.broker ? undefined : await openPort(addressOf(options), closers);
    const { accounts, directory, begin, localKey } = await openFolder(options.data, () =>
      openAccess(options.data, options.ldap),
    );
    const refresh = () => {
      directory.refresh().catch((error: Error) => console.error(`directory ${directory.sourceName}: ${error.message}`));
    };
    closers.push(keepFresh(directory, refresh));
    const { store, close: closeStore } = await openFolder(options.data, () => openStore(options.data));
    closers.push(async () => closeStore());
    const rules = new TopicRules(env, directory, accounts);
    const side = options.broker
      ? foreignSide(options.broker, env, directory, closers)
      : ownSide(store, gateOf(options, accounts, directory, rules), closers);
    const mqttPort = port?.mqttPort ?? options.broker?.port ?? 0;
    const mqttsPort = options.broker?.isSecure ? options.broker.port : port?.mqttsPort;
    const { certificate, publicUrl, proxies = [] } = options;
    const images = new ImageFolder(join(options.data, "images"));
    const { health } = store;
    const uploaded = new UploadedPictures(store);
    closers.push(async () => uploaded.stop());
    const parts = {
      ...side,
      env,
      host,
      mqttPort,
      mqttsPort,
      certificate,
      publicUrl,
      proxies,
      accounts,
      directory,
      rules,
      health,
      images,
      pictures: uploaded,
    };
    const pushStore = new PushStore(store, options.pushesMax ?? PUSHES_MAX);
    const { app, pushes, mail, outgoing } = await openInterface(
      parts,
      { store, pushStore },
      await bundling,
      options,
      closers,
    );
    const fetchPicture = pictureFetcher(new AllowedAddresses(options.pictureNetworks ?? []));
    const pictures = new PictureService(
      env,
      side.broker,
      (uid, sender, id) =>
        sender === STATION_UID && pushStore.delivery(id, uid) ? pushStore.get(id)?.picture : undefined,
      async (link) => uploaded.at(link) ?? fetchPicture(link),
    );
    closers.push(async () => pictures.stop());
    pictures.start();
    const httpPort = await listenHttp(app, host, options.httpPort ?? HTTP_PORT_DEFAULT);
    await pushes.start();
    outgoing.start();
    const { own, foreign } = side;
    if (own && port) {
      closers.push(...startPresubscription(own, env, directory, { options, port, httpPort, localKey }));
      port.serve(own);
    }
    foreign?.start();
    const url = publicUrl ?? urlOf(host === "0.0.0.0" || host === "::" ? "localhost" : host, httpPort, certificate);
    const mailPort = mail && options.mail && (await listenMail(mail, options.mail, url));
    closers.push(async () => mail?.close());
    // This is the last step: if the start fails, no password may exist that nobody was told.
    const firstStart = await openFolder(options.data, begin);
    return {
      mqttPort,
      mqttsPort,
      httpPort,
      mailPort,
      url,
      accounts,
      directory,
      firstStart,
      localKey,
      refresh,
      close,
      get brokerStatus() {
        return foreign?.status;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A port of MQTT that listens already. A client that connects before the broker is there waits, and nothing is read from it until then. */
interface OpenPort extends MqttListener {
  serve(broker: StationBroker): void;
}

async function openPort(address: MqttAddress, closers: Closer[]): Promise<OpenPort> {
  let serve: (broker: StationBroker) => void = () => {};
  const standing = new Promise<StationBroker>((resolve) => {
    serve = resolve;
  });
  const listener = await listening(address, () =>
    listenMqtt(address, (socket) => void standing.then((broker) => broker.accept(socket, originOf(socket)))),
  );
  closers.push(listener.close);
  return { ...listener, serve };
}

/** The broker that the station's services use: its own, or another one. */
type BrokerSide = Pick<ServerParts, "broker" | "own" | "foreign">;

function ownSide(store: StationStore, gate: ClientGate, closers: Closer[]): BrokerSide {
  const own = new StationBroker(store, gate);
  closers.push(async () => own.shutDown());
  return { broker: own, own, foreign: undefined };
}

function foreignSide(address: BrokerAddress, env: string, directory: Directory, closers: Closer[]): BrokerSide {
  const foreign = new ForeignBroker({
    address,
    env,
    devices: () => directory.devices.map(({ uid }) => uid),
    isKnown: (uid) => directory.device(uid) !== undefined,
    onLog: (line) => console.error(line),
  });
  closers.push(() => foreign.close());
  return { broker: foreign, own: undefined, foreign };
}

interface PresubscriptionParts {
  readonly options: StationOptions;
  readonly port: MqttListener;
  readonly httpPort: number;
  readonly localKey: string;
}

/** Subscribes for clients of the station's own broker. Returns what ends it. */
function startPresubscription(
  broker: StationBroker,
  env: string,
  directory: Directory,
  { options, port, httpPort, localKey }: PresubscriptionParts,
): Closer[] {
  const presubscriptions = new Presubscriptions(broker);
  broker.presubscriptions = presubscriptions;
  broker.grant(PRESUBSCRIBER_NAME, [{ filter: NEW_CLIENT_TOPIC, qos: 1 }]);
  const address = { ...addressOf(options), mqttPort: port.mqttPort };
  const presubscriber = startPresubscriber(address, httpPort, localKey);
  return [() => presubscriber.close(), followDirectory(env, directory, (uid) => presubscriptions.announceKnown(uid))];
}

interface OpenInterface {
  readonly app: FastifyInstance;
  readonly pushes: PushService;
  readonly mail: MailServer | undefined;
  readonly outgoing: Outgoing;
}

/** Makes the push service, the watch of devices, the service that draws text, and the HTTP server, which does not listen yet. */
async function openInterface(
  parts: Omit<
    ServerParts,
    "watch" | "pushes" | "intake" | "guard" | "mail" | "webhooks" | "updates" | "events" | "page"
  >,
  { store, pushStore }: { readonly store: StationStore; readonly pushStore: PushStore },
  page: ConsolePage,
  { mail: mailAddress, hookNetworks = [] }: StationOptions,
  closers: Closer[],
): Promise<OpenInterface> {
  const { env, broker, accounts, directory, images } = parts;
  const events = new EventHub();
  directory.listen(() => events.emit({ type: "directory" }));
  const watch = new DeviceWatch(env, broker, events);
  const pushes = new PushService(env, broker, pushStore, directory, events);
  closers.push(async () => pushes.stop());
  const outgoing = new Outgoing(store, accounts, pushes, hookNetworks);
  closers.push(async () => outgoing.stop());
  const updates = new DeviceUpdates(env, broker, images);
  const runs = new RunService(env, broker);
  closers.push(async () => runs.stop());
  const intake = new PushIntake(pushes, directory, parts.pictures);
  const guard = new LoginGuard(accounts);
  const mail = mailAddress && (await MailServer.create(mailAddress, { ...parts, guard, intake }));
  const app = await createServer({
    ...parts,
    watch,
    pushes,
    intake,
    guard,
    mail,
    webhooks: outgoing.webhooks,
    updates,
    events,
    page,
  });
  closers.push(() => app.close());
  watch.start();
  updates.start();
  new AnswerEvents(env, broker, pushes, events).start();
  runs.start();
  return { app, pushes, mail, outgoing };
}

function gateOf(
  { anonymous = false }: StationOptions,
  accounts: Accounts,
  directory: Directory,
  rules: TopicRules,
): ClientGate {
  const onLocalDevice = (uid: string) => enrol(directory, { uid });
  return new ClientGate({ accounts, rules, isAnonymousAllowed: anonymous, onLocalDevice });
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

async function listening<T>({ host, mqttPort }: MqttAddress, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw listenError(error, host, mqttPort, "--mqtt-port");
  }
}

/** Reads a directory that is changed elsewhere at intervals. Returns a function that closes it. */
function keepFresh(directory: Directory, refresh: () => void): () => Promise<void> {
  let said = "";
  const catchUp = () => {
    directory.catchUp().then(
      () => {
        said = "";
      },
      (error: Error) => {
        if (error.message !== said) console.error(`directory: ${error.message}`);
        said = error.message;
      },
    );
  };
  const timer = directory.isWritable
    ? setInterval(catchUp, DIRECTORY_LOOK_MS)
    : setInterval(refresh, DIRECTORY_REFRESH_MS);
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
