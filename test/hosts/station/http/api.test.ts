import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { crossSiteRefusal, refusalOf } from "../../../../hosts/station/http/request-guard.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { ask, getPush, postPush, StationBench, tokenOf, until } from "../harness.ts";

const bench = new StationBench();
let station: Station;
beforeAll(async () => {
  station = await bench.station();
});
afterAll(() => bench.end());

/** A request with headers that `fetch` does not allow. */
function askRaw(path: string, headers: Record<string, string>, method = "GET", body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: station.httpPort, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asking.on("error", reject).end(body);
  });
}

describe("POST /api/push", () => {
  it("accepts every key of a push", async () => {
    const body = {
      to: "pager-9",
      text: "Pump 3 over temperature 🌡",
      title: "Pump house",
      priority: 5,
      expirySeconds: 60,
      collapseKey: "pump-3",
      melody: "siren",
      link: "https://example.org/pump/3",
      choices: ["on my way", "cannot"],
      picture: "https://example.org/pump/3.png",
    };
    const { status, answer } = await postPush(station.url, body);
    expect(status).toBe(202);
    expect(answer.id).toMatch(/^[a-z0-9]{1,23}$/);
    expect(await getPush(station.url, answer.id ?? "")).toMatchObject({ ...body, receipts: [] });
  });

  it.each([
    ["to: is missing", { text: "x" }],
    ["text: is missing", { to: "p" }],
    ["text: ", { to: "p", text: "" }],
    ["text: must be string", { to: "p", text: 7 }],
    ["text: may not hold U+0000", { to: "p", text: "a\u0000b" }],
    ["text: may not hold U+0000 or half of a character", { to: "p", text: "a\ud83db" }],
    ["choices.1: may not hold", { to: "p", text: "x", choices: ["yes", "\udc4d"] }],
    ["to: ", { to: "", text: "x" }],
    ["to: expected 1 to 64 bytes", { to: "a/b", text: "x" }],
    ["to: expected", { to: "#", text: "x" }],
    ["to: expected", { to: "ü".repeat(33), text: "x" }],
    ["to: station is the station itself", { to: "station", text: "x" }],
    ["melody: must be equal to one of the allowed values", { to: "p", text: "x", melody: "polka" }],
    ["priority: must be <= 5", { to: "p", text: "x", priority: 6 }],
    ["priority: must be integer", { to: "p", text: "x", priority: "3" }],
    ["expirySeconds: must be >= 1", { to: "p", text: "x", expirySeconds: 0 }],
    ["choices: ", { to: "p", text: "x", choices: ["1", "2", "3", "4"] }],
    ["choices.0: ", { to: "p", text: "x", choices: [""] }],
    ["link: expected an address", { to: "p", text: "x", link: "javascript:alert(1)" }],
    ["nope: there is no such field", { to: "p", text: "x", nope: 1 }],
    ["body: must be object", []],
    ["JSON", "{"],
    ["text: the message takes", { to: "p", text: "温".repeat(1_400) }],
  ])("refuses with %j", async (problem, body) => {
    const { status, answer } = await postPush(station.url, body);
    expect(answer.error).toContain(problem);
    expect(status).toBe(400);
  });

  it("refuses a body that is too large, and another content type", async () => {
    expect((await postPush(station.url, { to: "p", text: "x".repeat(20_000) })).status).toBe(413);
    expect((await postPush(station.url, "to=p&text=x", { "content-type": "text/plain" })).status).toBe(415);
    expect((await postPush(station.url, "to=p", { "content-type": "application/x-www-form-urlencoded" })).status).toBe(
      415,
    );
  });

  it("accepts the largest text that a pager takes", async () => {
    expect((await postPush(station.url, { to: "pager-9", text: "x".repeat(3_900) })).status).toBe(202);
  });

  it("makes one push for one idempotency key, also if two requests come at the same time", async () => {
    const headers = { "idempotency-key": "k-1" };
    const body = { to: "pager-9", text: "once" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => postPush(station.url, body, headers)));
    expect(new Set(answers.map(({ answer }) => answer.id)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    const other = await postPush(station.url, { to: "pager-9", text: "another" }, headers);
    expect(other.status).toBe(422);
  });

  it("makes ids that sort in the order of the pushes", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1)
      ids.push((await postPush(station.url, { to: "pager-9", text: `${index}` })).answer.id ?? "");
    expect([...ids].sort()).toEqual(ids);
  });
});

describe("GET /api/devices", () => {
  it("forgets a removed device, also its retained presence at the broker", async () => {
    const listed = async () => {
      const { devices } = (await (await ask(station.url, "/api/devices")).json()) as { devices: { uid: string }[] };
      return devices.some(({ uid }) => uid === "gone-1");
    };
    await station.directory.addDevice({ uid: "gone-1" });
    const sender = await bench.mqtt(station.mqttPort);
    await sender.publishAsync("/field/pres/gone-1", "Q", { qos: 1, retain: true });
    await sender.publishAsync("/field/tele/gone-1", '[{"n":"load","v":1}]', { qos: 1 });
    await until("the device", listed);
    expect((await ask(station.url, "/api/directory/gone-1", { method: "DELETE" })).status).toBe(204);
    await until("nothing of it", async () => !(await listed()));
    const got: string[] = [];
    const late = await bench.mqtt(station.mqttPort, {}, (topic) => got.push(topic));
    await late.subscribeAsync(["/field/pres/gone-1", "/field/pres/here-1"], { qos: 1 });
    await sender.publishAsync("/field/pres/here-1", "Q", { qos: 1 });
    await until("the other", () => got.includes("/field/pres/here-1"));
    expect(got).toEqual(["/field/pres/here-1"]);
  });
});

