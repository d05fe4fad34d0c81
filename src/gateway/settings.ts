/**
 * Every setting of a device, with its range and its default. No other place knows them. A host reads the settings from where it
 * keeps them (command line, preferences, page address) as text or numbers. It passes the whole record to `parseSettings`.
 */
import {
  BROKERS_MAX,
  CANNED_TEXTS_MAX,
  CONTACTS_MAX,
  ENV_BYTES_MAX,
  GROUPS_MAX,
  IMAGE_ADDRESS_BYTES_MAX,
  KEEP_ALIVE_SECONDS_MAX,
  PEM_BYTES_MAX,
  TIME_ZONE_BYTES_MAX,
  UID_BYTES_MAX,
} from "../limits.ts";
import { parseImageAddress } from "../update/address.ts";
import { parseHours } from "./quiet-hours.ts";
import { checkSetting, hostOf, itemsOf, type SettingTable } from "./setting.ts";
import { fixedZone, isTimeZone } from "./time-zone.ts";

export type TransportName = "tcp" | "tls" | "starttls" | "ws" | "wss";

/** The broker to connect to, and how to log in there. */
export interface BrokerSettings {
  /** Version of MQTT, or XMPP. `auto` tries MQTT 5 first and falls back to 3.1.1. */
  readonly protocol: "auto" | "3.1.1" | "5" | "xmpp";
  /** `tls`, `starttls` and `wss` are encrypted. The device never falls back from them to an unencrypted transport. */
  readonly transport: TransportName;
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** Path of the WebSocket. TCP does not use it. */
  readonly path: string;
  /** The trusted authorities: PEM, or what the host takes in its place. Empty: those of the platform. */
  readonly ca: string;
  /** The certificate that identifies this device, and its key. Both are PEM, or what the host takes in its place. */
  readonly identity: { readonly certificate: string; readonly key: string } | undefined;
  /** The name that the broker's certificate must hold. Empty: `host`. */
  readonly serverName: string;
  /** The broker's certificate is not checked. Anybody may pose as the broker. */
  readonly isInsecure: boolean;
  /** Empty: log in without a name. */
  readonly userName: string;
  readonly password: string;
  /** False where the station subscribes for this device. The device then sends no SUBSCRIBE. */
  readonly subscribes: boolean;
  /** An account that the server does not know is registered (XMPP). */
  readonly registers: boolean;
  /** Longest time between pings. Learning ends here. */
  readonly keepAliveSeconds: number;
  /** Shortest time between pings. Learning begins here. */
  readonly keepAliveMinSeconds: number;
}

export interface Settings {
  /** Names the organisation. It is the first level of every topic. */
  readonly env: string;
  /** Names this device. It stands in the device's topics, is its client identifier and is the sender of its messages. */
  readonly uid: string;
  /** The preferred broker. */
  readonly broker: BrokerSettings;
  /** The brokers to try when the preferred one cannot be reached, in order of preference. They differ only in host and port. */
  readonly fallbackBrokers: readonly BrokerSettings[];
  readonly telemetry: {
    readonly format: "cbor" | "json";
    /** 0: a batch that is lost on the way is lost. 1: it is sent until the broker has it. */
    readonly qos: 0 | 1;
    /** Seconds between two samples. 0 takes none. */
    readonly intervalSeconds: number;
    /** An unchanged reading is sent again after this many seconds. */
    readonly maxAgeSeconds: number;
    /** A smaller change is not sent, by name of the sensor. A sensor without an entry uses its own deadband. */
    readonly deadbands: Readonly<Record<string, number>>;
  };
  /** The uids whose presence is shown. */
  readonly contacts: readonly string[];
  /** The groups whose messages come to this device. */
  readonly groups: readonly string[];
  readonly presence: {
    /** The carrier counts as away after this many seconds without a touch. 0: never. */
    readonly awaySeconds: number;
    /** Texts that the carrier can choose as presence. */
    readonly custom: readonly string[];
  };
  readonly quiet: {
    /** The text for `parseHours`. */
    readonly hours: string;
    /** Senders who may sound at any time. */
    readonly senders: readonly string[];
  };
  /** Texts that the carrier can send to a contact with the buttons. */
  readonly cannedTexts: readonly string[];
  readonly homeAssistant: {
    readonly isDiscovered: boolean;
    /** The topic prefix on which Home Assistant listens for devices. */
    readonly prefix: string;
  };
  /** Address of the image for updates whose command names none. Empty: there is none. */
  readonly updateUrl: string;
  readonly screen: {
    /** A page stays on the screen for at least this long before the next new page takes its place. */
    readonly dwellMs: number;
    /** The light is dimmed, and switched off, when nobody has used the device for so long. 0: never. */
    readonly dimMs: number;
    readonly offMs: number;
    /** A zone that `isTimeZone` takes. */
    readonly timeZone: string;
  };
}

