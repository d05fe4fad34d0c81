/** Webhooks of a running station: a program hears of each receipt of its pushes. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { WEBHOOKS_PER_ACCOUNT_MAX } from "../../../../hosts/station/shared/limits.ts";
import type { WebhookInfo } from "../../../../hosts/station/shared/webhook.ts";
import type { StationOptions } from "../../../../hosts/station/station.ts";
import { ask, until } from "../harness.ts";
import { stationWithReceiver } from "./station-with-receiver.ts";
import type { ReceivedRequest } from "./web-receiver.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** A station with anna and bob, and a server that hears of what happens. */
async function withHook(options: Partial<StationOptions> = {}) {
  const { bench, there, start, station } = await stationWithReceiver(options);
  const tokens = new Map<string, string>();
  for (const name of ["anna", "bob"]) {
    await station.accounts.create({ name, kind: "person" });
    await station.directory.addPerson({ name });
    tokens.set(name, await station.accounts.issueToken(name, "test"));
  }
  await station.directory.addDevice({ uid: "bay-1", owner: "bob" });
  const as = (name: string, method: string, path: string, body?: object, url = station.url) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${tokens.get(name)}`, ...(body && JSON_TYPE) },
      ...(body && { body: JSON.stringify(body) }),
    });
  const add = async (body: object = {}, name = "anna") =>
    (await (await as(name, "POST", "/api/webhooks", { url: `${there.url}/hook`, ...body })).json()) as {
      id: string;
      secret: string;
    };
  const list = async (name = "anna", url = station.url) =>
    ((await (await as(name, "GET", "/api/webhooks", undefined, url)).json()) as { webhooks: WebhookInfo[] }).webhooks;
  const push = async (body: object = {}, name = "anna") =>
    ((await (await as(name, "POST", "/api/push", { to: "bay-1", text: "x", ...body })).json()) as { id: string }).id;
  return { bench, there, station, start, as, add, list, push };
}

const typesOf = (requests: readonly ReceivedRequest[]) => requests.map(({ body }) => JSON.parse(body).type);

describe("a webhook", () => {
  it("hears of each receipt in order, with a signature of its secret", async () => {
    const { bench, there, station, add, list, push } = await withHook();
    const { secret } = await add();
    const id = await push({ title: "Pump", text: "hot", choices: ["on my way"] });
    const pager = bench.pager(station.mqttPort, "bay-1");
    await until("the text", () => pager.screens.some((lines) => lines.join(" ").includes("hot")));
    await until("shown", () => there.requests.length === 2);
    pager.press("b");
    await until("the question", () => pager.screens.at(-1)?.join(" ").includes("A  on my way"));
    pager.press("a");
    await until("its answer", () => typesOf(there.requests).includes("push.answered"));
    expect(typesOf(there.requests).slice(0, 2)).toEqual(["push.stored", "push.shown"]);
    const { headers, body, method, path } = there.requests.at(-1) as ReceivedRequest;
    expect([method, path, headers["content-type"]]).toEqual(["POST", "/hook", "application/json"]);
    expect(JSON.parse(body)).toEqual({
      type: "push.answered",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        push: id,
        to: "bay-1",
        title: "Pump",
        device: "bay-1",
        from: "bay-1",
        status: "answered",
        answer: "on my way",
      },
    });
    const { "webhook-id": webhookId, "webhook-timestamp": timestamp } = headers;
    const digest = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
      .update(`${webhookId}.${timestamp}.${body}`)
      .digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${digest}`);
    expect(new Set(there.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(there.requests.length);
    await until("it knows", async () => (await list())[0]?.waiting === 0);
    expect(await list()).toMatchObject([{ account: "anna", lost: 0, taken: { words: "answered 200" } }]);
    expect(JSON.stringify(await list())).not.toContain(secret);
  });

  it("hears only of the receipts that it has asked for, and only of its account's pushes", async () => {
    const { there, as, add, push } = await withHook();
    await add({ states: ["dropped"] });
    await add({ states: ["read"], url: `${there.url}/read` });
    const own = await push();
    const other = await push({}, "bob");
    for (const [name, id] of [
      ["bob", other],
      ["anna", own],
    ] as const)
      expect((await as(name, "DELETE", `/api/pushes/${id}`)).status).toBe(204);
    await until("it", () => there.requests.length === 1);
    expect(there.requests.map(({ path, body }) => [path, JSON.parse(body).data])).toEqual([
      ["/hook", { push: own, to: "bay-1", device: "bay-1", from: "station", status: "dropped" }],
    ]);
  });

  it("that is away is told after a restart of the station what it has missed", async () => {
    const { there, station, start, as, add, list, push } = await withHook();
    await add();
    await there.close();
    const ids = [await push(), await push()];
    for (const id of ids) await as("anna", "DELETE", `/api/pushes/${id}`);
    await until("a failure", async () => (await list())[0]?.failed !== undefined);
    expect((await list())[0]).toMatchObject({ waiting: 2, failed: { words: "could not be reached (ECONNREFUSED)" } });
    await station.close();
    await there.listen();
    const next = await start();
    await until("both", () => there.requests.length === 2);
    expect(there.requests.map(({ body }) => JSON.parse(body).data.push).sort()).toEqual(ids.sort());
    await until("it knows", async () => (await list("anna", next.url))[0]?.waiting === 0);
    await next.close();
    const last = await start();
    expect(await list("anna", last.url)).toMatchObject([
      { waiting: 0, failed: { words: "could not be reached (ECONNREFUSED)" }, taken: { words: "answered 200" } },
    ]);
    expect(there.requests).toHaveLength(2);
  });

  it("can be tested, and says in words what came of it", async () => {
    const { there, as, add } = await withHook();
    const { id } = await add();
    const test = async () => (await as("anna", "POST", `/api/webhooks/${id}/test`)).json();
    expect(await test()).toEqual({ isTaken: true, words: "answered 200" });
    expect(JSON.parse(there.requests[0]?.body ?? "")).toMatchObject({ type: "test", data: {} });
    expect(there.requests[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
    there.status = 410;
    expect(await test()).toEqual({ isTaken: false, words: "answered 410" });
  });

  it("goes with its account, and the next one of that name hears nothing of former pushes", async () => {
    const { station, there, as, add, list, push } = await withHook();
    await add({}, "bob");
    const id = await push({}, "bob");
    expect((await ask(station.url, "/api/directory/bob", { method: "DELETE" })).status).toBe(204);
    await until("its end", async () => (await (await ask(station.url, "/api/webhooks")).json()).webhooks.length === 0);
    await station.accounts.create({ name: "bob", kind: "person" });
    const token = await station.accounts.issueToken("bob", "again");
    const again = await fetch(`${station.url}/api/webhooks`, {
      method: "POST",
      headers: { ...JSON_TYPE, authorization: `Bearer ${token}` },
      body: JSON.stringify({ url: there.url }),
    });
    expect(again.status).toBe(201);
    await ask(station.url, `/api/pushes/${id}`, { method: "DELETE" });
    await add();
    await as("anna", "DELETE", `/api/pushes/${await push()}`);
    await until("anna's", () => there.requests.length > 0);
    expect(there.requests.map(({ body }) => JSON.parse(body).data.push)).not.toContain(id);
    expect(await list()).toHaveLength(1);
  });

  it("is seen, tested and ended by its account and by administrators alone", async () => {
    const { station, as, add, list } = await withHook();
    const { id } = await add();
    expect(await list("bob")).toEqual([]);
    for (const [method, path] of [
      ["DELETE", `/api/webhooks/${id}`],
      ["POST", `/api/webhooks/${id}/test`],
    ] as const)
      expect((await as("bob", method, path)).status).toBe(404);
    expect((await (await ask(station.url, "/api/webhooks")).json()).webhooks).toHaveLength(1);
    expect((await ask(station.url, `/api/webhooks/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await list()).toEqual([]);
  });
});

it("a webhook is refused in words", async () => {
  const { as, add } = await withHook();
  const refusal = async (body: object, name = "anna") => {
    const response = await as(name, "POST", "/api/webhooks", body);
    return [response.status, ((await response.json()) as { error: string }).error];
  };
  for (const [url, words] of [
    ["ftp://example.org/", "url: expected an address, http:// or https://"],
    ["https://me:secret@example.org/", "url: may hold no password; the signature tells who sends"],
    [
      "http://10.0.0.1/hook",
      "url: this address is not public, and the station was not started with --hook-network for it",
    ],
  ])
    expect(await refusal({ url })).toEqual([400, words]);
  const url = "https://example.org/";
  expect(await refusal({ url, states: ["seen"] }, "bob")).toEqual([400, expect.stringContaining("states")]);
  for (let count = 0; count < WEBHOOKS_PER_ACCOUNT_MAX; count += 1) await add();
  expect(await refusal({ url })).toEqual([409, expect.stringContaining("10 webhooks")]);
});
