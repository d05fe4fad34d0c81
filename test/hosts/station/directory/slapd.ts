/** An OpenLDAP server of its own for a test: on a free port of loopback, its configuration and data in a folder that goes away. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "ldapts";
import type { LdapOptions } from "../../../../hosts/station/directory/ldap-directory.ts";
import { freePort } from "../../../brokers/broker.ts";
import { type StationBench, until } from "../harness.ts";

const SCHEMAS = "/etc/ldap/schema";
// Servers of the system are there even when PATH does not name their folder.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

export const BASE = "dc=example,dc=org";
const ADMIN = `cn=admin,${BASE}`;
const PASSWORD = "directory manager";

export function hasSlapd(): boolean {
  return existsSync(SCHEMAS) && spawnSync("slapd", ["-VV"], { env }).status === 0;
}

/** Starts it with these entries (LDIF) and gives what is needed to read it. */
export async function startSlapd(
  bench: StationBench,
  ldif: string,
): Promise<LdapOptions & { stop(): Promise<unknown> }> {
  const folder = bench.folder();
  mkdirSync(join(folder, "data"));
  const schemas = ["core", "cosine", "inetorgperson"].map((name) => `include ${SCHEMAS}/${name}.schema`);
  const conf = join(folder, "slapd.conf");
  writeFileSync(
    conf,
    [
      ...schemas,
      `pidfile ${folder}/pid`,
      "modulepath /usr/lib/ldap",
      "moduleload back_mdb",
      "database mdb",
      `suffix "${BASE}"`,
      `directory ${folder}/data`,
      `rootdn "${ADMIN}"`,
      `rootpw "${PASSWORD}"`,
      "access to * by users read by * none",
      "",
    ].join("\n"),
  );
  const top = `dn: ${BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n`;
  writeFileSync(join(folder, "entries.ldif"), top + ldif);
  const added = spawnSync("slapadd", ["-f", conf, "-l", join(folder, "entries.ldif")], { env, encoding: "utf8" });
  if (added.status !== 0) throw new Error(`slapadd: ${added.stderr}`);
  const url = `ldap://127.0.0.1:${await freePort()}`;
  const server = spawn("slapd", ["-d", "0", "-f", conf, "-h", url], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => server.on("close", resolve));
  const stop = () => {
    server.kill("SIGTERM");
    return ended;
  };
  bench.add(stop);
  const options = { url, base: BASE, bindDn: ADMIN, bindPassword: PASSWORD };
  await until("slapd", () => withClient(options, async () => true).catch(() => false));
  return { ...options, stop };
}

/** Something with a client that is logged in. */
export async function withClient<T>({ url, bindDn, bindPassword }: LdapOptions, act: (client: Client) => Promise<T>) {
  const client = new Client({ url, connectTimeout: 1_000 });
  try {
    await client.bind(bindDn, bindPassword);
    return await act(client);
  } finally {
    await client.unbind().catch(() => {});
  }
}