/** Name, kind, default and range of each setting. The same name stands on a command line and in a preference. */
export const SETTINGS = Object.freeze({
  env: { kind: "text", default: "field", bytesMax: ENV_BYTES_MAX, topicLevel: true },
  uid: { kind: "text", default: "pager-1", bytesMax: UID_BYTES_MAX, topicLevel: true },
  "broker.protocol": { kind: "choice", default: "auto", choices: ["auto", "3.1.1", "5", "xmpp"] },
  "broker.transport": { kind: "choice", default: "tcp", choices: ["tcp", "tls", "starttls", "ws", "wss"] },
  "broker.host": { kind: "text", default: "127.0.0.1", bytesMax: 253, isHost: true, isRequired: true },
  "broker.fallback": { kind: "text", default: "", bytesMax: 1024 },
  "broker.port": { kind: "number", default: 1883, min: 1, max: 65_535 },
  "broker.path": { kind: "text", default: "/mqtt", bytesMax: 255 },
  "broker.ca": { kind: "text", default: "", bytesMax: PEM_BYTES_MAX, isVerbatim: true },
  "broker.certificate": { kind: "text", default: "", bytesMax: PEM_BYTES_MAX, isVerbatim: true },
  "broker.key": { kind: "text", default: "", bytesMax: PEM_BYTES_MAX, isVerbatim: true, isSecret: true },
  "broker.serverName": { kind: "text", default: "", bytesMax: 253, isHost: true },
  "broker.insecure": { kind: "choice", default: "no", choices: ["no", "yes"] },
  "broker.userName": { kind: "text", default: "", bytesMax: 255 },
  "broker.password": { kind: "text", default: "", bytesMax: 255, isVerbatim: true, isSecret: true },
  "broker.subscribe": { kind: "choice", default: "yes", choices: ["yes", "no"] },
  "broker.register": { kind: "choice", default: "no", choices: ["no", "yes"] },
  "broker.keepAlive": { kind: "number", default: 300, min: 5, max: KEEP_ALIVE_SECONDS_MAX },
  "broker.keepAliveMin": { kind: "number", default: 60, min: 5, max: KEEP_ALIVE_SECONDS_MAX },
  "telemetry.format": { kind: "choice", default: "cbor", choices: ["cbor", "json"], isChangeable: true },
  "telemetry.qos": { kind: "number", default: 0, min: 0, max: 1, isChangeable: true },
  "telemetry.interval": { kind: "number", default: 60, min: 0, max: 86_400, isChangeable: true },
  "telemetry.maxAge": { kind: "number", default: 600, min: 0, max: 86_400, isChangeable: true },
  "telemetry.deadband": { kind: "text", default: "", bytesMax: 1024, isChangeable: true },
  "homeAssistant.discovery": { kind: "choice", default: "no", choices: ["no", "yes"], isChangeable: true },
  "homeAssistant.prefix": {
    kind: "text",
    default: "homeassistant",
    bytesMax: ENV_BYTES_MAX,
    topicLevel: true,
    isChangeable: true,
  },
  contacts: { kind: "list", default: "", countMax: CONTACTS_MAX, of: "uid", isChangeable: true },
  groups: { kind: "list", default: "", countMax: GROUPS_MAX, of: "uid", isChangeable: true },
  "presence.away": { kind: "number", default: 900, min: 0, max: 86_400, isChangeable: true },
  "presence.custom": { kind: "list", default: "", countMax: CANNED_TEXTS_MAX, of: "text", isChangeable: true },
  "quiet.hours": { kind: "text", default: "", bytesMax: 96, isChangeable: true },
  "quiet.senders": { kind: "list", default: "", countMax: CONTACTS_MAX, of: "uid", isChangeable: true },
  "message.texts": {
    kind: "list",
    default: "On my way,Call me,Yes,No",
    countMax: CANNED_TEXTS_MAX,
    of: "text",
    isChangeable: true,
  },
  "screen.dwell": { kind: "number", default: 500, min: 0, max: 60_000, isChangeable: true },
  "screen.dim": { kind: "number", default: 60, min: 0, max: 86_400, isChangeable: true },
  "screen.off": { kind: "number", default: 0, min: 0, max: 86_400, isChangeable: true },
  "screen.timeZone": { kind: "text", default: "UTC", bytesMax: TIME_ZONE_BYTES_MAX, isChangeable: true },
  "screen.utcOffset": { kind: "number", default: 0, min: -720, max: 840, isChangeable: true },
  "update.url": { kind: "text", default: "", bytesMax: IMAGE_ADDRESS_BYTES_MAX, isChangeable: true },
} as const satisfies SettingTable);

