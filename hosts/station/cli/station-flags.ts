/** The flags that `fieldpager station` and `fieldpager start` share, and how both tell what is wrong. */

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { describeError } from "../../common/describe-error.ts";
import { type Flags, parseFlags } from "../../common/flags.ts";
import { isLoopback } from "../../common/loopback.ts";
import type { LdapOptions } from "../directory/ldap-directory.ts";
import { type BrokerAddress, parseBrokerAddress, parseBrokerNodes } from "../foreign-broker/broker-address.ts";
import type { Certificate } from "../mqtt-server/mqtt-listener.ts";
import type { MailAddress } from "../senders/mail-server.ts";
import {
  DATA_DEFAULT,
  ENV_DEFAULT,
  HOST_DEFAULT,
  HTTP_PORT_DEFAULT,
  MQTT_PORT_DEFAULT,
  MQTTS_PORT_DEFAULT,
} from "../shared/defaults.ts";
import { StationError } from "../shared/station-error.ts";
import type { Station, StationOptions } from "../station.ts";

const FLAGS = Object.freeze([
  "data",
  "host",
  "mqtt-port",
  "mqtts-port",
  "http-port",
  "env",
  "tls-cert",
  "tls-key",
  "ldap",
  "public-url",
  "proxy",
  "ldap-base",
  "ldap-user",
  "picture-network",
  "hook-network",
  "smtp",
  "broker",
  "broker-ca",
  "broker-fallback",
  "broker-password-file",
]);

/** Holds the password of `--ldap-user`: what stands on a command line can be seen by every user of the machine. */
export const LDAP_PASSWORD_VARIABLE = "FIELDPAGER_LDAP_PASSWORD";

/** Holds the password for `--broker`, likewise. */
const BROKER_PASSWORD_VARIABLE = "FIELDPAGER_BROKER_PASSWORD";

export const STATION_FLAGS_USAGE = `  --data DIR         folder of everything that is kept (${DATA_DEFAULT})
  --host ADDRESS     address to listen on (${HOST_DEFAULT}; 0.0.0.0: every one)
  --mqtt-port PORT   port of MQTT (${MQTT_PORT_DEFAULT}; 0: any free one)
  --http-port PORT   port of the console and of MQTT over WebSocket (${HTTP_PORT_DEFAULT}; 0: any free one)
  --env NAME         first level of every topic (${ENV_DEFAULT})
  --tls-cert FILE    certificate with its chain, and
  --tls-key FILE     its key, both PEM: MQTT with TLS and https; in the clear MQTT is then for this machine only
  --mqtts-port PORT  port of MQTT with TLS (${MQTTS_PORT_DEFAULT}; 0: any free one)
  --public-url URL   at which browsers and devices reach it, if a proxy is before it, such as https://pager.example.org
  --proxy ADDRESS    of that proxy, or networks, with commas between them: what it says of its clients is believed
  --picture-network ADDRESS  or networks, with commas between them: not public, and yet pictures may be fetched from there
  --hook-network ADDRESS  or networks: likewise for webhooks and for actions of ntfy
  --ldap URL         takes the directory from an LDAP server, ldap://host:port
  --ldap-base DN     below which entry of it
  --ldap-user DN     whom to log in as there; the password stands in ${LDAP_PASSWORD_VARIABLE}
  --broker URL       a broker that is there already, mqtt:// or mqtts://user:password@host:port; none is started then
  --broker-fallback HOSTS  further nodes of its cluster: host or host:port, with commas between them
  --broker-ca FILE   PEM of the authorities that its certificate may come from, if it is none that everybody knows
  --broker-password-file FILE  holds the password; or ${BROKER_PASSWORD_VARIABLE} does: a command line can be seen by others
  --smtp PORT        or HOST:PORT: takes mails there, each of which becomes a push (off; the host is ${HOST_DEFAULT})
  --smtp-plain       lets other machines log in there without TLS: their passwords cross the network in the clear
  --anonymous        lets everyone in without a login, to read and send everything`;

export type StationFlags =
  | { readonly help: true }
  | { readonly errors: readonly string[] }
  | { readonly options: Parsed };

