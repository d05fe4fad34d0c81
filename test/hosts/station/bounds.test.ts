/** What one account may take of the station. The others, and above all an administrator, get through. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, it, vi } from "vitest";
import { DEVICE_INFLIGHT_MAX } from "../../../hosts/station/shared/limits.ts";
import { ask, postPush, until } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { scene } from "./scene.ts";

// Bounds that can be reached in a test.
const BOUNDS: object = vi.hoisted(() => ({
  REQUEST_MS_MAX: 300,
  PUSHES_PER_ACCOUNT_A_MINUTE: 5,
  DELIVERIES_OPEN_PER_ACCOUNT_MAX: 3,
  EVENT_STREAMS_MAX: 3,
  EVENT_STREAMS_PER_ACCOUNT_MAX: 2,
  TOKENS_PER_ACCOUNT_MAX: 2,
  PAGES_PER_ACCOUNT_MAX: 2,
  CONNECTIONS_PER_ACCOUNT_MAX: 3,
  WEB_SOCKETS_MAX: 2,
  DISCOVERY_DOCUMENTS_MAX: 2,
  RETAINED_BYTES_MAX: 100,
}));
vi.mock(import("../../../hosts/station/shared/limits.ts"), async (load) => {
  const module = await load();
  return { ...module, ...BOUNDS };
});

const JSON_TYPE = { "content-type": "application/json" };

async function withAccounts() {
  const bench = scene();
  vi.spyOn(console, "error").mockImplementation(() => {});
  const station = await bench.station({ anonymous: false });
  const { accounts, directory, url } = station;
  const passwords = new Map<string, string>();
  const tokens = new Map<string, string>();
  for (const name of ["anna", "bob"]) {
    passwords.set(name, (await accounts.create({ name, kind: "person" })).password);
    await directory.addPerson({ name });
    tokens.set(name, await accounts.issueToken(name, "test"));
  }
  for (const uid of ["p1", "p2"]) {
    await directory.addDevice({ uid, owner: "bob" });
    passwords.set(uid, (await accounts.create({ name: uid, kind: "device" })).password);
  }
  const send = (name: string, method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${tokens.get(name)}`, ...(body ? JSON_TYPE : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const push = async (name: string, to: string) => {
    const response = await send(name, "POST", "/api/push", { to, text: "x" });
    return [response.status, response.headers.get("retry-after")] as const;
  };
  return { bench, station, passwords, send, push };
}

it("pushes a minute: status 429 with Retry-After; others and an administrator send on", async () => {
  const { station, push, send } = await withAccounts();
  const answers = [];
  for (let count = 0; count < 6; count += 1) answers.push(await push("anna", "nobody"));
  expect(answers.slice(0, 5).map(([status]) => status)).toEqual([404, 404, 404, 404, 404]);
  expect(answers[5]?.[0]).toBe(429);
  expect(Number(answers[5]?.[1])).toBeGreaterThan(50);
  // By another route it is the same count.
  const byNtfy = await send("anna", "POST", "/p1?message=x");
  expect([byNtfy.status, (await byNtfy.json()).code]).toEqual([429, 42_901]);
  expect((await push("bob", "p1"))[0]).toBe(202);
  for (let count = 0; count < 6; count += 1)
    expect((await postPush(station.url, { to: "p1", text: "x" })).status).toBe(202);
});

it("pushes that wait for their devices: status 429 with Retry-After; an administrator's are taken", async () => {
  const { station, push } = await withAccounts();
  expect([await push("anna", "bob"), await push("anna", "p1")].map(([status]) => status)).toEqual([202, 202]);
  expect(await push("anna", "p1")).toEqual([429, "60"]);
  expect((await push("bob", "p1"))[0]).toBe(202);
  expect((await postPush(station.url, { to: "bob", text: "x" })).status).toBe(202);
});

it("pushes to names that nobody has: only an administrator's wait for them", async () => {
  const { station, push } = await withAccounts();
  expect((await push("anna", "nobody"))[0]).toBe(404);
  expect((await postPush(station.url, { to: "nobody", text: "x" })).status).toBe(202);
});

it("event streams: status 429 for an account's, 503 for all; an administrator's is opened", async () => {
  const { bench, station, send } = await withAccounts();
  const open = async (answer: Promise<Response>) => {
    const response = await answer;
    bench.add(() => response.body?.cancel());
    return response;
  };
  const stream = (name: string) => open(send(name, "GET", "/api/events"));
  const first = await stream("anna");
  expect([first.status, (await stream("anna")).status]).toEqual([200, 200]);
  const refused = await stream("anna");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  expect([(await stream("bob")).status, (await stream("bob")).status]).toEqual([200, 503]);
  expect((await open(ask(station.url, "/api/events"))).status).toBe(200);
  await first.body?.cancel();
  await until("the place that is free again", async () => (await stream("anna")).status === 503);
});

it("tokens, and pagers in pages: the oldest page makes room", async () => {
  const { station, send } = await withAccounts();
  const token = async () => (await send("anna", "POST", "/api/tokens", { label: "x" })).status;
  expect([await token(), await token()]).toEqual([201, 409]);
  for (const uid of ["page-1", "page-2", "page-3", "page-2"])
    expect((await send("anna", "POST", "/api/page-pager", { uid })).status).toBe(200);
  expect(station.accounts.ownedBy("anna")).toEqual(["page-2", "page-3"]);
  expect(station.directory.device("page-1")).toBeUndefined();
});

it("connections under made up names, over TCP and WebSocket", async () => {
  const { bench, station, passwords } = await withAccounts();
  const { accounts, mqttPort, url } = station;
  passwords.set("admin", await accounts.setPassword("admin"));
  const login = (name: string, clientId: string) => ({
    username: name,
    password: passwords.get(name) ?? "",
    clientId,
    protocolVersion: 5 as const,
  });
  for (const clientId of ["a", "b", "c"]) await bench.mqtt(mqttPort, login("anna", clientId));
  await expect(bench.mqtt(mqttPort, login("anna", "d"))).rejects.toMatchObject({ code: 0x97 });
  await bench.mqtt(mqttPort, login("anna", "anna"));
  await bench.mqtt(mqttPort, login("bob", "d"));
  for (const clientId of ["a", "b", "c", "d"]) await bench.mqtt(mqttPort, login("admin", clientId));
  const upgrade = async () => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    bench.add(() => socket.destroy());
    socket.write(
      `GET /mqtt HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
    );
    return String((await once(socket, "data"))[0]).split(" ")[1];
  };
  expect([await upgrade(), await upgrade(), await upgrade()]).toEqual(["101", "101", "503"]);
});

it("requests whose body does not come: status 408, and the connection is closed", async () => {
  const { bench, station } = await withAccounts();
  const socket = connect(Number(new URL(station.url).port), "127.0.0.1").on("error", () => {});
  bench.add(() => socket.destroy());
  socket.write(
    `POST /api/session HTTP/1.1\r\nHost: ${new URL(station.url).host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  );
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  await once(socket, "close");
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

it("retained messages: only of oneself, of a size, and so many documents for Home Assistant", async () => {
  const { bench, station, passwords } = await withAccounts();
  const device = await bench.mqtt(station.mqttPort, {
    username: "p1",
    password: passwords.get("p1") ?? "",
    clientId: "p1",
    protocolVersion: 5,
  });
  const person = await bench.mqtt(station.mqttPort, {
    username: "bob",
    password: passwords.get("bob") ?? "",
    clientId: "bob",
    protocolVersion: 5,
  });
  const retain = async (client: typeof device, topic: string, payload = "x") => {
    try {
      await client.publishAsync(topic, payload, { qos: 1, retain: true });
      return "taken";
    } catch (error) {
      return (error as { code: number }).code;
    }
  };
  expect(await retain(device, "/field/pres/p1")).toBe("taken");
  expect(await retain(device, "/field/info/p1", "x".repeat(101))).toBe(0x87);
  expect(await retain(person, "/field/page/p1")).toBe(0x87);
  expect(await retain(person, "/field/cmd/p1")).toBe(0x87);
  const documents = ["device/p1/config", "sensor/p1/a/config", "sensor/p1/b/config", "switch/p1/c/config"];
  const answers = [];
  for (const topic of documents) answers.push(await retain(device, `homeassistant/${topic}`));
  expect(answers).toEqual(["taken", "taken", "taken", 0x87]);
  expect(await retain(device, "homeassistant/sensor/p1/b/config", "again")).toBe("taken");
  expect(await retain(device, "homeassistant/sensor/p1/a/config", "")).toBe("taken");
  expect(await retain(device, "homeassistant/switch/p1/c/config")).toBe("taken");
});

it("messages in flight to a device, which has to store each", async () => {
  const { bench, station, passwords } = await withAccounts();
  const device = new RawClient(station.mqttPort, { acknowledges: false });
  bench.add(() => device.cut());
  await device.logIn({ clientId: "p1", username: "p1", password: passwords.get("p1") ?? "" });
  for (let count = 0; count < DEVICE_INFLIGHT_MAX + 2; count += 1)
    expect((await postPush(station.url, { to: "p1", text: `${count}` })).status).toBe(202);
  await until("as many as there may be", () => device.publishes.length >= DEVICE_INFLIGHT_MAX);
  await device.settle();
  expect(device.publishes).toHaveLength(DEVICE_INFLIGHT_MAX);
  device.send({ cmd: "puback", messageId: device.publishes[0]?.messageId as number });
  await until("one more", () => device.publishes.length === DEVICE_INFLIGHT_MAX + 1);
});
