/** The HTTP interface answers as its OpenAPI document says. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Station } from "../../../../hosts/station/station.ts";
import { ask, postPush, StationBench } from "../harness.ts";
import { redDot } from "../test-pictures.ts";

interface Operation {
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

const bench = new StationBench();
let station: Station;
let document: Document;
beforeAll(async () => {
  station = await bench.station();
  document = (await (await fetch(`${station.url}/api/openapi.json`)).json()) as Document;
});
afterAll(() => bench.end());

/** How an answer differs from the document. */
function violations(path: string, method: string, status: number, body: unknown): unknown {
  const schema = document.paths[path]?.[method]?.responses[String(status)]?.content?.["application/json"]?.schema;
  if (!schema) return `${method} ${path} does not say what it answers with ${status}`;
  const ajv = new Ajv({ strict: false });
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(body) ? undefined : validate.errors;
}

describe("the OpenAPI document", () => {
  it("is valid OpenAPI 3", async () => {
    const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result).toMatchObject({ valid: true });
  });

  it("names every route of the interface and its refusals", () => {
    expect(Object.keys(document.paths).sort()).toEqual([
      "/api/accounts/{name}/password",
      "/api/devices",
      "/api/devices/{uid}",
      "/api/directory",
      "/api/directory/{name}",
      "/api/events",
      "/api/groups",
      "/api/groups/{name}",
      "/api/page-pager",
      "/api/people",
      "/api/pictures",
      "/api/pictures/{token}",
      "/api/push",
      "/api/pushes",
      "/api/pushes/{id}",
      "/api/session",
      "/api/station",
      "/api/tokens",
      "/api/tokens/{id}",
      "/api/updates",
      "/api/webhooks",
      "/api/webhooks/{id}",
      "/api/webhooks/{id}/test",
    ]);
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { responses }] of Object.entries(methods))
        expect(responses, `${method} ${path}`).toHaveProperty("401");
    }
    expect(Object.keys(document.components.schemas).sort()).toContain("PushRequest");
  });

  it("describes the real answers", async () => {
    expect(violations("/api/push", "post", 202, { ident: "x" }), "the check can fail").toHaveLength(1);
    const seen: string[] = [];
    const check = async (path: string, real: string, init?: RequestInit) => {
      const method = init?.method?.toLowerCase() ?? "get";
      const response = await ask(station.url, real, init);
      const text = await response.text();
      seen.push(`${method} ${path} ${response.status}`);
      if (response.status === 204) expect(text).toBe("");
      else
        expect(violations(path, method, response.status, JSON.parse(text)), `${method} ${real} ${text}`).toBe(
          undefined,
        );
    };
    const post = (body: unknown, headers = {}): RequestInit => ({
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    await check("/api/people", "/api/people", post({ name: "anna", fullName: "Anna A." }));
    await check("/api/people", "/api/people", post({ name: "anna" }));
    await check("/api/devices", "/api/devices", post({ uid: "bay-7", label: "Bay 7", owner: "anna" }));
    await check("/api/devices", "/api/devices", post({ uid: "a/b" }));
    await check("/api/groups", "/api/groups", post({ uid: "crew", members: ["anna"] }));
    await check("/api/groups/{name}", "/api/groups/crew", {
      ...post({ members: ["bay-7"], label: "Crew" }),
      method: "PUT",
    });
    await check("/api/directory", "/api/directory");
    const push = { to: "crew", text: "x", choices: ["y"], picture: "https://example.org/p.png" };
    await check("/api/push", "/api/push", post(push, { "idempotency-key": "k" }));
    await check("/api/push", "/api/push", post({ ...push, text: "z" }, { "idempotency-key": "k" }));
    await check("/api/push", "/api/push", post({ to: "crew" }));
    const { answer } = await postPush(station.url, { to: "everyone", text: "y" });
    const pager = bench.pager(station.mqttPort, "bay-7", {
      settings: { "telemetry.interval": 1, "screen.dwell": 0 },
      sensors: [{ name: "temperature", unit: "Cel", sample: () => 21.5 }],
    });
    await expect.poll(async () => (await device()).series.length, { timeout: 10_000 }).toBeGreaterThan(2);
    await check("/api/pushes", "/api/pushes?limit=10");
    await check("/api/pushes", "/api/pushes?limit=x");
    await check("/api/pushes/{id}", `/api/pushes/${answer.id}`);
    await check("/api/pushes/{id}", "/api/pushes/nobody");
    await check("/api/devices", "/api/devices");
    await check("/api/devices/{uid}", "/api/devices/bay-7");
    await check("/api/devices/{uid}", "/api/devices/nobody");
    await pager.stop();
    await check("/api/accounts/{name}/password", "/api/accounts/bay-7/password", post({}));
    await check("/api/directory/{name}", "/api/directory/crew", { method: "DELETE" });
    await check("/api/directory/{name}", "/api/directory/crew", { method: "DELETE" });
    await check("/api/station", "/api/station");
    await check("/api/tokens", "/api/tokens");
    const upload = (type: string, body: Uint8Array<ArrayBuffer>) => ({
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    await check("/api/pictures", "/api/pictures", upload("image/png", await redDot()));
    await check("/api/pictures", "/api/pictures", upload("image/png", Uint8Array.of(1, 2, 3)));
    await check("/api/pictures", "/api/pictures", upload("text/html", Uint8Array.of(1, 2, 3)));
    const uploaded = (await (await ask(station.url, "/api/pictures", upload("image/png", await redDot()))).json()) as {
      address: string;
    };
    const token = new URL(uploaded.address).pathname.split("/").at(-1);
    await check("/api/pictures/{token}", `/api/pictures/${token}?colours=1&width=8&height=8`);
    await check("/api/pictures/{token}", `/api/pictures/${token}?colours=2&width=8&height=8`);
    await check("/api/pictures/{token}", "/api/pictures/none?colours=1&width=8&height=8");
    await check("/api/tokens/{id}", "/api/tokens/nobody", { method: "DELETE" });
    await check("/api/webhooks", "/api/webhooks", post({ url: "https://example.org/hook" }));
    await check("/api/webhooks", "/api/webhooks", post({ url: "ftp://example.org/" }));
    const anna = { authorization: `Bearer ${await station.accounts.issueToken("anna", "hooks")}` };
    await check("/api/webhooks", "/api/webhooks", post({ url: "https://example.org/hook" }, anna));
    await check("/api/webhooks", "/api/webhooks");
    const [hook] = (await (await ask(station.url, "/api/webhooks")).json()).webhooks as { id: string }[];
    await check("/api/webhooks/{id}/test", "/api/webhooks/nobody/test", { method: "POST" });
    await check("/api/webhooks/{id}", `/api/webhooks/${hook?.id}`, { method: "DELETE" });
    await check("/api/webhooks/{id}", "/api/webhooks/nobody", { method: "DELETE" });
    await check("/api/page-pager", "/api/page-pager", post({ uid: "page-abcd-1" }));
    await check("/api/session", "/api/session");
    await check("/api/session", "/api/session", post({ name: "anna", password: "not hers" }));
    await check("/api/session", "/api/session", { headers: { authorization: "Bearer x" } });
    expect(new Set(seen.map((each) => each.slice(-3)))).toEqual(
      new Set(["200", "201", "202", "204", "400", "401", "404", "409", "415", "422"]),
    );
  });

  async function device(): Promise<{ readonly series: readonly unknown[] }> {
    return (await (await ask(station.url, "/api/devices/bay-7")).json()) as { series: unknown[] };
  }
});