type Parsed = Required<Omit<StationOptions, "pushesMax">>;

/** Reads the flags of a station; names each wrong one. */
export function parseStationFlags(args: readonly string[]): StationFlags {
  const flags = parseFlags(args, FLAGS, ["help", "anonymous", "smtp-plain"]);
  if (flags.values.help) return { help: true };
  const errors = [...flags.errors, ...flags.words.map((word) => `${word}: a flag begins with --`)];
  const options = {
    data: flags.values.data ?? DATA_DEFAULT,
    host: flags.values.host ?? HOST_DEFAULT,
    env: flags.values.env ?? ENV_DEFAULT,
    anonymous: flags.values.anonymous !== undefined,
    mqttPort: portOf(flags, "mqtt-port", MQTT_PORT_DEFAULT, errors),
    mqttsPort: portOf(flags, "mqtts-port", MQTTS_PORT_DEFAULT, errors),
    httpPort: portOf(flags, "http-port", HTTP_PORT_DEFAULT, errors),
    certificate: certificateOf(flags, errors),
    ldap: ldapOf(flags, errors),
    publicUrl: publicUrlOf(flags, errors),
    proxies: networksOf(flags, "proxy", errors),
    pictureNetworks: networksOf(flags, "picture-network", errors),
    hookNetworks: networksOf(flags, "hook-network", errors),
    broker: brokerOf(flags, errors),
    mail: mailOf(flags, errors),
  };
  return errors.length > 0 ? { errors } : { options };
}

/** Says what is dangerous in how the station was started. */
export function warn({ anonymous, host, certificate, broker, mail }: Parsed): void {
  const who = isLoopback(host) ? "every program on this machine" : `everyone who reaches ${host}`;
  if (anonymous) console.error(`Warning: --anonymous lets ${who} read and send everything without a login.`);
  if (broker && !broker.isSecure && !isLoopback(broker.host))
    console.error(
      `Warning: the password for ${broker.host} and all messages cross the network in the clear; mqtts:// ends that.`,
    );
  if (!isLoopback(host) && !certificate)
    console.error(`Warning: on ${host} passwords cross the network in the clear; --tls-cert and --tls-key end that.`);
  if (!mail || isLoopback(mail.host)) return;
  if (mail.isPlainAllowed)
    console.error("Warning: --smtp-plain lets passwords of mails cross the network in the clear.");
  else if (!certificate)
    console.error(
      "Warning: no other machine can send mails, because there is no certificate; see --tls-cert, --smtp-plain.",
    );
}

/** Where MQTT is, and SMTP. @param host that MQTT listens on */
export function describePorts({ mqttPort, mailPort, brokerStatus }: Station, host?: string): string {
  const mqtt = `MQTT on port ${mqttPort}${host === undefined ? "" : ` of ${host}`}`;
  const mail = mailPort === undefined ? "" : `, mail on port ${mailPort}`;
  return (brokerStatus ? `beside the broker at ${brokerStatus.address}` : mqtt) + mail;
}

/** Ends the program: one line for what the user can change, more for what is wrong with the program itself. */
export function fail(error: unknown): never {
  if (error instanceof StationError) console.error(error.message);
  else console.error(error instanceof Error ? (error.stack ?? describeError(error)) : error);
  process.exit(1);
}

