/** The commands as a user runs them: `npm start`, `npm run station`, `npm run push`, `npm run pager`. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PushWithDeliveries } from "../../../hosts/station/push.ts";
import { parsePushCommand } from "../../../hosts/station/push-command-line.ts";
import { ask, Cleanups, ROOT, until } from "./harness.ts";

function scene(): Cleanups {
  const cleanups = new Cleanups();
  onTestFinished(() => cleanups.end());
  return cleanups;
}

const FREE_PORTS = ["--mqtt-port", "0", "--http-port", "0"];

async function takenPort(cleanups: Cleanups): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.add(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

describe("the station", () => {
  it.each(["--mqtt-port", "--http-port"])("says in one line that the port of %s is taken", async (flag) => {
    const cleanups = scene();
    const port = await takenPort(cleanups);
    const args = ["--data", cleanups.folder(), ...FREE_PORTS];
    args[args.indexOf(flag) + 1] = String(port);
    const station = cleanups.program("hosts/station/main.ts", args);
    expect((await station.ended).status).toBe(1);
    expect(station.stdout).toBe("");
    expect(station.stderr.trim().split("\n")).toEqual([expect.stringContaining(`port ${port}`)]);
    expect(station.stderr).toContain(flag);
  });

  it("says that its folder is in use", async () => {
    const cleanups = scene();
    const data = cleanups.folder();
    await cleanups.station({ data });
    const second = cleanups.program("hosts/station/main.ts", ["--data", data, ...FREE_PORTS]);
    expect((await second.ended).status).toBe(1);
    expect(second.stderr.trim().split("\n")).toEqual([expect.stringContaining("--data")]);
  });

  it.each([
    [["--mqtt-port", "70000"], "flag --mqtt-port"],
    [["--http-port", "x"], "flag --http-port"],
    [["--nope", "1"], "flag --nope"],
    [["word"], "word"],
  ])("refuses %j with exit status 2", async (args, problem) => {
    const station = scene().program("hosts/station/main.ts", args);
    expect((await station.ended).status).toBe(2);
    expect(station.stderr).toContain(problem);
    expect(station.stderr).not.toContain("    at ");
  });

  it("refuses an env that is no level of a topic", async () => {
    const station = scene().program("hosts/station/main.ts", ["--env", "a/b"]);
    expect((await station.ended).status).toBe(1);
    expect(station.stderr).toContain("--env");
  });
});

describe("npm start", () => {
  // SIGINT goes to the whole group, as a terminal sends it; SIGTERM to npm alone, as `kill` does.
  it.each([
    ["SIGINT", (group: number) => -group],
    ["SIGTERM", (group: number) => group],
  ] as const)("is up soon, shows a push, and leaves no process behind after %s", async (signal, target) => {
    const cleanups = scene();
    const data = cleanups.folder();
    const beganMs = performance.now();
    // In a group of its own, as a shell puts it, so that the test can send what Ctrl-C sends: to all of them.
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
    cleanups.add(() => {
      if (groupMembers(group).length > 0) process.kill(-group, "SIGKILL");
      return ended;
    });
    const [, url] = await until("the console", () => output.match(/Console: (http:\/\/\S+)\//) ?? undefined);
    await until("the pager", () => output.includes("online"));
    expect(performance.now() - beganMs).toBeLessThan(10_000);

    const push = cleanups.program("hosts/station/push-command.ts", [
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
      /^sent to pager-1 as \S+\nstored by pager-1 at [\d:]+, after 0\.\d+ s\nshown by pager-1 at /,
    );
    await until("the text", () => output.includes("temperature"));

    process.kill(target(group), signal);
    // The shell that npm puts between dies of the signal, and npm tells so; we have ended in order all the same.
    expect([0, signal]).toContain(await ended);
    await until("no process of it", () => groupMembers(group).length === 0);
    expect(output).toContain("offline  1 unread");
    expect(readdirSync(data).sort()).toEqual([
      "accounts.json",
      "broker",
      "directory.json",
      "local.key",
      "pagers",
      "pushes",
    ]);
  });

  it("ends on SIGTERM with status 0", async () => {
    const cleanups = scene();
    const start = cleanups.program("hosts/station/start.ts", ["--data", cleanups.folder(), ...FREE_PORTS]);
    await start.prints(/online/);
    expect(await start.kill("SIGTERM")).toEqual({ status: 0, signal: null });
    expect(start.stderr).not.toContain("    at ");
  });
});

describe("npm run push", () => {
  const push = (cleanups: Cleanups, ...args: string[]) => cleanups.program("hosts/station/push-command.ts", args);

  it("says in one line that there is no station", async () => {
    const cleanups = scene();
    const port = await takenPort(cleanups).then(async (taken) => {
      await cleanups.end();
      return taken;
    });
    const command = push(cleanups, "pager-1", "x", "--station", `http://127.0.0.1:${port}`);
    expect((await command.ended).status).toBe(1);
    expect(command.stderr.trim().split("\n")).toEqual([expect.stringMatching(/no station at .*npm start/)]);
  });

  it("says that the station wants to know who sends, and takes a token", async () => {
    const cleanups = scene();
    const station = await cleanups.station();
    const unknown = push(cleanups, "pager-1", "x", "--station", station.url, "--data", cleanups.folder());
    expect((await unknown.ended).status).toBe(1);
    expect(unknown.stderr.trim().split("\n")).toEqual([expect.stringContaining("--token")]);
    const { token } = station.firstStart ?? {};
    const known = push(cleanups, "pager-1", "x", "--station", station.url, "--token", token ?? "", "--wait", "0");
    expect((await known.ended).status).toBe(0);
    expect(known.stdout).toMatch(/^sent to pager-1 as \S+\n$/);
  });

  it("sends everything that a push can have, to a group, and counts who was reached", async () => {
    const cleanups = scene();
    const data = cleanups.folder();
    const station = await cleanups.station({ data });
    for (const uid of ["p-1", "p-2", "p-3"]) {
      await station.directory.addDevice({ uid });
      cleanups.pager(station.mqttPort, uid, { settings: { "screen.dwell": 0 } });
    }
    await station.directory.addGroup({ uid: "crew", members: ["p-1", "p-2", "p-3"] });
    const flags = "--title T --priority 4 --expiry 60 --collapse c --choice yes --choice no --key k-1".split(" ");
    const addresses = ["--link", "https://example.org/", "--picture", "https://example.org/p.png"];
    const where = ["--station", station.url, "--data", data];
    const sent = push(cleanups, "crew", "All of you", ...flags, ...addresses, ...where);
    expect((await sent.ended).status).toBe(0);
    expect(sent.stdout.trim().split("\n").at(-1)).toMatch(/^3 devices: 3 sent, 3 stored, 3 shown/);
    const again = push(cleanups, "crew", "All of you", ...flags, ...addresses, ...where);
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
      choices: ["yes", "no"],
      link: "https://example.org/",
      picture: "https://example.org/p.png",
    });
    expect(kept.deliveries.map(({ device }) => device)).toEqual(["p-1", "p-2", "p-3"]);
  });

  it("says what the station refused", async () => {
    const cleanups = scene();
    const data = cleanups.folder();
    const station = await cleanups.station({ data });
    const command = push(cleanups, "a/b", "x", "--station", station.url, "--data", data);
    expect((await command.ended).status).toBe(1);
    expect(command.stderr.trim()).toMatch(/^the station refused it: to: /);
  });

  it("ends after the wait when nobody shows it", async () => {
    const cleanups = scene();
    const data = cleanups.folder();
    const station = await cleanups.station({ data });
    const command = push(cleanups, "pager-new", "x", "--station", station.url, "--data", data, "--wait", "1");
    expect((await command.ended).status).toBe(3);
    expect(command.stdout).toContain("waiting: pager-new has never connected");
    expect(command.stdout).toContain("not shown within 1 s");
  });

  it("says that an accepted push is not lost when the station ends meanwhile, with the status of one that is under way", async () => {
    const cleanups = scene();
    const data = cleanups.folder();
    const station = cleanups.program("hosts/station/main.ts", ["--data", data, ...FREE_PORTS]);
    const [, url] = await station.prints(/console at (\S+)\//);
    const command = push(cleanups, "pager-new", "x", "--station", url as string, "--data", data, "--wait", "60");
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
    // Where a station keeps its data in the folder that the test runs in, its key would be taken.
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
    const cleanups = scene();
    const station = await cleanups.station();
    const data = cleanups.folder();
    const watcher = await cleanups.mqtt(station.mqttPort);
    const presences: string[] = [];
    watcher.on("message", (_topic, payload) => presences.push(payload.toString("hex")));
    await watcher.subscribeAsync("/field/pres/p-7", { qos: 1 });
    const flags = ["--uid=p-7", "--broker.port", String(station.mqttPort), "--data", data];
    const pager = cleanups.program("hosts/node/main.ts", flags, data);
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

/** Processes of a group that still run. Empty where /proc is not there to ask. */
function groupMembers(group: number): number[] {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // After the name in brackets: state, parent, group.
        const [state, , its] = readFileSync(join("/proc", String(pid), "stat"), "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        return Number(its) === group && state !== "Z";
      } catch {
        return false;
      }
    });
}
