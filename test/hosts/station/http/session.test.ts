/** Logins at the console, tokens, and requests of other sites' pages in a browser that is logged in. */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { LoginGuard } from "../../../../hosts/station/identity/login-guard.ts";
import { Sessions } from "../../../../hosts/station/identity/sessions.ts";
import {
  LOGIN_FAILURES,
  SESSION_IDLE_MS,
  SESSION_MS_MAX,
  SESSIONS_MAX,
} from "../../../../hosts/station/shared/limits.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { ask, StationBench } from "../harness.ts";

// Passwords are cheap to compute here. `identity/accounts.test.ts` tests the real cost.
vi.mock(import("../../../../hosts/station/identity/password-hash.ts"), async (load) => {
  const module = await load();
  return { ...module, CHOSEN_COST: module.GENERATED_COST };
});

const bench = new StationBench();
let station: Station;
beforeAll(async () => {
  station = await bench.station();
});
afterAll(() => bench.end());

const JSON_TYPE = { "content-type": "application/json" } as const;
const PUSH = JSON.stringify({ to: "pager-9", text: "x" });

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string;
}

/** A request without a token, with headers that `fetch` does not allow. */
function send(path: string, method = "GET", headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: station.httpPort, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: text, cookie: response.headers["set-cookie"]?.[0] ?? "" }),
      );
    });
    asking.on("error", reject).end(body);
  });
}

function logIn(name: string, password: string): Promise<Answer> {
  return send("/api/session", "POST", JSON_TYPE, JSON.stringify({ name, password }));
}

async function adminCookie(): Promise<string> {
  const { adminName = "", adminPassword = "" } = station.firstStart ?? {};
  const { status, cookie } = await logIn(adminName, adminPassword);
  expect(status).toBe(200);
  return cookie.split(";")[0] ?? "";
}

describe("the interface", () => {
  it.each([
    ["GET", "/api/pushes"],
    ["GET", "/api/events"],
    ["GET", "/api/devices"],
    ["GET", "/api/devices/pager-1"],
    ["GET", "/api/directory"],
    ["GET", "/api/session"],
    ["GET", "/api//pushes"],
    ["GET", "/%61pi/pushes"],
    ["GET", "/ap%69/directory"],
    ["GET", "/%61pi/events"],
    ["GET", "/api%2Fpushes"],
    ["GET", "/API/pushes"],
    ["HEAD", "/%61pi/devices"],
    ["POST", "/api/push"],
    ["POST", "/api/people"],
    ["DELETE", "/api/directory/admin"],
  ])("refuses a request without a login: %s %s", async (method, path) => {
    const { status } = await send(path, method, JSON_TYPE, method === "POST" ? PUSH : undefined);
    // An address without a route may be answered with 404.
    expect(/\/\/|%2F|API/.test(path) ? [401, 404] : [401]).toContain(status);
  });

  it("accepts a token, but not a wrong one or one of a device", async () => {
    const { token = "" } = station.firstStart ?? {};
    const push = (authorization: string) => send("/api/push", "POST", { ...JSON_TYPE, authorization }, PUSH);
    expect((await push(`Bearer ${token}`)).status).toBe(202);
    for (const wrong of [`Bearer ${token}x`, "Bearer ", `Basic ${token}`, ""])
      expect((await push(wrong)).status).toBe(401);
    await station.accounts.create({ name: "wall-1", kind: "device" });
    const own = await station.accounts.issueToken("wall-1", "a device's");
    expect((await push(`Bearer ${own}`)).status).toBe(403);
  });

  it("lets only an administrator change people and send to everyone", async () => {
    await station.accounts.create({ name: "paul", kind: "person" });
    const authorization = `Bearer ${await station.accounts.issueToken("paul", "his")}`;
    await station.directory.addDevice({ uid: "pager-9" });
    const post = (path: string, body: unknown) =>
      send(path, "POST", { ...JSON_TYPE, authorization }, JSON.stringify(body));
    expect((await post("/api/push", { to: "pager-9", text: "x" })).status).toBe(202);
    expect((await post("/api/push", { to: "everyone", text: "x" })).status).toBe(403);
    expect((await post("/api/people", { name: "eve", isAdmin: true })).status).toBe(403);
    expect((await post("/api/accounts/admin/password", {})).status).toBe(403);
    // Who has got hold of a token does not lock out its owner.
    expect((await post("/api/accounts/paul/password", { password: "another one" })).status).toBe(403);
    expect(station.accounts.get("eve")).toBeUndefined();
  });
});

