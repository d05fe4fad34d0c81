/**
 * ejabberd with mod_mqtt, or as a server of XMPP, from the system's package. The Erlang machine is started directly, because Debian's `ejabberdctl` works only
 * with the user and the folders of the service. Without a node name Erlang needs no port mapper.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../certificates.ts";
import type { Broker } from "./broker.ts";
import { findProgram, type Server, startServer } from "./server-process.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

/** ejabberd refuses a login without name and password. With `auth_method: anonymous` it accepts any. */
const LOGIN = Object.freeze({ userName: "field@localhost", password: "any" });
/** Debian's folder of Erlang libraries, by Node's name of the processor. */
const LIBRARIES: Readonly<Record<string, string>> = Object.freeze({
  x64: "/usr/lib/x86_64-linux-gnu",
  arm64: "/usr/lib/aarch64-linux-gnu",
});

/** Path of the Erlang machine, if ejabberd is installed too. */
export function findEjabberd(): string | undefined {
  const libraries = LIBRARIES[process.arch];
  return findProgram("ejabberdctl") && libraries && existsSync(libraries) ? findProgram("erl") : undefined;
}

export async function startEjabberd(): Promise<Broker> {
  const server = await start(1, ([port]) => configuration(port as number));
  return { name: "ejabberd", port: server.ports[0] as number, login: LOGIN, stop: () => server.stop() };
}

/** As a server of XMPP. */
export async function startEjabberdXmpp(identity: Identity, options: XmppServerOptions = {}): Promise<XmppServer> {
  const server = await start(2, ([port, tlsPort]) =>
    xmppConfiguration(port as number, tlsPort as number, identity, options),
  );
  const [port, tlsPort] = server.ports as [number, number];
  return { name: "ejabberd", port, tlsPort, stop: () => server.stop() };
}

function start(portCount: number, configure: (ports: readonly number[]) => string): Promise<Server> {
  const program = findEjabberd();
  if (!program) throw new Error("ejabberd is missing (package ejabberd)");
  return startServer("ejabberd", portCount, (folder, ports) => {
    const path = join(folder, "ejabberd.yml");
    writeFileSync(path, configure(ports));
    const env = {
      EJABBERD_CONFIG_PATH: path,
      EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
      ERL_LIBS: LIBRARIES[process.arch] as string,
      ERL_CRASH_DUMP: join(folder, "crash.dump"),
      HOME: folder,
    };
    return {
      program,
      args: ["-noinput", "-mnesia", "dir", JSON.stringify(join(folder, "spool")), "-s", "ejabberd"],
      env,
    };
  });
}

function configuration(port: number): string {
  return `
loglevel: warning
hosts: [localhost]
auth_method: anonymous
anonymous_protocol: login_anon
allow_multiple_connections: true
listen:
  - { port: ${port}, ip: "127.0.0.1", module: mod_mqtt }
modules:
  mod_mqtt: {}
`;
}

function xmppConfiguration(
  port: number,
  tlsPort: number,
  { certificate, key }: Identity,
  { isLegacy = false, has0198 = true }: XmppServerOptions,
): string {
  return `
loglevel: warning
hosts: [localhost]
auth_method: internal
auth_password_format: ${isLegacy ? "plain" : "scram"}
certfiles: [${JSON.stringify(certificate)}, ${JSON.stringify(key)}]
${isLegacy ? 'disable_sasl_mechanisms: ["DIGEST-MD5", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "X-OAUTH2"]' : ""}
registration_timeout: infinity
access_rules:
  anybody: [allow]
shaper_rules:
  max_user_offline_messages: 100
listen:
  - { port: ${port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: true, max_stanza_size: 262144 }
  - { port: ${tlsPort}, ip: "127.0.0.1", module: ejabberd_c2s, tls: true, max_stanza_size: 262144 }
modules:
  mod_disco: {}
  mod_offline: {}
  mod_ping: {}
  mod_roster: {}
  mod_register: { access: anybody, ip_access: anybody, password_strength: 0 }
${isLegacy ? "  mod_legacy_auth: {}" : ""}
${has0198 ? "  mod_stream_mgmt: { resume_timeout: 60, resend_on_timeout: if_offline }" : ""}
`;
}
