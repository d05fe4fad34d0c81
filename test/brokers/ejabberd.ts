/**
 * ejabberd's mod_mqtt, from the system's package. The Erlang machine is started directly, because Debian's `ejabberdctl` works only
 * with the user and the folders of the service. Without a node name Erlang needs no port mapper.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Broker } from "./broker.ts";
import { findProgram, startServer } from "./server-process.ts";

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
  const program = findEjabberd();
  if (!program) throw new Error("ejabberd is missing (package ejabberd)");
  const server = await startServer("ejabberd", 1, (folder, [port]) => {
    const path = join(folder, "ejabberd.yml");
    writeFileSync(path, configuration(port as number));
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
  return { name: "ejabberd", port: server.ports[0] as number, login: LOGIN, stop: () => server.stop() };
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