describe("an account", () => {
  const post = (name: string) =>
    ask(station.url, `/api/accounts/${name}/password`, { method: "POST", headers: JSON_TYPE, body: "{}" });
  const remove = (name: string) => ask(station.url, `/api/directory/${name}`, { method: "DELETE" });

  it("is made with the first password of a name in the directory, such as a device that used the local key", async () => {
    await station.directory.addDevice({ uid: "wall-7" });
    const answer = await post("wall-7");
    expect(answer.status).toBe(200);
    const { password } = (await answer.json()) as { password: string };
    expect(await station.accounts.verify("wall-7", password)).toMatchObject({ kind: "device", isAdmin: false });
    expect((await post("nobody-7")).status).toBe(404);
    expect((await remove("wall-7")).status).toBe(204);
    expect(station.accounts.get("wall-7")).toBeUndefined();
  });

  it("can be removed although it stands in no directory, and is unknown afterwards", async () => {
    await station.accounts.create({ name: "script-7", kind: "program" });
    expect((await remove("script-7")).status).toBe(204);
    expect(station.accounts.get("script-7")).toBeUndefined();
    expect((await remove("script-7")).status).toBe(404);
  });
});

describe("the pager in a console page", () => {
  it("belongs to its owner: nobody else gets its password, and it is removed with its owner", async () => {
    await station.accounts.create({ name: "olga", kind: "person" });
    await station.accounts.create({ name: "page-hand-made", kind: "device" });
    const olga = `Bearer ${await station.accounts.issueToken("olga", "hers")}`;
    const admin = `Bearer ${station.firstStart?.token}`;
    const post = (authorization: string, uid: string) =>
      send("/api/page-pager", "POST", { ...JSON_TYPE, authorization }, JSON.stringify({ uid }));
    expect((await post(olga, "page-abcd-1")).status).toBe(200);
    expect((await post(admin, "page-abcd-1")).status).toBe(409);
    expect((await post(olga, "page-hand-made")).status).toBe(409);
    const again = JSON.parse((await post(olga, "page-abcd-1")).body) as { password: string };
    expect(await station.accounts.verify("page-abcd-1", again.password)).toMatchObject({
      kind: "device",
      owner: "olga",
    });
    await station.accounts.remove("olga");
    expect(station.accounts.get("page-abcd-1")).toBeUndefined();
  });
});

describe("tokens", () => {
  it("are made for oneself, shown once, listed for their owner and administrators, and end when they are revoked", async () => {
    await station.accounts.create({ name: "tina", kind: "person" });
    const tina = { authorization: `Bearer ${await station.accounts.issueToken("tina", "her first")}` };
    const made = await send("/api/tokens", "POST", { ...JSON_TYPE, ...tina }, JSON.stringify({ label: "a script" }));
    const { token } = JSON.parse(made.body) as { token: string };
    const list = async (headers: Record<string, string>) => {
      const { body } = await send("/api/tokens", "GET", headers);
      expect(body).not.toContain(token);
      return (JSON.parse(body) as { tokens: { id: string; owner: string; label: string }[] }).tokens;
    };
    const own = await list({ authorization: `Bearer ${token}` });
    expect(own.map(({ owner, label }) => `${owner} ${label}`)).toEqual(["tina her first", "tina a script"]);
    const others = (await ask(station.url, "/api/tokens").then((all) => all.json())) as { tokens: { owner: string }[] };
    expect(new Set(others.tokens.map(({ owner }) => owner))).toContain("admin");
    const admins = station.accounts.listTokens().find(({ owner }) => owner === "admin");
    expect((await send(`/api/tokens/${admins?.id}`, "DELETE", tina)).status).toBe(404);
    expect((await send(`/api/tokens/${own[1]?.id}`, "DELETE", tina)).status).toBe(204);
    expect((await send("/api/session", "GET", { authorization: `Bearer ${token}` })).status).toBe(401);
  });
});