export type SettingName = keyof typeof SETTINGS;

/** What a host can do. A setting that asks for more is refused and never ignored. */
export interface HostAbilities {
  readonly transports: readonly TransportName[];
  readonly hasXmpp: boolean;
  /** Settings that the host cannot honour. Only their defaults are allowed. */
  readonly lacks: readonly SettingName[];
  /** Why the host cannot, for the person who set them. */
  readonly reason: string;
}

/** The settings of encryption, for a host's `lacks`. */
export const TLS_SETTINGS = Object.freeze([
  "broker.ca",
  "broker.certificate",
  "broker.key",
  "broker.serverName",
  "broker.insecure",
] as const satisfies readonly SettingName[]);

export type SettingsResult = { readonly settings: Settings } | { readonly errors: readonly string[] };

/**
 * Checks a record of raw settings (text from a command line, or numbers) and fills in the defaults. `errors` names every wrong
 * or unknown setting, with what was found and what was expected. It never contains a password or a key.
 * @param abilities of the host; without it, the host can do everything
 */
export function parseSettings(raw: Readonly<Record<string, unknown>>, abilities?: HostAbilities): SettingsResult {
  const errors: string[] = [];
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(SETTINGS, name)) errors.push(`setting ${name}: there is no such setting`);
  }
  const text = (name: SettingName) => String(checkSetting(name, SETTINGS[name], raw[name], errors));
  const number = (name: SettingName) => Number(checkSetting(name, SETTINGS[name], raw[name], errors));
  const list = (name: SettingName) => itemsOf(text(name));
  const broker: BrokerSettings = {
    protocol: text("broker.protocol") as BrokerSettings["protocol"],
    transport: text("broker.transport") as TransportName,
    host: hostOf(text("broker.host")) ?? "",
    port: number("broker.port"),
    path: text("broker.path"),
    ca: text("broker.ca"),
    identity: identityOf(text("broker.certificate"), text("broker.key"), errors),
    serverName: hostOf(text("broker.serverName")) ?? "",
    isInsecure: text("broker.insecure") === "yes",
    userName: text("broker.userName"),
    password: text("broker.password"),
    subscribes: text("broker.subscribe") === "yes",
    registers: text("broker.register") === "yes",
    keepAliveSeconds: number("broker.keepAlive"),
    keepAliveMinSeconds: number("broker.keepAliveMin"),
  };
  const isDiscovered = text("homeAssistant.discovery") === "yes";
  const settings: Settings = {
    env: text("env"),
    uid: text("uid"),
    broker,
    fallbackBrokers: parseFallbacks(text("broker.fallback"), broker, errors),
    telemetry: {
      format: telemetryFormat(raw, text("telemetry.format"), isDiscovered, errors),
      qos: number("telemetry.qos") as 0 | 1,
      intervalSeconds: number("telemetry.interval"),
      maxAgeSeconds: number("telemetry.maxAge"),
      deadbands: parseDeadbands(text("telemetry.deadband"), errors),
    },
    contacts: list("contacts"),
    groups: list("groups"),
    presence: { awaySeconds: number("presence.away"), custom: list("presence.custom") },
    quiet: { hours: text("quiet.hours"), senders: list("quiet.senders") },
    cannedTexts: list("message.texts"),
    updateUrl: imageAddress(text("update.url"), errors),
    homeAssistant: { isDiscovered, prefix: text("homeAssistant.prefix") },
    screen: {
      dwellMs: number("screen.dwell"),
      dimMs: 1000 * number("screen.dim"),
      offMs: 1000 * number("screen.off"),
      timeZone: timeZone(raw, text("screen.timeZone"), number("screen.utcOffset"), errors),
    },
  };
  if (!parseHours(settings.quiet.hours))
    errors.push(
      `setting quiet.hours: ${JSON.stringify(settings.quiet.hours)}, expected for example 22:00-07:00, on or off`,
    );
  if (!errors.some((error) => error.startsWith("setting broker.transport")))
    errors.push(...contradictions(settings.broker, raw, abilities));
  return errors.length ? { errors } : { settings };
}

