/** The first start prints the password that it makes, or makes none. It closes the data folder to other users. */
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Accounts } from "../../../hosts/station/identity/accounts.ts";
import { StationError } from "../../../hosts/station/shared/station-error.ts";
import { startStation } from "./harness.ts";
import { scene } from "./scene.ts";

it.each(["mqttPort", "httpPort"] as const)(
  "with the %s taken makes no password; the next start makes and shows it",
  async (name) => {
    const bench = scene();
    const data = join(bench.folder(), "data");
    await expect(startStation({ data, [name]: await bench.takenPort() })).rejects.toThrow(StationError);
    const station = await bench.station({ data });
    const login = await fetch(`${station.url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "admin", password: station.firstStart?.adminPassword }),
    });
    expect(login.status).toBe(200);
  },
);

it("prints the password, and a later start prints none", async () => {
  const bench = scene();
  const data = join(bench.folder(), "data");
  for (const isFirst of [true, false]) {
    const station = bench.program("hosts/station/cli/fieldpager.ts station", [
      "--data",
      data,
      "--mqtt-port",
      "0",
      "--http-port",
      "0",
    ]);
    await station.prints(/console at (http:\S+)\//);
    const [, password] = station.stdout.match(/Password\s+(\S+)/) ?? [];
    if (isFirst) expect(await new Accounts(join(data, "accounts.json")).verify("admin", password ?? "")).toBeDefined();
    else expect(password).toBeUndefined();
    expect((await station.kill("SIGTERM")).status).toBe(0);
  }
});

it.each(["new", "existing"])("closes a %s data folder and the files with secrets to other users", async (kind) => {
  const bench = scene();
  const data = join(bench.folder(), "data");
  if (kind === "existing") {
    mkdirSync(data);
    writeFileSync(join(data, "accounts.json"), '{"version":1,"accounts":[],"tokens":[]}');
    writeFileSync(join(data, "directory.json"), "{}");
    chmodSync(data, 0o755);
    for (const name of ["accounts.json", "directory.json"]) chmodSync(join(data, name), 0o644);
  }
  await bench.station({ data });
  expect((statSync(data).mode & 0o777).toString(8)).toBe("700");
  const files = readdirSync(data).filter((name) => statSync(join(data, name)).isFile());
  expect(files.sort()).toEqual([
    "accounts.json",
    "directory.json",
    "local.key",
    "station.db",
    "station.db-shm",
    "station.db-wal",
    "station.lock",
  ]);
  for (const name of files) expect((statSync(join(data, name)).mode & 0o777).toString(8), name).toBe("600");
});
