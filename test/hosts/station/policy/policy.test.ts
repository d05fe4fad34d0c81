/** Every HTTP route and every topic against every role. What has no row here fails. */
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localToken } from "../../../../hosts/common/local-key.ts";
import { addAuthentication } from "../../../../hosts/station/http/authentication.ts";
import { Accounts } from "../../../../hosts/station/identity/accounts.ts";
import { LoginGuard } from "../../../../hosts/station/identity/login-guard.ts";
import { Sessions } from "../../../../hosts/station/identity/sessions.ts";
import { ROUTE_RULES } from "../../../../hosts/station/policy/route-rules.ts";
import { type Identity, TOPIC_RULES, TopicRules } from "../../../../hosts/station/policy/topic-rules.ts";
import type { Station } from "../../../../hosts/station/station.ts";
import { encodeText } from "../../../../src/payload/content.ts";
import { discoveryTopic } from "../../../../src/payload/discovery.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { StationBench } from "../harness.ts";
import { redDot } from "../test-pictures.ts";

/** anna carries anna-1. bob is her contact, and carries bob-1. carl has nothing. */
const ROLES = ["nobody", "anna-1", "anna", "bob", "carl", "ha", "admin", "local key"] as const;
type Role = (typeof ROLES)[number];
type Row = readonly [body: object | undefined, answers: Readonly<Record<Role, number>>];

/** The statuses of the roles in their order. `{id}` in a path is a push of bob to anna-1, `{picture}` a picture that bob has uploaded. */
function row(body: object | undefined, ...statuses: readonly number[]): Row {
  return [body, Object.fromEntries(ROLES.map((role, index) => [role, statuses[index]])) as Record<Role, number>];
}
const everyone = (body: object | undefined, status: number) => row(body, ...ROLES.map(() => status));
const accounts = (body: object | undefined, status: number) => row(body, 401, 403, ...ROLES.slice(2).map(() => status));
const administrators = (body: object | undefined, status: number) =>
  row(body, 401, 403, 403, 403, 403, 403, status, status);

