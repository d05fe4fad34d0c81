/** Prosody from the system's package, with its own folder, ports and certificate. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Identity } from "../certificates.ts";
import { findProgram, startServer } from "./server-process.ts";
import type { XmppServer, XmppServerOptions } from "./xmpp-server.ts";

export function findProsody(): string | undefined {
  return findProgram("prosody");
}

export async function startProsody(identity: Identity, options: XmppServerOptions = {}): Promise<XmppServer> {
  const program = findProsody();
  if (!program) throw new Error("prosody is missing (package prosody)");
  const server = await startServer("prosody", 2, (folder, [port, tlsPort]) => {
    const path = join(folder, "prosody.cfg.lua");
    writeFileSync(path, configuration(folder, port as number, tlsPort as number, identity, options));
    return { program, args: ["-F", "--config", path] };
  });
  const [port, tlsPort] = server.ports as [number, number];
  return { name: "prosody", port, tlsPort, stop: () => server.stop() };
}

function configuration(
  folder: string,
  port: number,
  tlsPort: number,
  { certificate, key }: Identity,
  { isLegacy = false, has0198 = true }: XmppServerOptions,
): string {
  const login = isLegacy ? '"legacyauth"' : '"saslauth"';
  return `
run_as_root = true
pidfile = ${JSON.stringify(join(folder, "prosody.pid"))}
data_path = ${JSON.stringify(join(folder, "data"))}
log = { warn = "*console" }
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
c2s_direct_tls_ports = { ${tlsPort} }
s2s_ports = {}
modules_enabled = { "roster", "presence", "message", "iq", "tls", "register", "ping", "offline", "disco", ${login}${has0198 ? ', "smacks"' : ""} }
modules_disabled = { "s2s", "http"${isLegacy ? ', "saslauth"' : ""} }
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
storage = "internal"
smacks_hibernation_time = 60
ssl = { certificate = ${JSON.stringify(certificate)}, key = ${JSON.stringify(key)} }
c2s_direct_tls_ssl = { certificate = ${JSON.stringify(certificate)}, key = ${JSON.stringify(key)} }
VirtualHost "localhost"
`;
}
