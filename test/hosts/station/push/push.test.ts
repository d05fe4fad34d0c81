/** The way of a push to a screen and back, with a real pager on Node. */
import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { FileStore } from "../../../../hosts/common/file-store.ts";
import { PushStore } from "../../../../hosts/station/push/push-store.ts";
import { readEvents } from "../../../../hosts/station/shared/event-stream.ts";
import { DELIVERIES_INLINE_MAX } from "../../../../hosts/station/shared/limits.ts";
import type { Delivery, Push, PushWithDeliveries } from "../../../../hosts/station/shared/push.ts";
import { encodeReceipt } from "../../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { CuttingProxy } from "../../../brokers/cutting-proxy.ts";
import { seededRandom } from "../../../random.ts";
import { ask, getPush, postPush, runsOf, startStation, statusesOf, until } from "../harness.ts";
import { scene } from "../scene.ts";

const isOnline = (screens: readonly string[][]) => Boolean(screens.at(-1)?.[0]?.includes("online"));
const shows = (screens: readonly string[][], text: string) => screens.some((lines) => lines.join(" ").includes(text));

function receiptBytes(id: string, state: "stored" | "shown" | "read", sender = "pager-1"): Buffer {
  const message = { timestampSeconds: 1, imType: IM_TYPE.receipt, contents: [encodeReceipt(id, state)], sender };
  return Buffer.from(encodeMessage(message));
}

