/** The first start: its password is told, or there is none yet; and nobody else reads the data folder. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Cleanups, freePort } from "./harness.ts";

const SCRIPT = "hosts/station/main.ts";
const START_MS_MAX = 60_000;

function scene(): Cleanups {
  const cleanups = new Cleanups();
  onTestFinished(() => cleanups.end());
  return cleanups;
}

async function takenPort(cleanups: Cleanups): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.add(() => server.close());
  return (server.address() as { port: number }).port;
}

it.each(["--mqtt-port", "--http-port"])(
  "with the port of %s taken makes no password; the next one tells it",
  async (flag) => {
    const cleanups = scene();
    const data = join(cleanups.folder(), "data");
    const ports = { "--mqtt-port": String(await freePort()), "--http-port": String(await freePort()) };
    const taken = { ...ports, [flag]: String(await takenPort(cleanups)) };
    const failed = cleanups.program(SCRIPT, ["--data", data, ...Object.entries(taken).flat()]);
    expect((await failed.ended).status).toBe(1);
    expect(failed.stderr).toContain(flag);
    expect(failed.stdout).not.toContain("Password");
    const station = cleanups.program(SCRIPT, ["--data", data, ...Object.entries(ports).flat()]);
    const [, url] = await station.prints(/console at (http:\S+)\//, START_MS_MAX);
    const [, password] = station.stdout.match(/Password\s+(\S+)/) ?? [];
    const login = await fetch(`${url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "admin", password }),
    });
    expect(login.status).toBe(200);
    expect((await station.kill("SIGTERM")).status).toBe(0);
  },
);

it.each(["new", "existing"])(
  "closes a %s data folder and the files with secrets to other users",
  { timeout: 2 * START_MS_MAX },
  async (kind) => {
    const cleanups = scene();
    const data = join(cleanups.folder(), "data");
    if (kind === "existing") {
      mkdirSync(data);
      writeFileSync(join(data, "accounts.json"), '{"version":1,"accounts":[],"tokens":[]}');
      writeFileSync(join(data, "directory.json"), "{}");
      chmodSync(data, 0o755);
      for (const name of ["accounts.json", "directory.json"]) chmodSync(join(data, name), 0o644);
    }
    const station = cleanups.program(SCRIPT, ["--data", data, "--mqtt-port", "0", "--http-port", "0"]);
    await station.prints(/MQTT on port/, START_MS_MAX);
    expect((statSync(data).mode & 0o777).toString(8)).toBe("700");
    const files = readdirSync(data).filter((name) => statSync(join(data, name)).isFile());
    expect(files.sort()).toEqual(["accounts.json", "directory.json", "local.key"]);
    for (const name of files) expect((statSync(join(data, name)).mode & 0o777).toString(8), name).toBe("600");
    expect((await station.kill("SIGTERM")).status).toBe(0);
  },
);