function certificateOf({ values }: Flags, errors: string[]): Certificate | undefined {
  const { "tls-cert": certPath, "tls-key": keyPath } = values;
  if (certPath === undefined && keyPath === undefined) return undefined;
  if (certPath === undefined || keyPath === undefined) {
    errors.push(`flag --${certPath === undefined ? "tls-cert" : "tls-key"}: missing, certificate and key go together`);
    return undefined;
  }
  try {
    const certificate = { cert: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") };
    createSecureContext(certificate);
    return certificate;
  } catch (error) {
    errors.push(`flags --tls-cert and --tls-key: ${describeError(error)}`);
    return undefined;
  }
}

/** What the flags `--ldap`, `--ldap-base` and `--ldap-user` say. */
export function ldapOf({ values }: Pick<Flags, "values">, errors: string[]): LdapOptions | undefined {
  const { ldap: url, "ldap-base": base, "ldap-user": bindDn = "" } = values;
  if (url === undefined) {
    if (base !== undefined || bindDn !== "") errors.push("flag --ldap: is missing");
    return undefined;
  }
  if (base === undefined) errors.push("flag --ldap-base: is missing, such as dc=example,dc=org");
  return { url, base: base ?? "", bindDn, bindPassword: process.env[LDAP_PASSWORD_VARIABLE] ?? "" };
}

function brokerOf({ values }: Flags, errors: string[]): BrokerAddress | undefined {
  const { broker: url, "broker-ca": authoritiesPath, "broker-password-file": passwordPath } = values;
  const { "broker-fallback": fallbackText } = values;
  if (url === undefined) {
    if ([authoritiesPath, passwordPath, fallbackText].some((value) => value !== undefined))
      errors.push("flag --broker: is missing");
    return undefined;
  }
  for (const name of ["mqtt-port", "mqtts-port", "anonymous"])
    if (values[name] !== undefined)
      errors.push(`flag --${name}: is for the station's own broker, and there is none with --broker`);
  const address = parseBrokerAddress(url);
  if (!address) {
    errors.push("flag --broker: expected mqtt:// or mqtts://user:password@host:port, without a path");
    return undefined;
  }
  const fallback = fallbackText === undefined ? [] : parseBrokerNodes(fallbackText, address.isSecure);
  if (!fallback) errors.push("flag --broker-fallback: expected host or host:port, with commas between them");
  if (authoritiesPath !== undefined && !address.isSecure) errors.push("flag --broker-ca: goes with mqtts://");
  const authorities = contentOf("broker-ca", authoritiesPath, errors);
  const password = contentOf("broker-password-file", passwordPath, errors)?.replace(/\r?\n$/, "");
  try {
    createSecureContext({ ca: authorities });
  } catch (error) {
    errors.push(`flag --broker-ca: ${describeError(error)}`);
  }
  const nodes = fallback && fallback.length > 0 ? { fallback } : {};
  return {
    ...address,
    ...nodes,
    authorities,
    password: password ?? process.env[BROKER_PASSWORD_VARIABLE] ?? address.password,
  };
}

function mailOf({ values }: Flags, errors: string[]): MailAddress | undefined {
  const { smtp: text, "smtp-plain": plain } = values;
  if (text === undefined) {
    if (plain !== undefined) errors.push("flag --smtp: is missing");
    return undefined;
  }
  const [, bracketed, named, port = ""] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535) {
    errors.push(`flag --smtp: ${JSON.stringify(text)}, expected a port, or host:port`);
    return undefined;
  }
  return { host: bracketed ?? named ?? HOST_DEFAULT, port: Number(port), isPlainAllowed: plain !== undefined };
}

function contentOf(flag: string, path: string | undefined, errors: string[]): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    errors.push(`flag --${flag}: ${describeError(error)}`);
    return undefined;
  }
}

function publicUrlOf({ values: { "public-url": text } }: Flags, errors: string[]): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" && url.username === "")
    return url.origin;
  errors.push(
    `flag --public-url: ${JSON.stringify(text)}, expected an address without a path, such as https://pager.example.org`,
  );
  return undefined;
}

/** Addresses, or networks with the number of their bits. */
function networksOf({ values }: Flags, name: string, errors: string[]): readonly string[] {
  const networks = values[name]?.split(",").map((address) => address.trim()) ?? [];
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong !== undefined)
    errors.push(`flag --${name}: ${JSON.stringify(wrong)}, expected an address such as 10.0.0.2 or 10.0.0.0/24`);
  return networks;
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const bitsMax = [0, 0, 0, 0, 32, 0, 128][isIP(address)] ?? 0;
  if (isIP(address) === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
}

function portOf(flags: Flags, name: string, byDefault: number, errors: string[]): number {
  const text = flags.values[name];
  if (text === undefined) return byDefault;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    errors.push(`flag --${name}: ${JSON.stringify(text)}, expected a port from 0 to 65535`);
  return port;
}