describe("a push", () => {
  it.each(["tcp", "ws"])("is on the screen within a second, and its receipts come back (%s)", async (transport) => {
    const bench = scene();
    const station = await bench.station();
    const port = transport === "ws" ? station.httpPort : station.mqttPort;
    const pager = bench.pager(port, "pager-1", {
      settings: { "broker.transport": transport, "screen.dwell": 0 },
    });
    await until("online", () => isOnline(pager.screens));
    // Only the fastest of five pushes counts, because the machine may be busy for a moment.
    const times: number[] = [];
    for (const number of [1, 2, 3, 4, 5]) {
      const beganMs = performance.now();
      const text = `Pump ${number} over temperature`;
      const { answer } = await postPush(station.url, { to: "pager-1", title: "Pumps", text });
      await until("the text", () => shows(pager.screens, `Pump ${number} over`));
      const push = await until("receipts", async () => {
        const found = await getPush(station.url, answer.id ?? "");
        return statusesOf(found).includes("shown") ? found : undefined;
      });
      times.push(performance.now() - beganMs);
      expect(statusesOf(push)).toEqual(["stored", "shown"]);
      expect(push.state).toBe("published");
      expect(push.receipts.every(({ from, atMs }) => from === "pager-1" && atMs >= push.acceptedAtMs)).toBe(true);
    }
    expect(Math.min(...times)).toBeLessThan(1_000);
  });

  it("gets the receipt read after a press of a button", async () => {
    const bench = scene();
    const station = await bench.station();
    const pager = bench.pager(station.mqttPort, "pager-1");
    await until("online", () => isOnline(pager.screens));
    const { answer } = await postPush(station.url, { to: "pager-1", text: "Read me" });
    await until("the text", () => shows(pager.screens, "Read me"));
    pager.press("b");
    await until("read", async () => statusesOf(await getPush(station.url, answer.id ?? "")).includes("read"));
  });

  it("waits for a device that has never connected, and is sent in order when it connects", async () => {
    const bench = scene();
    const station = await bench.station();
    const ids: string[] = [];
    for (const text of ["first", "second", "third"])
      ids.push((await postPush(station.url, { to: "pager-new", text })).answer.id ?? "");
    await until("waiting", async () => (await getPush(station.url, ids[2] ?? ""))?.state === "waiting");
    const pager = bench.pager(station.mqttPort, "pager-new", { settings: { "screen.dwell": 0 } });
    for (const id of ids)
      await until("stored", async () => statusesOf(await getPush(station.url, id)).includes("stored"));
    const storedAt = await Promise.all(ids.map(async (id) => (await getPush(station.url, id))?.receipts[0]?.atMs ?? 0));
    expect([...storedAt].sort((a, b) => a - b)).toEqual(storedAt);
    await until("the first", () => shows(pager.screens, "first"));
  });

  it("waits also after a restart of the station, and expires there in time", async () => {
    const bench = scene();
    const data = bench.folder();
    const first = await startStation({ data });
    const kept = (await postPush(first.url, { to: "pager-new", text: "kept" })).answer.id ?? "";
    const short = (await postPush(first.url, { to: "pager-new", text: "short", expirySeconds: 1 })).answer.id ?? "";
    await until("waiting", async () => (await getPush(first.url, short))?.state === "waiting");
    await first.close();
    await until("the time is over", () => Date.now() / 1000 > Number.parseInt(short.slice(0, 8), 36) / 1000 + 2.1);
    const station = await bench.station({ data });
    const pager = bench.pager(station.mqttPort, "pager-new");
    await until("shown", async () => statusesOf(await getPush(station.url, kept)).includes("shown"));
    expect(await getPush(station.url, short)).toMatchObject({
      state: "expired",
      receipts: [{ status: "expired", from: "station" }],
    });
    expect(shows(pager.screens, "short")).toBe(false);
  });

  it("reaches a pager that was away, over a restart of the station", async () => {
    const bench = scene();
    const data = bench.folder();
    const folder = bench.folder();
    let station = await startStation({ data });
    const pager = bench.pager(station.mqttPort, "pager-1", { store: new FileStore(folder) });
    await until("online", () => isOnline(pager.screens));
    await pager.stop();
    const ids: string[] = [];
    for (let index = 0; index < 15; index += 1)
      ids.push((await postPush(station.url, { to: "pager-1", text: `number ${index}.` })).answer.id ?? "");
    const mqttPort = station.mqttPort;
    await station.close();
    station = await startStation({ data, mqttPort });
    bench.add(() => station.close());
    bench.pager(station.mqttPort, "pager-1", { store: new FileStore(folder), settings: { "screen.dwell": 0 } });
    for (const id of ids)
      await until("shown", async () => statusesOf(await getPush(station.url, id)).includes("shown"));
    const pushes = await Promise.all(ids.map((id) => getPush(station.url, id)));
    expect(pushes.every((push) => statusesOf(push).filter((status) => status === "stored").length === 1)).toBe(true);
  });

  it("is shown once each, all 200 of them, while the connection is cut 20 times", async () => {
    const bench = scene();
    const station = await bench.station();
    const proxy = await CuttingProxy.start(station.mqttPort);
    bench.add(() => proxy.stop());
    const pager = bench.pager(proxy.port, "pager-1", {
      store: new FileStore(bench.folder()),
      settings: { "screen.dwell": 0 },
      // When the pager logs a disconnection, it connects again at once, without the back-off.
      onLog: () => setImmediate(() => pager.networkChanged()),
    });
    await until("online", () => isOnline(pager.screens));
    const seed = Math.floor(Math.random() * 2 ** 32);
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const sending = (async () => {
      const ids: string[] = [];
      for (let index = 0; index < 200; index += 1)
        ids.push((await postPush(station.url, { to: "pager-1", text: `number ${index}.` })).answer.id ?? "");
      return ids;
    })();
    for (let cut = 0; cut < 20; cut += 1) {
      // The connection is cut at any byte, in the middle of a packet or of an acknowledgement.
      // Each second one lets an answer to a receipt through: a message on which connections only end is given up by the pager.
      const toPager = cut % 2 === 0;
      await proxy.cutAfter(
        toPager ? "toPager" : "toBroker",
        toPager ? 1 + Math.floor(random() * 1_500) : 300 + Math.floor(random() * 900),
      );
    }
    const ids = await sending;
    for (const id of ids)
      await until("shown", async () => statusesOf(await getPush(station.url, id)).includes("shown"));
    const runs = runsOf(pager.screens, /number \d+\./);
    expect(runs.size).toBe(200);
    expect([...runs].filter(([, count]) => count !== 1)).toEqual([]);
  });

  it("still comes after random bytes, a message of 1 MB and a retained page, and is the only one that sounds", async () => {
    const bench = scene();
    const station = await bench.station();
    const sender = await bench.mqtt(station.mqttPort);
    await sender.publishAsync("/field/page/pager-1", "A page from last week", { qos: 1, retain: true });
    const alerts: number[] = [];
    const pager = bench.pager(station.mqttPort, "pager-1", { onAlert: (priority) => alerts.push(priority) });
    await until("online", () => isOnline(pager.screens));
    for (let length = 0; length < 60; length += 1)
      await sender.publishAsync("/field/im/pager-1", randomBytes(length), { qos: 1 });
    await sender.publishAsync("/field/im/pager-1", randomBytes(1_048_576), { qos: 1 });
    const { answer } = await postPush(station.url, { to: "pager-1", text: "After all that", priority: 4 });
    await until("shown", async () => statusesOf(await getPush(station.url, answer.id ?? "")).includes("shown"));
    expect(shows(pager.screens, "After all that")).toBe(true);
    expect(alerts).toEqual([4]);
  });

  it("is in the live events of all pushes and of one push", async () => {
    const bench = scene();
    const station = await bench.station();
    const pager = bench.pager(station.mqttPort, "pager-1");
    await until("online", () => isOnline(pager.screens));
    const abort = new AbortController();
    bench.add(() => abort.abort());
    const response = await ask(station.url, "/api/events", { signal: abort.signal });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const { answer } = await postPush(station.url, { to: "pager-1", text: "Live" });
    const seen: string[] = [];
    for await (const { event, data } of readEvents(response.body as unknown as AsyncIterable<Uint8Array>)) {
      if (event !== "push" && event !== "delivery") continue;
      const told = JSON.parse(data) as { id: string; delivery: Delivery; deliveries: readonly Delivery[] };
      expect(told.id).toBe(answer.id);
      const delivery = event === "push" ? told.deliveries[0] : told.delivery;
      seen.push(`${delivery?.state} ${statusesOf(delivery).join()}`);
      if (statusesOf(delivery).includes("shown") && delivery?.state === "published") break;
    }
    expect(seen[0]).toBe("accepted ");
    expect(seen.at(-1)).toBe("published stored,shown");
    const one = await ask(station.url, `/api/events?id=${answer.id}`, { signal: abort.signal });
    for await (const { data } of readEvents(one.body as unknown as AsyncIterable<Uint8Array>)) {
      expect(JSON.parse(data)).toMatchObject({ id: answer.id, deliveries: [{ state: "published" }] });
      break;
    }
  });

  it("is in the live events with its first recipients only, however many there are", async () => {
    const bench = scene();
    const station = await bench.station();
    const members = Array.from({ length: DELIVERIES_INLINE_MAX + 3 }, (_, index) => `p-${index}`);
    for (const uid of members) await station.directory.addDevice({ uid });
    await station.directory.addGroup({ uid: "crew", members });
    const abort = new AbortController();
    bench.add(() => abort.abort());
    const all = await ask(station.url, "/api/events", { signal: abort.signal });
    const { answer } = await postPush(station.url, { to: "crew", text: "All of you" });
    const one = await ask(station.url, `/api/events?id=${answer.id}`, { signal: abort.signal });
    for (const stream of [all, one])
      for await (const { event, data } of readEvents(stream.body as unknown as AsyncIterable<Uint8Array>)) {
        if (event !== "push") continue;
        const push = JSON.parse(data) as PushWithDeliveries;
        expect([push.progress.recipients, push.deliveries.length]).toEqual([members.length, DELIVERIES_INLINE_MAX]);
        break;
      }
    const whole = (await (await ask(station.url, `/api/pushes/${answer.id}`)).json()) as PushWithDeliveries;
    expect(whole.deliveries).toHaveLength(members.length);
  });
});

