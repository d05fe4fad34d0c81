/** The commands as a user runs them: `npm start`, `npm run station`, `npm run push`, `npm run pager`. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePushCommand } from "../../../hosts/station/cli/push-command-line.ts";
import type { PushWithDeliveries } from "../../../hosts/station/shared/push.ts";
import { StationError } from "../../../hosts/station/shared/station-error.ts";
import type { StationOptions } from "../../../hosts/station/station.ts";
import { ask, ROOT, type StationBench, startStation, until } from "./harness.ts";
import { scene } from "./scene.ts";

/** The unit of times in /proc on Linux. */
const TICKS_PER_SECOND = 100;

const FREE_PORTS = ["--mqtt-port", "0", "--http-port", "0"];

describe("the station", () => {
  it("says in one line that a port is taken", async () => {
    const bench = scene();
    const port = await bench.takenPort();
    const flags = ["--data", bench.folder(), "--mqtt-port", String(port), "--http-port", "0"];
    const station = bench.program("hosts/station/cli/fieldpager.ts station", flags);
    expect((await station.ended).status).toBe(1);
    expect(station.stdout).toBe("");
    expect(station.stderr.trim().split("\n")).toEqual([expect.stringContaining(`port ${port}`)]);
    expect(station.stderr).toContain("--mqtt-port");
  });

  it("cannot start with a taken port, a folder in use, or an env that is no level of a topic", async () => {
    const bench = scene();
    const data = bench.folder();
    await bench.station({ data });
    const refusal = (options: Partial<StationOptions>) =>
      startStation({ data: bench.folder(), ...options }).then(
        () => undefined,
        (error: unknown) => (error instanceof StationError ? error.message : error),
      );
    const port = await bench.takenPort();
    for (const name of ["mqttPort", "httpPort"] as const) {
      const message = await refusal({ [name]: port });
      expect(message).toContain(`port ${port}`);
      expect(message).toContain(name === "mqttPort" ? "--mqtt-port" : "--http-port");
    }
    expect(await refusal({ data })).toContain("--data");
    expect(await refusal({ env: "a/b" })).toContain("--env");
  });

  it("refuses wrong flags, each in its own line, with exit status 2", async () => {
    const flags = ["--mqtt-port", "70000", "--http-port", "x", "--nope", "1", "word"];
    const station = scene().program("hosts/station/cli/fieldpager.ts station", flags);
    expect((await station.ended).status).toBe(2);
    for (const problem of ["flag --mqtt-port", "flag --http-port", "flag --nope", "word"])
      expect(station.stderr).toContain(problem);
    expect(station.stderr).not.toContain("    at ");
  });
});

