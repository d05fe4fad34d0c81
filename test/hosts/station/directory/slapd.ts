/** An OpenLDAP server for one test, on a free port of loopback, with its files in a folder that is removed. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "ldapts";
import type { LdapOptions } from "../../../../hosts/station/directory/ldap-directory.ts";
import { freePort } from "../../../brokers/broker.ts";
import { type StationBench, until } from "../harness.ts";

const SCHEMAS = "/etc/ldap/schema";
// An ordinary user's PATH may lack the folders of servers.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

export const BASE = "dc=example,dc=org";
const ADMIN = `cn=admin,${BASE}`;
const PASSWORD = "directory manager";

export function hasSlapd(): boolean {
  return existsSync(SCHEMAS) && spawnSync("slapd", ["-VV"], { env }).status === 0;
}

/** Starts a server with these entries (LDIF), and returns the options to read it. */
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

/** Runs `act` with a client that is logged in. */
export async function withClient<T>({ url, bindDn, bindPassword }: LdapOptions, act: (client: Client) => Promise<T>) {
  const client = new Client({ url, connectTimeout: 1_000 });
  try {
    await client.bind(bindDn, bindPassword);
    return await act(client);
  } finally {
    await client.unbind().catch(() => {});
  }
}
