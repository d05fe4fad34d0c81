/** A push that is taken back: nobody gets it any more, and who has it loses it. */
import { expect, it } from "vitest";
import type { PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import { ask, getPush, postPush, statusesOf, until } from "../harness.ts";
import { RawClient } from "../raw-client.ts";
import { scene } from "../scene.ts";

const takeBack = async (url: string, id: string) => (await ask(url, `/api/pushes/${id}`, { method: "DELETE" })).status;

async function send(url: string, to: string, text: string): Promise<string> {
  const { status, answer } = await postPush(url, { to, text });
  expect(status).toBe(202);
  return answer.id ?? "";
}

it("is not sent to a device that has never connected, nor to one that is away, also after a restart", async () => {
  const bench = scene();
  const data = bench.folder();
  const first = await bench.station({ data });
  const away = new RawClient(first.mqttPort);
  await away.connect("away");
  await away.subscribe("/field/im/away");
  await away.cut();
  const { directory } = first;
  for (const uid of ["away", "never"]) await directory.addDevice({ uid });
  const id = await send(first.url, "everyone", "taken back");
  const { deliveries: waiting } = (await (await ask(first.url, `/api/pushes/${id}`)).json()) as PushWithDeliveries;
  expect(waiting.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
  expect(await takeBack(first.url, id)).toBe(204);
  expect(await takeBack(first.url, id)).toBe(204);
  const { progress, deliveries } = (await (await ask(first.url, `/api/pushes/${id}`)).json()) as PushWithDeliveries;
  expect(progress).toMatchObject({ recipients: 2, finished: 2, dropped: 2 });
  expect(deliveries.map(({ receipts }) => receipts.map(({ from }) => from))).toEqual([["station"], ["station"]]);
  await first.close();
  const station = await bench.station({ data });
  for (const uid of ["away", "never"]) {
    const client = new RawClient(station.mqttPort);
    bench.add(() => client.cut());
    await client.connect(uid);
    await client.subscribe(`/field/im/${uid}`, `/field/cmd/${uid}`);
    await send(station.url, uid, "the next one");
    await until("the next one", () => client.texts.some((text) => text.includes("the next one")));
    expect(client.texts.filter((text) => text.includes("taken back") || text.includes("retract"))).toEqual([]);
  }
  expect(await takeBack(station.url, "nosuchpush")).toBe(404);
});

it("goes from the screen and the inbox of a pager that shows it", async () => {
  const bench = scene();
  const station = await bench.station();
  const pager = bench.pager(station.mqttPort, "pager-1", { settings: { "screen.dwell": 0 } });
  const isShown = (text: string) => pager.screens.at(-1)?.join(" ").includes(text) === true;
  await until("the pager", () => isShown("online"));
  const kept = await send(station.url, "pager-1", "this one stays");
  await until("it", () => isShown("this one stays"));
  const id = await send(station.url, "pager-1", "evacuate at once");
  await until("the receipt", async () => statusesOf(await getPush(station.url, id)).includes("stored"));
  expect(await takeBack(station.url, id)).toBe(204);
  await until("the other one alone", () => isShown("1 unread") && isShown("this one stays"));
  expect(isShown("evacuate")).toBe(false);
  expect(statusesOf(await getPush(station.url, id))).toContain("dropped");
  expect(statusesOf(await getPush(station.url, kept))).not.toContain("dropped");
});