describe("GET /api/devices/{uid}", () => {
  it("answers whatever times a device sends: readings that fit into no chart are left out", async () => {
    const device = await bench.mqtt(station.mqttPort);
    const pack =
      '[{"bn":"odd-1/","n":"far","v":1,"t":1e306},{"n":"sum","bv":1e308,"v":1e308},{"n":"far","v":2,"t":-9e15},{"n":"fine","bv":0,"v":3}]';
    await device.publishAsync("/field/tele/odd-1", pack, { qos: 1 });
    const series = await until("its series", async () => {
      const response = await ask(station.url, "/api/devices/odd-1");
      expect(response.status).toBe(200);
      const { series } = (await response.json()) as { series: { name: string; values: number[] }[] };
      return series.length > 0 && series;
    });
    expect(series.map(({ name, values }) => `${name} ${values}`)).toEqual(["fine 3"]);
  });
});

describe("a request of another site", () => {
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ to: "pager-9", text: "x" });

  it.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }],
  ])("may not send: %j", async (headers) => {
    expect(await askRaw("/api/push", { ...json, ...headers } as Record<string, string>, "POST", body)).toBe(403);
  });

  it("may send if it comes from the station's own page", async () => {
    const own = {
      authorization: `Bearer ${tokenOf(station.url)}`,
      origin: station.url,
      host: `127.0.0.1:${station.httpPort}`,
      "sec-fetch-site": "same-origin",
    };
    expect(await askRaw("/api/push", { ...json, ...own }, "POST", body)).toBe(202);
  });

  it.each(["/", "/api/pushes", "/healthz", "/api/events"])("may not read %s by another name", async (path) => {
    expect(await askRaw(path, { host: "evil.example:8080" })).toBe(403);
  });

  it("may read by the names of this machine", async () => {
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"])
      expect(await askRaw("/", { host })).toBe(200);
  });

  it("may not open a WebSocket; nobody may open one without MQTT, or at another path", async () => {
    const open = (path: string, protocol: string[], origin?: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${station.httpPort}${path}`, protocol, origin ? { origin } : {});
        socket.on("open", () => {
          resolve(`open ${socket.protocol}`);
          socket.terminate();
        });
        socket.on("error", (error) => resolve(error.message));
      });
    expect(await open("/mqtt", ["mqtt"])).toBe("open mqtt");
    expect(await open("/mqtt", ["mqtt"], station.url)).toBe("open mqtt");
    expect(await open("/mqtt", ["mqtt"], "https://evil.example")).toContain("403");
    expect(await open("/mqtt", ["other"])).toContain("400");
    expect(await open("/other", ["mqtt"])).toContain("404");
  });

  it("is judged in the same way without a server", () => {
    expect(refusalOf("GET", { host: "evil.example" }, "127.0.0.1", undefined)).toContain("Host");
    expect(refusalOf("GET", { host: "station.example" }, "0.0.0.0", undefined)).toBeUndefined();
    expect(refusalOf("GET", {}, "127.0.0.1", undefined)).toContain("Host");
    expect(crossSiteRefusal({ host: "a:1", origin: "http://a:1" }, undefined)).toBeUndefined();
    expect(crossSiteRefusal({ host: "a:1", origin: "http://a:2" }, undefined)).toContain("Origin");
  });
});

describe("the station also serves", () => {
  it("the console, which loads nothing from other hosts", async () => {
    const response = await fetch(`${station.url}/`);
    const html = await response.text();
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(html).toContain('data-env="field"');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
    for (const path of ["/console.js", "/console.css"]) expect((await fetch(station.url + path)).status).toBe(200);
  });

  it("is sent once to a browser that keeps it", async () => {
    for (const path of ["/", "/console.js", "/faces/cjk-16.png"]) {
      const first = await fetch(station.url + path);
      expect((await first.arrayBuffer()).byteLength).toBeGreaterThan(0);
      const again = await fetch(station.url + path, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
      expect(again.status).toBe(304);
      expect((await again.arrayBuffer()).byteLength).toBe(0);
    }
  });

  it("its health, and nothing at other addresses", async () => {
    const health = (await (await fetch(`${station.url}/healthz`)).json()) as Record<string, unknown>;
    expect(health).toMatchObject({ status: "ok", receipts: { malformed: 0 } });
    expect((await fetch(`${station.url}/nope`)).status).toBe(404);
    expect((await fetch(`${station.url}/../package.json`)).status).toBe(404);
  });
});