describe("an event stream", () => {
  it("ends if the state of its push cannot be read, instead of staying silent", async () => {
    const bench = scene();
    const station = await bench.station();
    const { answer } = await postPush(station.url, { to: "pager-1", text: "x" });
    const read = vi.spyOn(PushStore.prototype, "deliveries").mockImplementationOnce(() => {
      throw new Error("the disk refuses");
    });
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    bench.add(() => {
      read.mockRestore();
      log.mockRestore();
    });
    const stream = await ask(station.url, `/api/events?id=${answer.id}`);
    expect(await stream.text()).toBe("retry: 1000\n\n");
    expect(log.mock.calls.flat()).toEqual([expect.stringContaining("the disk refuses")]);
  });
});

describe("receipts", () => {
  it("are stored once for each device and state; invalid ones are counted", async () => {
    const bench = scene();
    const station = await bench.station();
    const id = (await postPush(station.url, { to: "pager-1", text: "x" })).answer.id ?? "";
    const sender = await bench.mqtt(station.mqttPort);
    const send = (payload: Buffer | string) => sender.publishAsync("/field/im/station", payload, { qos: 1 });
    await send(receiptBytes(id, "stored"));
    await send(receiptBytes(id, "stored"));
    await send(receiptBytes(id, "stored", "pager-2"));
    await send(receiptBytes("nobody", "stored"));
    await station.directory.addDevice({ uid: "known-1" });
    const own = (await postPush(station.url, { to: "known-1", text: "x" })).answer.id ?? "";
    await send(receiptBytes(own, "read", "pager-2"));
    expect((await getPush(station.url, own))?.receipts, "of another device than the one that it was for").toEqual([]);
    for (const bad of ["", "x", Buffer.alloc(100, 0xff), Buffer.alloc(1_048_576, 0x14)]) await send(bad);
    await send(receiptBytes(id, "shown"));
    const push = await getPush(station.url, id);
    expect(push?.receipts.map(({ status, from }) => `${status} ${from}`)).toEqual([
      "stored pager-1",
      "stored pager-2",
      "shown pager-1",
    ]);
    const health = (await (await fetch(`${station.url}/healthz`)).json()) as { receipts: unknown };
    expect(health.receipts).toEqual({ malformed: 4, unknown: 2, dropped: 1 });
  });

  it("are on disk when they are acknowledged", async () => {
    const bench = scene();
    const data = bench.folder();
    const first = await startStation({ data });
    const id = (await postPush(first.url, { to: "pager-1", text: "x" })).answer.id ?? "";
    const sender = await bench.mqtt(first.mqttPort);
    await sender.publishAsync("/field/im/station", receiptBytes(id, "shown"), { qos: 1 });
    await first.close();
    const station = await bench.station({ data });
    expect(statusesOf(await getPush(station.url, id))).toEqual(["shown"]);
  });
});

describe("the history", () => {
  it("holds a number of pushes; finished ones leave first, waiting ones never", async () => {
    const bench = scene();
    const data = bench.folder();
    const station = await startStation({ data, pushesMax: 3 });
    const post = async (to: string) => postPush(station.url, { to, text: "x" });
    const waiting = (await post("pager-new")).answer.id ?? "";
    const pager = bench.pager(station.mqttPort, "pager-1");
    await until("online", () => isOnline(pager.screens));
    const finished = (await post("pager-1")).answer.id ?? "";
    await until("shown", async () => statusesOf(await getPush(station.url, finished)).includes("shown"));
    await post("pager-new");
    await post("pager-new");
    expect(await getPush(station.url, finished)).toBeUndefined();
    expect(await getPush(station.url, waiting)).toMatchObject({ state: "waiting" });
    const refused = await post("pager-new");
    expect(refused.status).toBe(503);
    expect(refused.answer.error).toContain("wait for their device");
    await station.close();
    const again = await bench.station({ data, pushesMax: 3 });
    const { pushes } = (await (await ask(again.url, "/api/pushes")).json()) as { pushes: Push[] };
    expect(pushes).toHaveLength(3);
  });
});
