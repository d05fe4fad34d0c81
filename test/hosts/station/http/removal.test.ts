/** A removed device loses its connection, its session and all that waits for it. The next device of that name gets none of it. */
import { expect, it } from "vitest";
import type { PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import { ask, postPush, until } from "../harness.ts";
import { RawClient } from "../raw-client.ts";
import { scene } from "../scene.ts";

const JSON_TYPE = { "content-type": "application/json" };
const TOPIC = "/field/im/pager-7";

async function add(url: string, kind: "devices" | "people", entry: object): Promise<string> {
  const response = await ask(url, `/api/${kind}`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(entry) });
  expect(response.status).toBe(201);
  return ((await response.json()) as { password: string }).password;
}

async function remove(url: string, name: string): Promise<void> {
  expect((await ask(url, `/api/directory/${name}`, { method: "DELETE" })).status).toBe(204);
}

async function pushOf(url: string, id: string): Promise<PushWithDeliveries> {
  return (await (await ask(url, `/api/pushes/${id}`)).json()) as PushWithDeliveries;
}

it.each(["connected", "away", "never seen"])("removes a device that is %s", async (where) => {
  const bench = scene();
  const station = await bench.station();
  const { url, mqttPort } = station;
  const login = async (password: string) => {
    const client = new RawClient(mqttPort, { acknowledges: false });
    bench.add(() => client.cut());
    return { client, ...(await client.logIn({ clientId: "pager-7", username: "pager-7", password })) };
  };
  const password = await add(url, "devices", { uid: "pager-7" });
  const first = where === "never seen" ? undefined : (await login(password)).client;
  await first?.subscribe(TOPIC);
  if (where === "away") await first?.cut();
  const { answer } = await postPush(url, { to: "pager-7", text: "for the former one" });
  const id = answer.id ?? "";
  const state = where === "connected" ? "published" : "waiting";
  await until(state, async () => (await pushOf(url, id)).deliveries[0]?.state === state);
  if (where === "connected") await until("it", () => first?.texts.length === 1);

  await remove(url, "pager-7");
  if (where === "connected") await until("the end of its connection", () => first?.isClosed, 5_000);
  const { progress, deliveries } = await pushOf(url, id);
  expect(progress).toMatchObject({ recipients: 1, finished: 1, dropped: 1 });
  expect(deliveries[0]?.receipts.map(({ status, from }) => [status, from])).toEqual([["dropped", "station"]]);
  expect((await login(password)).code).toBe(4);

  const next = await login(await add(url, "devices", { uid: "pager-7" }));
  expect(next.code).toBe(0);
  await next.client.subscribe(TOPIC);
  await postPush(url, { to: "pager-7", text: "for the next one" });
  await until("its own", () => next.client.texts.some((text) => text.includes("for the next one")));
  await next.client.settle();
  expect(next.client.texts.filter((text) => text.includes("former"))).toEqual([]);
  expect((await pushOf(url, id)).progress).toEqual(progress);
});

it("removes a person, and the pagers in that person's browser pages", async () => {
  const bench = scene();
  const station = await bench.station();
  const { url, mqttPort, accounts, directory } = station;
  await add(url, "people", { name: "olga" });
  const authorization = `Bearer ${await accounts.issueToken("olga", "hers")}`;
  const response = await fetch(`${url}/api/page-pager`, {
    method: "POST",
    headers: { ...JSON_TYPE, authorization },
    body: JSON.stringify({ uid: "page-olga" }),
  });
  const { password } = (await response.json()) as { password: string };
  const page = new RawClient(mqttPort);
  bench.add(() => page.cut());
  expect((await page.logIn({ clientId: "page-olga", username: "page-olga", password })).code).toBe(0);
  await remove(url, "olga");
  await until("the end of its connection", () => page.isClosed, 5_000);
  expect([directory.device("page-olga"), accounts.get("page-olga")]).toEqual([undefined, undefined]);
});

it("gives the next holder of a name nothing of the former one, also if the station ended in the middle of the removal", async () => {
  const bench = scene();
  const data = bench.folder();
  const first = await bench.station({ data });
  const password = await add(first.url, "devices", { uid: "pager-7" });
  const pager = new RawClient(first.mqttPort);
  bench.add(() => pager.cut());
  expect((await pager.logIn({ clientId: "pager-7", username: "pager-7", password })).code).toBe(0);
  await pager.subscribe(TOPIC);
  await pager.cut();
  const { answer } = await postPush(first.url, { to: "pager-7", text: "for the former one" });
  await until("it", async () => (await pushOf(first.url, answer.id ?? "")).deliveries[0]?.state === "waiting");
  // The account is gone, and the station ends before it has forgotten anything else.
  await first.accounts.remove("pager-7");
  await first.close();

  const station = await bench.station({ data });
  const made = await station.accounts.create({ name: "pager-7", kind: "device" });
  const next = new RawClient(station.mqttPort);
  bench.add(() => next.cut());
  const login = { clientId: "pager-7", username: "pager-7", password: made.password };
  expect(await next.logIn(login)).toMatchObject({ code: 0 });
  await next.subscribe(TOPIC);
  await postPush(station.url, { to: "pager-7", text: "for the next one" });
  await until("its own", () => next.texts.some((text) => text.includes("for the next one")));
  await next.settle();
  expect(next.texts.filter((text) => text.includes("former"))).toEqual([]);
  const { receipts } = (await pushOf(station.url, answer.id ?? "")).deliveries[0] ?? { receipts: [] };
  expect(receipts.map(({ status, from }) => [status, from])).toEqual([["dropped", "station"]]);
  // What is its own stays when it comes again.
  await next.cut();
  const again = new RawClient(station.mqttPort);
  bench.add(() => again.cut());
  expect(await again.logIn(login)).toEqual({ code: 0, isPresent: true });
});

it("ends the connection of a pager in a page when the page asks for another password", async () => {
  const bench = scene();
  const { url, mqttPort } = await bench.station();
  const page = async () => {
    const body = JSON.stringify({ uid: "page-wall" });
    const answer = await ask(url, "/api/page-pager", { method: "POST", headers: JSON_TYPE, body });
    const client = new RawClient(mqttPort);
    bench.add(() => client.cut());
    const { password } = (await answer.json()) as { password: string };
    expect((await client.logIn({ clientId: "page-wall", username: "page-wall", password })).code).toBe(0);
    return client;
  };
  const former = await page();
  const body = JSON.stringify({ uid: "page-wall" });
  expect((await ask(url, "/api/page-pager", { method: "POST", headers: JSON_TYPE, body })).status).toBe(200);
  await until("its end", () => former.isClosed, 5_000);
  await page();
});