/** By method and path of a request. Those that change something are refused for another reason by then: 400, 404 or 409. */
const ROUTES: Readonly<Record<string, readonly [rule: string, ...Row]>> = {
  "GET /": ["GET /", ...everyone(undefined, 200)],
  "GET /console.js": ["GET /console.js", ...everyone(undefined, 200)],
  "GET /console.css": ["GET /console.css", ...everyone(undefined, 200)],
  "GET /favicon.ico": ["GET /favicon.ico", ...everyone(undefined, 200)],
  "GET /faces/none.fnt": ["GET /faces/*", ...everyone(undefined, 404)],
  "GET /healthz": ["GET /healthz", ...everyone(undefined, 200)],
  "GET /mqtt": ["GET /mqtt", ...everyone(undefined, 400)],
  "GET /api/openapi.json": ["GET /api/openapi.json", ...everyone(undefined, 200)],
  "POST /api/session": ["POST /api/session", ...everyone({}, 400)],
  "GET /images/none": ["GET /images/:token", ...everyone(undefined, 404)],
  "GET /pictures/none": ["GET /pictures/:token", ...everyone(undefined, 404)],
  "GET /api/session": ["GET /api/session", ...accounts(undefined, 200)],
  "DELETE /api/session": ["DELETE /api/session", ...accounts(undefined, 204)],
  "GET /api/station": ["GET /api/station", ...accounts(undefined, 200)],
  "GET /api/directory": ["GET /api/directory", ...accounts(undefined, 200)],
  "GET /api/devices": ["GET /api/devices", ...accounts(undefined, 200)],
  // Telemetry, connection and address: as `tele/+`.
  "GET /api/devices/anna-1": ["GET /api/devices/:uid", ...row(undefined, 401, 403, 200, 403, 403, 200, 200, 200)],
  "POST /api/push": ["POST /api/push", ...accounts({}, 400)],
  // What other programs send. A bad uid, bad JSON, nothing to read.
  "POST /a,b": ["POST /:to", ...accounts({}, 400)],
  "PUT /a,b": ["PUT /:to", ...accounts({}, 400)],
  "POST /": ["POST /", ...accounts({}, 400)],
  "PUT /": ["PUT /", ...accounts({}, 400)],
  "GET /a,b/publish": ["GET /:to/publish", ...accounts(undefined, 400)],
  "GET /a,b/send": ["GET /:to/send", ...accounts(undefined, 400)],
  "GET /a,b/trigger": ["GET /:to/trigger", ...accounts(undefined, 400)],
  "POST /hooks/alertmanager/anna": ["POST /hooks/alertmanager/:to", ...accounts({}, 400)],
  "POST /hooks/grafana/anna": ["POST /hooks/grafana/:to", ...accounts({}, 400)],
  "POST /hooks/json/a,b": ["POST /hooks/json/:to", ...accounts({}, 400)],
  "POST /gotify/anna/message": ["POST /gotify/:to/message", ...accounts({}, 400)],
  "GET /api/pushes": ["GET /api/pushes", ...accounts(undefined, 200)],
  // Its sender, who carries its device, and administrators.
  "GET /api/pushes/{id}": ["GET /api/pushes/:id", ...row(undefined, 401, 403, 200, 200, 404, 404, 200, 200)],
  // Who has sent it, and administrators.
  "DELETE /api/pushes/{id}": ["DELETE /api/pushes/:id", ...row(undefined, 401, 403, 403, 204, 404, 404, 204, 204)],
  // Its body is no picture.
  "POST /api/pictures": ["POST /api/pictures", ...accounts({}, 415)],
  // Who has uploaded it. Everyone else is told that it does not exist.
  "GET /api/pictures/{picture}?colours=5&width=8&height=8": [
    "GET /api/pictures/:token",
    ...row(undefined, 401, 403, 404, 200, 404, 404, 404, 404),
  ],
  "GET /api/events": ["GET /api/events", ...accounts(undefined, 200)],
  "GET /api/tokens": ["GET /api/tokens", ...accounts(undefined, 200)],
  "POST /api/tokens": ["POST /api/tokens", ...accounts({}, 400)],
  "DELETE /api/tokens/none": ["DELETE /api/tokens/:id", ...accounts(undefined, 404)],
  "GET /api/webhooks": ["GET /api/webhooks", ...accounts(undefined, 200)],
  "POST /api/webhooks": ["POST /api/webhooks", ...accounts({}, 400)],
  // Whose it is, and administrators. Everyone else is told that it does not exist.
  "DELETE /api/webhooks/none": ["DELETE /api/webhooks/:id", ...accounts(undefined, 404)],
  "POST /api/webhooks/none/test": ["POST /api/webhooks/:id/test", ...accounts(undefined, 404)],
  // Neither a group's name, nor another's pager, nor a person's.
  "POST /api/page-pager": ["POST /api/page-pager", ...accounts({ uid: "page-night" }, 409)],
  "POST /api/accounts/bob/password": [
    "POST /api/accounts/:name/password",
    ...row({ password: "x" }, 401, 403, 400, 400, 400, 400, 400, 400),
  ],
  "POST /api/people": ["POST /api/people", ...administrators({}, 400)],
  "POST /api/devices": ["POST /api/devices", ...administrators({}, 400)],
  "POST /api/groups": ["POST /api/groups", ...administrators({}, 400)],
  "PUT /api/groups/none": ["PUT /api/groups/:name", ...administrators({ members: [] }, 404)],
  "DELETE /api/directory/none": ["DELETE /api/directory/:name", ...administrators(undefined, 404)],
  "GET /api/updates": ["GET /api/updates", ...administrators(undefined, 200)],
  "POST /api/updates": ["POST /api/updates", ...administrators({}, 400)],
  "POST /presubscriptions": ["POST /presubscriptions", ...administrators({}, 400)],
};