describe("npm start", () => {
  // SIGINT goes to the whole group, as from a terminal. SIGTERM goes to npm alone, as from `kill`.
  it.each([
    ["SIGINT", (group: number) => -group],
    ["SIGTERM", (group: number) => group],
  ] as const)("is up soon, shows a push, and leaves no process behind after %s", async (signal, target) => {
    const bench = scene();
    const data = bench.folder();
    // The command gets its own process group, as in a shell. So the test can send a signal to all of its processes, as Ctrl-C does.
    const start = spawn("npm", ["start", "--", "--data", data, ...FREE_PORTS], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const group = start.pid as number;
    let output = "";
    start.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const ended = new Promise((resolve) => start.on("close", (status, signal) => resolve(status ?? signal)));
    bench.add(() => {
      if (groupMembers(group).length > 0) process.kill(-group, "SIGKILL");
      return ended;
    });
    const [, url] = await until("the console", () => output.match(/Console: (http:\/\/\S+)\//) ?? undefined);
    await until("the pager", () => output.includes("online"));
    // The bound is processor time. So other programs on the machine do not count.
    expect(processorSeconds(group)).toBeLessThan(10);

    const push = bench.program("hosts/station/cli/fieldpager.ts push", [
      "pager-1",
      "Pump 3 over temperature",
      "--station",
      url as string,
      "--title",
      "Pumps",
      "--data",
      data,
    ]);
    expect((await push.ended).status).toBe(0);
    expect(push.stdout).toMatch(
      /^sent to pager-1 as \S+\nstored by pager-1 at [\d:]+, after \d+\.\d+ s\nshown by pager-1 at /,
    );
    await until("the text", () => output.includes("temperature"));

    process.kill(target(group), signal);
    // npm reports that the signal ended its shell. The station has still ended in order.
    expect([0, signal]).toContain(await ended);
    await until("no process of it", () => groupMembers(group).length === 0);
    // The picture stays as it was.
    expect(output).toContain("online  1 unread");
    expect(output).not.toContain("no broker");
    expect(readdirSync(data).sort()).toEqual([
      "accounts.json",
      "directory.json",
      "local.key",
      "pagers",
      "station.db",
      "station.lock",
    ]);
  });

  it("ends on SIGTERM with status 0", async () => {
    const bench = scene();
    const start = bench.program("hosts/station/cli/fieldpager.ts start", ["--data", bench.folder(), ...FREE_PORTS]);
    await start.prints(/online/);
    expect(await start.kill("SIGTERM")).toEqual({ status: 0, signal: null });
    expect(start.stderr).not.toContain("    at ");
  });
});

describe("npm run push", () => {
  const push = (bench: StationBench, ...args: string[]) => bench.program("hosts/station/cli/fieldpager.ts push", args);

  it("says in one line that there is no station", async () => {
    const bench = scene();
    const port = await bench.takenPort().then(async (taken) => {
      await bench.end();
      return taken;
    });
    const command = push(bench, "pager-1", "x", "--station", `http://127.0.0.1:${port}`);
    expect((await command.ended).status).toBe(1);
    expect(command.stderr.trim().split("\n")).toEqual([expect.stringMatching(/no station at .*fieldpager start/)]);
  });

  it("says that the station asks for a login, and takes a token", async () => {
    const bench = scene();
    const station = await bench.station();
    const unknown = push(bench, "pager-1", "x", "--station", station.url, "--data", bench.folder());
    expect((await unknown.ended).status).toBe(1);
    expect(unknown.stderr.trim().split("\n")).toEqual([expect.stringContaining("--token")]);
    const { token } = station.firstStart ?? {};
    const known = push(bench, "pager-1", "x", "--station", station.url, "--token", token ?? "", "--wait", "0");
    expect((await known.ended).status).toBe(0);
    expect(known.stdout).toMatch(/^sent to pager-1 as \S+\n$/);
  });

  it("sends a push with every key to a group, and counts the devices that it reached", async () => {
    const bench = scene();
    const data = bench.folder();
    const station = await bench.station({ data });
    for (const uid of ["p-1", "p-2", "p-3"]) {
      await station.directory.addDevice({ uid });
      bench.pager(station.mqttPort, uid, { settings: { "screen.dwell": 0 } });
    }
    await station.directory.addGroup({ uid: "crew", members: ["p-1", "p-2", "p-3"] });
    const flags =
      "--title T --priority 4 --expiry 60 --collapse c --melody bell --choice yes --choice no --key k-1".split(" ");
    const addresses = ["--link", "https://example.org/", "--picture", "https://example.org/p.png"];
    const where = ["--station", station.url, "--data", data];
    const sent = push(bench, "crew", "All of you", ...flags, ...addresses, ...where);
    expect((await sent.ended).status).toBe(0);
    expect(sent.stdout.trim().split("\n").at(-1)).toMatch(/^3 devices: 3 sent, 3 stored, 3 shown/);
    const again = push(bench, "crew", "All of you", ...flags, ...addresses, ...where);
    expect((await again.ended).status).toBe(0);
    const [idOf, sameId] = [sent, again].map(({ stdout }) => stdout.match(/ as (\S+)/)?.[1]);
    expect(sameId).toBe(idOf);
    const kept = (await (await ask(station.url, `/api/pushes/${idOf}`)).json()) as PushWithDeliveries;
    expect(kept).toMatchObject({
      to: "crew",
      title: "T",
      priority: 4,
      expirySeconds: 60,
      collapseKey: "c",
      melody: "bell",
      choices: ["yes", "no"],
      link: "https://example.org/",
      picture: "https://example.org/p.png",
    });
    expect(kept.deliveries.map(({ device }) => device)).toEqual(["p-1", "p-2", "p-3"]);
  });

  it("says why the station refused a push", async () => {
    const bench = scene();
    const data = bench.folder();
    const station = await bench.station({ data });
    const command = push(bench, "a/b", "x", "--station", station.url, "--data", data);
    expect((await command.ended).status).toBe(1);
    expect(command.stderr.trim()).toMatch(/^the station refused it: to: /);
  });

  it("ends after its wait if nobody shows the push", async () => {
    const bench = scene();
    const data = bench.folder();
    const station = await bench.station({ data });
    const command = push(bench, "pager-new", "x", "--station", station.url, "--data", data, "--wait", "1");
    expect((await command.ended).status).toBe(3);
    expect(command.stdout).toContain("waiting: pager-new is not there");
    expect(command.stdout).toContain("not shown within 1 s");
  });

  it("says that an accepted push is not lost when the station ends, and exits as for a push under way", async () => {
    const bench = scene();
    const data = bench.folder();
    const station = bench.program("hosts/station/cli/fieldpager.ts station", ["--data", data, ...FREE_PORTS]);
    const [, url] = await station.prints(/console at (\S+)\//);
    const command = push(bench, "pager-new", "x", "--station", url as string, "--data", data, "--wait", "60");
    await command.prints(/waiting: pager-new/);
    await station.kill("SIGKILL");
    expect((await command.ended).status).toBe(3);
    expect(command.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/^the station ended \(.*the push is on its disk/),
    ]);
  });

  it("refuses bad usage with exit status 2", async () => {
    const command = push(scene(), "pager-1", "--priority", "9");
    expect((await command.ended).status).toBe(2);
    expect(command.stderr).toContain("<text>");
    expect(command.stderr).toContain("--priority");
    expect(command.stderr).not.toContain("    at ");
  });

  it("reads its command line", () => {
    // The present folder may contain the data of a station. Its key must not be used.
    const data = scene().folder();
    expect(parsePushCommand(["p", "t", "--title", "T", "--priority=5", "--wait", "0", "--data", data])).toEqual({
      request: { to: "p", text: "t", title: "T", priority: 5 },
      station: "http://127.0.0.1:8080",
      waitSeconds: 0,
    });
    expect(parsePushCommand(["--help"])).toBe("help");
    expect(parsePushCommand(["p", "two", "words"])).toHaveProperty("errors");
    expect(parsePushCommand(["p", "t", "--station", "file:///x"])).toHaveProperty("errors");
  });
});

describe("npm run pager", () => {
  it("connects, shows, and says goodbye on Ctrl-C", async () => {
    const bench = scene();
    const station = await bench.station();
    const data = bench.folder();
    const watcher = await bench.mqtt(station.mqttPort);
    const presences: string[] = [];
    watcher.on("message", (_topic, payload) => presences.push(payload.toString("hex")));
    await watcher.subscribeAsync("/field/pres/p-7", { qos: 1 });
    const flags = ["--uid=p-7", "--broker.port", String(station.mqttPort), "--data", data];
    const pager = bench.program("hosts/node/main.ts", flags, data);
    await pager.prints(/online/);
    await until("presence online", () => presences.includes("51"));
    expect(await pager.kill("SIGINT")).toEqual({ status: 0, signal: null });
    await until("presence offline", () => presences.at(-1) === "52");
    expect(readdirSync(data).some((name) => name.endsWith(".record"))).toBe(true);
  });

  it("refuses each bad flag with a line and exit status 2", async () => {
    const pager = scene().program("hosts/node/main.ts", ["--broker.port", "0", "--uid", "a/b", "--nope", "1", "word"]);
    expect((await pager.ended).status).toBe(2);
    expect(pager.stderr).toContain("flag --nope");
    expect(pager.stderr).toContain("word");
    const settings = scene().program("hosts/node/main.ts", [
      "--broker.port",
      "0",
      "--uid",
      "a/b",
      "--data",
      "/dev/null/x",
    ]);
    expect((await settings.ended).status).toBe(2);
  });
});

/** The running processes of a group, with the processor time of each. Empty if there is no /proc. */
function groupMembers(group: number): { readonly seconds: number }[] {
  if (!existsSync("/proc/self/stat")) return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(join("/proc", pid, "stat"), "utf8");
      // Behind the name in brackets: state, parent, group, and later the times of the process and of its ended children.
      const fields = stat.replace(/^.*\) /s, "").split(" ");
      if (Number(fields[2]) !== group || fields[0] === "Z") return [];
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      return [{ seconds: ticks / TICKS_PER_SECOND }];
    } catch {
      return [];
    }
  });
}

/** Processor time that a group of processes has taken. */
function processorSeconds(group: number): number {
  return groupMembers(group).reduce((sum, { seconds }) => sum + seconds, 0);
}
