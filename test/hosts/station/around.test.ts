/** What is around a station: a reverse proxy, a clock that is set later, a signal. */
import { writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { connectAsync, type IClientOptions } from "mqtt";
import { expect, it, onTestFinished, vi } from "vitest";
import { localPassword, localToken } from "../../../hosts/common/local-key.ts";
import { parseStationFlags } from "../../../hosts/station/cli/station-flags.ts";
import { LOGIN_FAILURES } from "../../../hosts/station/shared/limits.ts";
import { getPush, postPush, statusesOf, until } from "./harness.ts";
import { scene } from "./scene.ts";

// Passwords are cheap to compute here.
vi.mock(import("../../../hosts/station/identity/password-hash.ts"), async (load) => {
  const module = await load();
  return { ...module, CHOSEN_COST: module.GENERATED_COST };
});

const PUBLIC = "https://pager.example.org";
const HOST = "pager.example.org";

/** What a proxy on this machine sends on. `fetch` does not allow these headers. */
function send(port: number, path: string, headers: Record<string, string>, body?: object) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const method = body ? "POST" : "GET";
    const type = body ? { "content-type": "application/json" } : {};
    request({ host: "127.0.0.1", port, path, method, headers: { ...headers, ...type } }, (response) => {
      response.resume();
      resolve(response);
    })
      .on("error", reject)
      .end(body && JSON.stringify(body));
  });
}

it("behind a proxy: takes the public name, sets Secure cookies, and knows its clients by their own addresses", async () => {
  const bench = scene();
  const station = await bench.station({ publicUrl: PUBLIC, proxies: ["127.0.0.1"] });
  expect(station.url).toBe(PUBLIC);
  const { httpPort: port, firstStart } = station;
  expect((await send(port, "/healthz", { host: HOST })).statusCode).toBe(200);
  expect((await send(port, "/healthz", { host: "evil.example" })).statusCode).toBe(403);
  const { adminName, adminPassword } = firstStart ?? {};
  const logIn = (client: string, password = adminPassword, host = HOST) =>
    send(port, "/api/session", { host, origin: PUBLIC, "x-forwarded-for": client }, { name: adminName, password });
  const { statusCode, headers } = await logIn("203.0.113.1");
  expect([statusCode, headers["set-cookie"]?.[0]]).toEqual([200, expect.stringContaining("; Secure")]);
  // A proxy may keep its own name in Host.
  expect((await logIn("203.0.113.1", adminPassword, `127.0.0.1:${port}`)).statusCode).toBe(200);
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const push = (origin: string) =>
    send(port, "/api/push", { host: HOST, origin, cookie }, { to: "pager-1", text: "x" });
  expect([(await push(PUBLIC)).statusCode, (await push("https://evil.example")).statusCode]).toEqual([202, 403]);
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  for (let count = 0; count <= LOGIN_FAILURES.capacity; count += 1) await logIn("203.0.113.9", `guess ${count}`);
  expect((await logIn("203.0.113.9", "again")).statusCode).toBe(429);
  expect((await logIn("203.0.113.2", "again")).statusCode, "of another").toBe(401);
});

it("behind a proxy: MQTT over WebSocket comes from the client's own address, and from no other page", async () => {
  const bench = scene();
  const station = await bench.station({ publicUrl: PUBLIC, proxies: ["127.0.0.1"] });
  const { accounts, localKey } = station;
  const { password } = await accounts.create({ name: "pager-7", kind: "device" });
  const open = (login: IClientOptions, origin = PUBLIC) => {
    const headers = { host: HOST, "x-forwarded-for": "203.0.113.7" };
    const url = `ws://127.0.0.1:${station.httpPort}/mqtt`;
    return connectAsync(url, { ...login, reconnectPeriod: 0, wsOptions: { origin, headers } }, false);
  };
  const login = { clientId: "pager-7", username: "pager-7", password };
  const client = await open(login);
  bench.add(() => client.endAsync(true));
  const authorization = `Bearer ${localToken(localKey)}`;
  const details = await fetch(`http://127.0.0.1:${station.httpPort}/api/devices/pager-7`, {
    headers: { authorization },
  });
  expect(await details.json()).toMatchObject({ connection: { address: "203.0.113.7" } });
  await expect(open(login, "https://evil.example")).rejects.toThrow("Couldn't connect");
  // The local key is for this machine, and the client is on another one.
  const local = { clientId: "pager-8", username: "pager-8", password: localPassword(localKey, "pager-8") };
  await expect(open(local)).rejects.toThrow("Bad username");
});