const bench = new StationBench();
const tokens = new Map<Role, string>();
let station: Station;
let rules: TopicRules;
let id = "";
let picture = "";

beforeAll(async () => {
  station = await bench.station();
  const { accounts, directory, firstStart, localKey } = station;
  for (const name of ["anna", "bob", "carl"] as const) {
    await accounts.create({ name, kind: "person" });
    await directory.addPerson({ name });
  }
  await accounts.create({ name: "ha", kind: "program" });
  await accounts.create({ name: "anna-1", kind: "device" });
  await directory.addDevice({ uid: "anna-1", owner: "anna" });
  await directory.addDevice({ uid: "bob-1", owner: "bob" });
  await directory.addDevice({ uid: "wall" });
  await directory.addGroup({ uid: "night", members: ["bob"] });
  await directory.addGroup({ uid: "page-night", members: ["bob"] });
  await directory.updatePerson({ name: "anna", contacts: ["bob"] });
  for (const name of ["anna", "bob", "carl", "ha", "anna-1"] as const)
    tokens.set(name, await accounts.issueToken(name, "test"));
  tokens.set("admin", firstStart?.token ?? "");
  tokens.set("local key", localToken(localKey));
  rules = new TopicRules("field", directory, accounts);
  const answer = await ask("bob", "POST", "/api/push", { to: "anna-1", text: "hello" });
  id = ((await answer.json()) as { id: string }).id;
  const headers = { authorization: `Bearer ${tokens.get("bob")}`, "content-type": "image/png" };
  const uploaded = await fetch(`${station.url}/api/pictures`, { method: "POST", headers, body: await redDot() });
  picture = ((await uploaded.json()) as { address: string }).address.split("/").at(-1) ?? "";
});
afterAll(() => bench.end());

function ask(role: Role, method: string, path: string, body?: object): Promise<Response> {
  const token = tokens.get(role);
  const headers: Record<string, string> = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body ? { "content-type": "application/json" } : {}),
  };
  return fetch(station.url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
}

describe("over HTTP", () => {
  it("every route has a row", () => {
    expect(Object.values(ROUTES).map(([rule]) => rule)).toEqual(Object.keys(ROUTE_RULES));
  });

  it("a route that the policy does not know cannot be added", () => {
    const app = fastify();
    const accounts = new Accounts(`${bench.folder()}/accounts.json`);
    addAuthentication(app, accounts, new Sessions(), new LoginGuard(accounts));
    expect(() => app.get("/api/secrets", async () => "")).toThrow(/GET \/api\/secrets: .*does not say who may call it/);
    expect(() => app.delete("/api/pushes/:id/all", async () => "")).toThrow(/does not say/);
  });

  it.each(Object.entries(ROUTES))("%s", async (request, [, body, answers]) => {
    const [method = "", path = ""] = request.split(" ");
    const got: [string, number][] = [];
    for (const role of ROLES) {
      const response = await ask(role, method, path.replace("{id}", id).replace("{picture}", picture), body);
      got.push([role, response.status]);
      await response.body?.cancel();
    }
    expect(Object.fromEntries(got)).toEqual(answers);
  });

  it("another's password is for administrators", async () => {
    const password = "a password of hers";
    const change = async (role: Role) => (await ask(role, "POST", "/api/accounts/carl/password", { password })).status;
    expect([await change("anna"), await change("ha"), await change("local key")]).toEqual([403, 403, 200]);
  });
});