describe("a login at the console", () => {
  it("is a cookie that no script and no other site can read, and ends with the logout", async () => {
    const { adminName = "", adminPassword = "" } = station.firstStart ?? {};
    const { cookie } = await logIn(adminName, adminPassword);
    expect(cookie).toMatch(/^fieldpager-session=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    const own = { cookie: cookie.split(";")[0] ?? "" };
    const here = { ...own, origin: station.url, host: `127.0.0.1:${station.httpPort}` };
    expect(JSON.parse((await send("/api/session", "GET", own)).body)).toEqual({ name: "admin", isAdmin: true });
    const out = await send("/api/session", "DELETE", here);
    expect([out.status, out.cookie.includes("Max-Age=0")]).toEqual([204, true]);
    expect((await send("/api/session", "GET", own)).status).toBe(401);
  });

  it("is refused for a wrong password, a wrong name and a device alike", async () => {
    const { password } = await station.accounts.create({ name: "wall-2", kind: "device" });
    const answers = [await logIn("admin", "wrong"), await logIn("nobody", "wrong"), await logIn("wall-2", password)];
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
  });

  it("allows changes only from the console's own page", async () => {
    const cookie = await adminCookie();
    const host = `127.0.0.1:${station.httpPort}`;
    const push = (headers: Record<string, string>, type = JSON_TYPE as Record<string, string>) =>
      send("/api/push", "POST", { ...type, cookie, host, ...headers }, PUSH);
    expect((await push({ origin: station.url })).status).toBe(202);
    expect((await push({ "sec-fetch-site": "same-origin" })).status).toBe(202);
    // A page or a form of another site makes a browser send these headers.
    expect((await push({ origin: "https://evil.example" })).status).toBe(403);
    expect((await push({ origin: "null" })).status).toBe(403);
    expect((await push({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await push({ "sec-fetch-site": "none" })).status).toBe(403);
    expect((await push({})).status).toBe(403);
    expect((await push({ origin: station.url }, { "content-type": "text/plain" })).status).toBe(415);
    const logOut = await send("/api/session", "DELETE", { cookie, host, origin: "https://evil.example" });
    expect(logOut.status).toBe(403);
    expect((await send("/api/session", "GET", { cookie })).status).toBe(200);
  });

  it("and a token end when the password is changed and when the account is gone", async () => {
    await station.accounts.create({ name: "otto", kind: "person", password: "first password" });
    const token = { authorization: `Bearer ${await station.accounts.issueToken("otto", "his")}` };
    expect((await send("/api/session", "GET", token)).status).toBe(200);
    const cookie = (await logIn("otto", "first password")).cookie.split(";")[0] ?? "";
    expect((await send("/api/session", "GET", { cookie })).status).toBe(200);
    const change = await ask(station.url, "/api/accounts/otto/password", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ password: "second password" }),
    });
    expect(change.status).toBe(200);
    expect((await send("/api/session", "GET", { cookie })).status).toBe(401);
    expect((await send("/api/session", "GET", token)).status).toBe(401);
    expect(station.accounts.listTokens().some(({ owner }) => owner === "otto")).toBe(false);
    const again = (await logIn("otto", "second password")).cookie.split(";")[0] ?? "";
    await station.accounts.remove("otto");
    expect((await send("/api/session", "GET", { cookie: again })).status).toBe(401);
  });

  it("ends its event stream when it ends", async () => {
    const cookie = await adminCookie();
    const stream = await fetch(`${station.url}/api/events`, { headers: { cookie } });
    const reader = stream.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await send("/api/session", "DELETE", { cookie, host: `127.0.0.1:${station.httpPort}`, origin: station.url });
    let last = await reader?.read();
    while (last && !last.done) last = await reader?.read();
    expect(last?.done).toBe(true);
  });

  it("may fail a few times, and is then refused for a while, also with the right password", async () => {
    const other = await bench.station();
    // The allowance grows with time, so no time passes here.
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { adminName = "", adminPassword = "" } = other.firstStart ?? {};
    const attempt = async (password: string) => {
      const body = JSON.stringify({ name: adminName, password });
      return (await fetch(`${other.url}/api/session`, { method: "POST", headers: JSON_TYPE, body })).status;
    };
    const { capacity } = LOGIN_FAILURES;
    // The right password comes after the wrong ones.
    const wrong = Array.from({ length: 4 * capacity }, (_, index) => attempt(`wrong ${index}`));
    const right = attempt(adminPassword);
    const statuses = await Promise.all(wrong);
    const tried = statuses.filter((status) => status === 401).length;
    expect(tried).toBeGreaterThanOrEqual(capacity);
    expect(tried).toBeLessThan(2 * capacity);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4 * capacity - tried);
    expect(await right).toBe(429);
  });

  it("is not kept out by somebody who sends a wrong password every 5 seconds from behind the same address", async () => {
    const other = await bench.station();
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { adminName: name = "", adminPassword = "" } = other.firstStart ?? {};
    const guard = new LoginGuard(other.accounts);
    for (let count = 0; count < 3 * LOGIN_FAILURES.capacity; count += 1) {
      expect(await guard.logIn(name, `guess ${count}`, "10.0.0.7")).toBe("wrong");
      vi.advanceTimersByTime(5_000);
    }
    // A device that nobody has told the new password asks all the time.
    for (let count = 0; count < 3 * LOGIN_FAILURES.capacity; count += 1)
      expect(await guard.logIn(name, "of last year", "10.0.0.7")).toBe("wrong");
    expect(await guard.logIn(name, adminPassword, "10.0.0.7")).toMatchObject({ name });
    // What was wrong is right when the password becomes that.
    await other.accounts.setPassword(name, "of last year");
    expect(await guard.logIn(name, "of last year", "10.0.0.7")).toMatchObject({ name });
  });
});

describe("Sessions", () => {
  it("end when they are unused, end after a time, and are limited in number", () => {
    const sessions = new Sessions();
    const token = sessions.open("a", 0);
    expect(sessions.accountOf(token, SESSION_IDLE_MS)).toBe("a");
    expect(sessions.accountOf(token, 2 * SESSION_IDLE_MS + 1)).toBeUndefined();
    const used = sessions.open("a", 0);
    for (let now = 0; now <= SESSION_MS_MAX; now += SESSION_IDLE_MS) expect(sessions.accountOf(used, now)).toBe("a");
    expect(sessions.accountOf(used, SESSION_MS_MAX + 1)).toBeUndefined();
    const first = sessions.open("a", 0);
    for (let other = 0; other < SESSIONS_MAX; other += 1) sessions.open("b", 0);
    expect(sessions.accountOf(first, 0)).toBeUndefined();
  });
});