it("believes nobody who is no named proxy", async () => {
  const bench = scene();
  const { httpPort: port } = await bench.station();
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const logIn = (count: number) =>
    send(
      port,
      "/api/session",
      { "x-forwarded-for": `203.0.113.${count}` },
      { name: "admin", password: `guess ${count}` },
    );
  for (let count = 0; count <= LOGIN_FAILURES.capacity; count += 1) await logIn(count);
  expect((await logIn(200)).statusCode).toBe(429);
});

it("names a public address or a proxy that is none", () => {
  const parse = (...flags: string[]) => {
    const parsed = parseStationFlags(flags);
    return "options" in parsed
      ? [parsed.options.publicUrl, parsed.options.proxies]
      : "errors" in parsed && parsed.errors;
  };
  expect(parse("--public-url", `${PUBLIC}/`, "--proxy", "10.0.0.2, fd00::/8")).toEqual([
    PUBLIC,
    ["10.0.0.2", "fd00::/8"],
  ]);
  for (const wrong of ["pager.example.org", "ftp://a", `${PUBLIC}/pager`])
    expect(parse("--public-url", wrong)).toEqual([expect.stringContaining("--public-url")]);
  for (const wrong of ["proxy", "10.0.0.2,", "10.0.0.0/x"])
    expect(parse("--proxy", wrong)).toEqual([expect.stringContaining("--proxy")]);
});

it("reads its directory again on SIGHUP, and goes on", async () => {
  const bench = scene();
  const data = bench.folder();
  const station = bench.program("hosts/station/cli/fieldpager.ts station", [
    "--data",
    data,
    "--mqtt-port",
    "0",
    "--http-port",
    "0",
  ]);
  const [, url = "", token = ""] = [
    "",
    (await station.prints(/console at (http:\S+)\//))[1],
    station.stdout.match(/Token\s+(\S+)/)?.[1],
  ];
  const isKnown = async () => {
    const answer = await fetch(`${url}/api/directory`, { headers: { authorization: `Bearer ${token}` } });
    const { devices } = (await answer.json()) as { devices: { uid: string }[] };
    return devices.some(({ uid }) => uid === "by-hand");
  };
  expect(await isKnown()).toBe(false);
  writeFileSync(join(data, "directory.json"), '{"people": [{"name": "admin"}], "devices": [{"uid": "by-hand"}]}');
  station.process.kill("SIGHUP");
  await until("the device that was written by hand", isKnown);
  writeFileSync(join(data, "directory.json"), '{"people": 5}');
  station.process.kill("SIGHUP");
  await until("the reason", () => station.stderr.includes("people: expected an array"));
  expect(await isKnown()).toBe(true);
  expect((await station.kill("SIGTERM")).status).toBe(0);
});

it("a push from before the clock was set does not expire when it is set, in this run or in the next one", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 60_000 });
  onTestFinished(() => void vi.useRealTimers());
  const bench = scene();
  const data = bench.folder();
  let station = await bench.station({ data });
  const push = async () =>
    (await postPush(station.url, { to: "pager-1", text: "it lives", expirySeconds: 3_600 })).answer.id ?? "";
  const first = await push();
  vi.setSystemTime(Date.UTC(2026, 10, 27));
  const second = await push();
  await station.close();
  station = await bench.station({ data });
  expect((await getPush(station.url, first))?.state).not.toBe("expired");
  const pager = bench.pager(station.mqttPort, "pager-1", { settings: { "screen.dwell": 0 } });
  for (const id of [first, second])
    await until("its receipt", async () => statusesOf(await getPush(station.url, id)).includes("shown"));
  await pager.stop();
});