/** Who publishes, and who subscribes. Of `anna-1` by its pattern, and of a group. `im/+` with each one's own uid as sender. */
const TOPICS: Readonly<Record<string, readonly [publish: readonly string[], subscribe: readonly string[]]>> = {
  "pres/anna-1": [["anna-1"], ["anna-1", "anna", "ha", "admin"]],
  "pres/bob-1": [["bob-1"], ["anna-1", "anna", "bob", "bob-1", "ha", "admin"]],
  "pres/+": [[], ["ha", "admin"]],
  "im/anna-1": [["anna-1", "anna", "bob", "bob-1", "carl", "ha", "admin"], ["anna-1"]],
  "im/night": [
    ["bob", "bob-1", "admin"],
    ["bob", "bob-1"],
  ],
  "im/nobody": [[], []],
  "im/station": [["anna-1", "anna", "bob", "bob-1", "carl", "ha", "admin"], []],
  "im/+": [[], []],
  "page/anna-1": [["anna", "bob", "carl", "ha", "admin"], ["anna-1"]],
  "page/nobody": [[], []],
  "page/anna-1/receipt": [["anna-1"], ["anna", "bob", "carl", "ha", "admin"]],
  "cmd/anna-1": [["anna", "admin"], ["anna-1"]],
  "cmd/wall": [["admin"], []],
  "cmd/anna-1/result": [["anna-1"], ["anna-1", "anna", "ha", "admin"]],
  "info/anna-1": [["anna-1"], ["anna-1", "anna", "ha", "admin"]],
  "tele/anna-1": [["anna-1"], ["anna-1", "anna", "ha", "admin"]],
  "tele/+": [[], ["ha", "admin"]],
  "answer/anna-1": [[], ["anna-1", "anna", "ha", "admin"]],
  "raster/anna-1": [["anna-1"], []],
  "raster/anna-1/reply": [[], ["anna-1"]],
  "raster/+/reply": [[], []],
  "probe/anna-1": [[], []],
  secrets: [[], []],
  "#": [[], []],
  "/homeassistant": [["anna-1"], ["ha", "admin"]],
  "/homeassistant/status": [[], ["anna-1", "anna", "bob", "bob-1", "carl", "ha", "admin"]],
  "/connect/new": [[], ["presubscriber"]],
  "/connect/presub": [["presubscriber"], []],
};

const KINDS: Readonly<Record<string, Identity["kind"]>> = {
  "anna-1": "device",
  anna: "person",
  bob: "person",
  "bob-1": "device",
  carl: "person",
  ha: "program",
  admin: "person",
  presubscriber: "presubscriber",
};
const IDENTITIES: readonly Identity[] = Object.entries(KINDS).map(([uid, kind]) => ({
  uid,
  kind,
  isAdmin: uid === "admin",
  hasAccount: true,
}));

const patternOf = (topic: string) => topic.replace(/^(\w+)\/[^/]+/, "$1/+");
const nameOf = (topic: string) => {
  if (topic === "/homeassistant") return discoveryTopic("homeassistant", "anna-1");
  return topic.startsWith("/homeassistant/") ? topic.slice(1) : topic.startsWith("/") ? topic : `/field/${topic}`;
};

describe("over MQTT", () => {
  it("every topic of the rules has a row", () => {
    expect(Object.keys(TOPICS).map(patternOf)).toEqual(expect.arrayContaining(Object.keys(TOPIC_RULES)));
  });

  it.each(Object.entries(TOPICS))("%s", (topic, [publish, subscribe]) => {
    const may = (why: (who: Identity) => string | undefined) =>
      IDENTITIES.filter((who) => why(who) === undefined).map(({ uid }) => uid);
    const message = (sender: string) =>
      encodeMessage({ timestampSeconds: 0, imType: IM_TYPE.pointToPoint, contents: [encodeText("x", {})], sender });
    expect(may((who) => rules.whyNotPublish(who, nameOf(topic), message(who.uid)))).toEqual(publish);
    expect(may((who) => rules.whyNotSubscribe(who, nameOf(topic)))).toEqual(subscribe);
    const other = message("somebody else");
    if (topic.startsWith("im/")) expect(may((who) => rules.whyNotPublish(who, nameOf(topic), other))).toEqual([]);
  });
});
