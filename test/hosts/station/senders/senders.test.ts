/** What other programs send, over HTTP to a running station, until it stands on a pager's screen. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { getPush, postPush, StationBench, tokenOf, until } from "../harness.ts";
import { redDot } from "../test-pictures.ts";

const bench = new StationBench();
let station: Station;
let pager: ReturnType<StationBench["pager"]>;
let password: string;
let person: string;

beforeAll(async () => {
  station = await bench.station();
  password = (await station.accounts.create({ name: "anna", kind: "person" })).password;
  await station.directory.addPerson({ name: "anna" });
  await station.directory.addDevice({ uid: "anna-1", owner: "anna" });
  await station.accounts.create({ name: "anna-1", kind: "device" });
  person = await station.accounts.issueToken("anna", "test");
  pager = bench.pager(station.mqttPort, "anna-1");
});
afterAll(() => bench.end());

const send = (path: string, init: RequestInit = {}, authorization = `Bearer ${tokenOf(station.url)}`) =>
  fetch(station.url + path, {
    method: "POST",
    ...init,
    headers: { ...(authorization && { authorization }), ...init.headers },
  });
const isShown = (words: string) =>
  until(words, () => pager.screens.some((screen) => screen.join("\n").includes(words)));
/** The pager has the push with these words. */
const isStored = (words: string) =>
  until(words, async () => {
    const { pushes } = await (await send("/api/pushes", { method: "GET" })).json();
    return (pushes as PushWithDeliveries[]).some(
      ({ title, text, deliveries }) =>
        `${title} ${text}`.includes(words) && deliveries[0]?.receipts.some(({ status }) => status === "stored"),
    );
  });

describe("ntfy", () => {
  it("as curl sends it, up to the screen", async () => {
    const response = await send("/anna-1", {
      method: "PUT",
      body: "Backup successful",
      headers: { title: "Server", tags: "tada" },
    });
    expect(response.status).toBe(200);
    const answer = await response.json();
    expect(answer).toMatchObject({
      event: "message",
      topic: "anna-1",
      message: "Backup successful",
      title: "🎉 Server",
    });
    expect(Math.abs(answer.time - Date.now() / 1_000)).toBeLessThan(60);
    expect(await getPush(station.url, answer.id)).toMatchObject({
      to: "anna-1",
      text: "Backup successful",
      title: "🎉 Server",
    });
    await isShown("Backup successful");
  });

  it("as JSON to the root, as Uptime Kuma and Apprise send it", async () => {
    const body = JSON.stringify({
      topic: "anna-1",
      title: "Shop",
      message: "[Shop] [🔴 Down] timeout",
      priority: 5,
      tags: ["red_circle"],
    });
    expect((await send("/", { body, headers: { "content-type": "application/json" } })).status).toBe(200);
    await isStored("Down");
  });

  it("with a picture as the body, as cameras send it", async () => {
    const send = async (body: Uint8Array<ArrayBuffer>, filename: string) => {
      const headers = { authorization: `Bearer ${person}`, filename };
      const response = await fetch(`${station.url}/anna-1`, { method: "PUT", body, headers });
      expect(response.status).toBe(200);
      return getPush(station.url, (await response.json()).id);
    };
    const push = await send(await redDot(), "door.png");
    expect(push?.text).toBe("door.png");
    expect((await fetch(push?.picture ?? "")).headers.get("content-type")).toBe("image/jpeg");
    expect(await send(Uint8Array.of(0xff, 0xd8, 0xff, 0), "broken.jpg")).toMatchObject({ text: "broken.jpg" });
  });

  it("with GET", async () => {
    expect((await send("/anna-1/trigger?message=Door&p=4", { method: "GET" })).status).toBe(200);
    await isStored("Door");
  });

  it("refuses in ntfy's own form", async () => {
    const bad = await send("/anna-1", { body: "x", headers: { priority: "9" } });
    expect([bad.status, await bad.json()]).toEqual([
      400,
      { code: 40_007, http: 400, error: expect.stringContaining("priority") },
    ]);
    const unknown = await send("/anna-1", { body: "x" }, "");
    expect([unknown.status, await unknown.json()]).toEqual([
      401,
      { code: 40_101, http: 401, error: expect.stringContaining("token") },
    ]);
    const nobody = await send("/nobody", { body: "x" }, `Bearer ${person}`);
    expect([nobody.status, await nobody.json()]).toEqual([
      404,
      { code: 40_401, http: 404, error: expect.stringContaining("nobody") },
    ]);
    const large = await send("/anna-1", { body: "x".repeat(1_048_577) });
    expect([large.status, (await large.json()).code]).toEqual([413, 41_301]);
  });

  it("keeps a delayed message until it is due", async () => {
    const response = await send("/anna-1", { body: "later today", headers: { delay: "3 hours" } });
    const { id, time } = await response.json();
    expect(Math.abs(time - 10_800 - Date.now() / 1_000)).toBeLessThan(60);
    expect(await getPush(station.url, id)).toMatchObject({ delaySeconds: 10_800, state: "accepted", receipts: [] });
    const soon = await postPush(station.url, { to: "anna-1", text: "in a second", delaySeconds: 1 });
    expect(await getPush(station.url, soon.answer.id ?? "")).toMatchObject({ state: "accepted", receipts: [] });
    await isStored("in a second");
    expect(await getPush(station.url, id)).toMatchObject({ state: "accepted", receipts: [] });
  });
});