/** Finds settings that contradict each other, and settings that this host cannot honour. */
function contradictions(
  broker: BrokerSettings,
  raw: Readonly<Record<string, unknown>>,
  abilities: HostAbilities | undefined,
): string[] {
  const errors: string[] = [];
  const { transport, path } = broker;
  const isXmpp = broker.protocol === "xmpp";
  if (isXmpp && abilities?.hasXmpp === false) errors.push("setting broker.protocol: this program has no xmpp");
  if (isXmpp ? transport.startsWith("w") : transport === "starttls")
    errors.push(`setting broker.transport: ${transport}, not with broker.protocol ${broker.protocol}`);
  // Without the slash, the path would be read as part of the host.
  if (!path.startsWith("/")) errors.push(`setting broker.path: ${JSON.stringify(path)}, expected / at the beginning`);
  const given = TLS_SETTINGS.filter((name) => raw[name] !== undefined && raw[name] !== SETTINGS[name].default);
  if (abilities && !abilities.transports.includes(transport)) {
    const expected = abilities.transports.join(" or ");
    errors.push(`setting broker.transport: "${transport}", expected ${expected}: ${abilities.reason}`);
  } else if (transport === "tcp" || transport === "ws") {
    // A person who sets an authority believes that the connection is encrypted.
    for (const name of given)
      errors.push(`setting ${name}: not used with broker.transport ${transport}, which has no TLS`);
  }
  for (const name of given)
    if (abilities?.lacks.includes(name)) errors.push(`setting ${name}: not on this host: ${abilities.reason}`);
  return errors;
}

function identityOf(certificate: string, key: string, errors: string[]): BrokerSettings["identity"] {
  if (certificate !== "" && key !== "") return { certificate, key };
  if (certificate !== key)
    errors.push(
      `setting ${certificate ? "broker.key" : "broker.certificate"}: missing, certificate and key go together`,
    );
  return undefined;
}

/** Reads `host` or `host:port`, separated by commas. An IPv6 address with a port stands in brackets. */
function parseFallbacks(text: string, broker: BrokerSettings, errors: string[]): BrokerSettings[] {
  const fallbacks: BrokerSettings[] = [];
  for (const item of itemsOf(text)) {
    const alone = hostOf(item);
    const [, before = "", port = ""] = item.match(/^(.+):(\d+)$/) ?? [];
    const host = alone ?? hostOf(before);
    const number = alone === undefined ? Number(port) : broker.port;
    if (host === undefined || number < 1 || number > 65_535)
      errors.push(`setting broker.fallback: ${JSON.stringify(item)}, expected host or host:port`);
    else fallbacks.push({ ...broker, host, port: number });
  }
  if (fallbacks.length >= BROKERS_MAX)
    errors.push(`setting broker.fallback: ${fallbacks.length} brokers, expected at most ${BROKERS_MAX - 1}`);
  return fallbacks;
}

/** Reads `name=number`, separated by commas. */
function parseDeadbands(text: string, errors: string[]): Record<string, number> {
  const deadbands: Record<string, number> = {};
  for (const item of text.split(",").filter((item) => item.trim() !== "")) {
    const equals = item.lastIndexOf("=");
    const value = item.slice(equals + 1).trim();
    const deadband = value === "" ? Number.NaN : Number(value);
    if (equals < 1 || !Number.isFinite(deadband) || deadband < 0)
      errors.push(`setting telemetry.deadband: ${JSON.stringify(item)}, expected name=number, 0 or more`);
    else deadbands[item.slice(0, equals).trim()] = deadband;
  }
  return deadbands;
}

/** Home Assistant reads only JSON. So discovery selects JSON, unless another format was asked for: that is an error. */
function telemetryFormat(
  raw: Readonly<Record<string, unknown>>,
  format: string,
  isDiscovered: boolean,
  errors: string[],
): "cbor" | "json" {
  if (!isDiscovered) return format as "cbor" | "json";
  if (raw["telemetry.format"] !== undefined && format === "cbor")
    errors.push("setting telemetry.format: cbor with homeAssistant.discovery, which reads json");
  return "json";
}

function imageAddress(url: string, errors: string[]): string {
  if (url !== "" && !parseImageAddress(url))
    errors.push(`setting update.url: ${JSON.stringify(url)}, expected https://host/path`);
  return url;
}

/** Older firmware had `screen.utcOffset` in the place of `screen.timeZone`. The one that was set last holds. */
function timeZone(
  raw: Readonly<Record<string, unknown>>,
  zone: string,
  utcOffsetMinutes: number,
  errors: string[],
): string {
  const names = Object.keys(raw);
  if (names.indexOf("screen.utcOffset") > names.indexOf("screen.timeZone")) return fixedZone(utcOffsetMinutes);
  if (!isTimeZone(zone))
    errors.push(
      `setting screen.timeZone: ${JSON.stringify(zone)}, expected for example Europe/Berlin or CET-1CEST,M3.5.0,M10.5.0/3`,
    );
  return zone;
}