describe("who may send", () => {
  const basic = (name: string, word: string) => `Basic ${Buffer.from(`${name}:${word}`).toString("base64")}`;
  const status = async (path: string, authorization: string, headers = {}) =>
    (await send(path, { body: "x", headers }, authorization)).status;

  it("a token as Bearer, as Basic in either place, in the query, in Gotify's header; a name with its password", async () => {
    expect(await status("/anna-1", `Bearer ${person}`)).toBe(200);
    expect(await status("/anna-1", basic("", person))).toBe(200);
    expect(await status("/anna-1", basic(person, ""))).toBe(200);
    expect(await status("/anna-1", basic("anna", password))).toBe(200);
    expect(await status(`/anna-1?auth=${Buffer.from(`Bearer ${person}`).toString("base64url")}`, "")).toBe(200);
    expect(await status(`/anna-1?token=${person}`, "")).toBe(200);
    expect(await status("/anna-1", "", { "x-gotify-key": person })).toBe(200);
  });

  it("not a wrong password, a device, or the cookie of a login", async () => {
    expect(await status("/anna-1", basic("anna", "wrong"))).toBe(401);
    expect(await status("/anna-1", basic("nobody", ""))).toBe(401);
    expect(await status("/anna-1", "Digest x")).toBe(401);
    const { password: own } = await station.accounts.create({ name: "shelf", kind: "device" });
    expect(await status("/anna-1", basic("shelf", own))).toBe(403);
    const login = await fetch(`${station.url}/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: station.url },
      body: JSON.stringify({ name: "anna", password }),
    });
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(cookie).toContain("fieldpager-session=");
    expect(await status("/anna-1", "", { cookie, origin: station.url })).toBe(401);
    expect((await send("/anna-1/send?m=x", { method: "GET", headers: { cookie } }, "")).status).toBe(401);
  });
});

describe("others", () => {
  it("Alertmanager: a resolved alert replaces its page", async () => {
    const alert = {
      status: "firing",
      labels: { alertname: "Pump", instance: "p-3" },
      annotations: { summary: "Pump 3 is hot" },
    };
    const hook = (status: string) =>
      send("/hooks/alertmanager/anna", {
        body: JSON.stringify({ version: "4", groupKey: "g", status, alerts: [{ ...alert, status }] }),
        headers: { "content-type": "application/json" },
      });
    expect((await hook("firing")).status).toBe(200);
    await isStored("Firing: Pump");
    expect((await hook("resolved")).status).toBe(200);
    await isStored("Resolved: Pump");
    const bad = await send("/hooks/grafana/anna", { body: "{}" });
    expect([bad.status, await bad.json()]).toEqual([400, { error: expect.stringContaining("alerts") }]);
  });

  it("Gotify, with its own answer", async () => {
    const form = new FormData();
    for (const [name, value] of [
      ["title", "Update"],
      ["message", "Proxmox has updates"],
      ["priority", "5"],
    ])
      form.set(name as string, value as string);
    const response = await send(`/gotify/anna-1/message?token=${person}`, { body: form }, "");
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        id: 1,
        appid: 1,
        title: "Update",
        message: "Proxmox has updates",
        priority: 5,
        date: expect.stringMatching(/^\d{4}-/),
      },
    ]);
    await isStored("Proxmox has updates");
    const bad = await send("/gotify/anna-1/message", { body: "{}" });
    expect([bad.status, await bad.json()]).toMatchObject([
      400,
      { errorCode: 400, errorDescription: "message: is missing" },
    ]);
  });

  it("any program that sends JSON", async () => {
    const response = await send(
      `/hooks/json/anna?title=${encodeURIComponent("{/who}")}&text=${encodeURIComponent("{/what/0}!")}`,
      {
        body: JSON.stringify({ who: "Garden", what: ["wet"] }),
      },
    );
    expect(response.status).toBe(200);
    await isStored("wet!");
  });
});
