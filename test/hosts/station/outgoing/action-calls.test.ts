/** Requests that belong to answers: ntfy's `http` actions, from the message to the request and its result in the history. */

import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ActionCalls } from "../../../../hosts/station/outgoing/action-calls.ts";
import type { PushCall } from "../../../../hosts/station/push/push-call.ts";
import { ACTION_RETRY_MS } from "../../../../hosts/station/shared/limits.ts";
import { NO_PROGRESS, type Push, type Receipt } from "../../../../hosts/station/shared/push.ts";
import type { Station, StationOptions } from "../../../../hosts/station/station.ts";
import { Records } from "../../../../hosts/station/store/records.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { encodeReceipt } from "../../../../src/payload/content.ts";
import { encodeMessage, IM_TYPE } from "../../../../src/payload/message.ts";
import { ask, getPush, until } from "../harness.ts";
import { scene } from "../scene.ts";
import { stationWithReceiver } from "./station-with-receiver.ts";

/** A station, a server that actions call, and a device that answers. */
async function withAction(options: Partial<StationOptions> = {}) {
  const { bench, there, start, station } = await stationWithReceiver(options);
  const send = async (headers: Record<string, string>, token?: string) => {
    const authorization = token && { authorization: `Bearer ${token}` };
    const response = await ask(station.url, "/bay-1", {
      method: "POST",
      body: "A ring",
      headers: { ...headers, ...authorization },
    });
    expect(response.status).toBe(200);
    return ((await response.json()) as { id: string }).id;
  };
  const answer = async (id: string, choice: string, { mqttPort }: Station = station) => {
    const contents = [encodeReceipt(id, "answered", choice)];
    const message = encodeMessage({ timestampSeconds: 1, imType: IM_TYPE.receipt, contents, sender: "bay-1" });
    const device = await bench.mqtt(mqttPort);
    await device.publishAsync("/field/im/station", Buffer.from(message), { qos: 1 });
  };
  const result = (id: string, { url }: Station = station) =>
    until("a result", async () => (await getPush(url, id))?.receipts.find(({ call }) => call)?.call?.words);
  return { bench, there, station, start, send, answer, result };
}

describe("an http action", () => {
  it("is performed when its answer is given, once, and its result stands in the history", async () => {
    const { bench, there, station, send, answer, result } = await withAction();
    const told: string[] = [];
    const home = await bench.mqtt(station.mqttPort, {}, (_topic, payload) => told.push(payload.toString()));
    await home.subscribeAsync("/field/answer/bay-1");
    const actions = `http, Open door, ${there.url}/door?n=2, method=PUT, headers.Authorization=Bearer s3cret, body=open; http, Ignore, ${there.url}/ignore`;
    const id = await send({ actions });
    await answer(id, "Open door");
    expect(await result(id)).toBe("answered 200");
    expect(there.requests).toMatchObject([
      { method: "PUT", path: "/door?n=2", headers: { authorization: "Bearer s3cret" }, body: "open" },
    ]);
    await answer(id, "Open door");
    await answer(id, "Ignore");
    expect(there.requests).toHaveLength(1);
    const seen = await (await ask(station.url, `/api/pushes/${id}`)).text();
    expect(seen).not.toMatch(/s3cret|door\?n=2/);
    await until("Home Assistant's event", () => told.length > 0);
    expect(told.map((text) => JSON.parse(text).answer)).toEqual(["Open door"]);
  });

  it("says in words what went wrong", async () => {
    const { there, send, answer, result } = await withAction();
    there.status = 403;
    const id = await send({ actions: `http, Open, ${there.url}/` });
    await answer(id, "Open");
    expect(await result(id)).toBe("answered 403");
  });

  it("goes to no address that is not public", async () => {
    const { there, send, answer, result } = await withAction({ hookNetworks: [] });
    const id = await send({ actions: `http, Open, ${there.url}/` });
    await answer(id, "Open");
    expect(await result(id)).toContain("--hook-network");
    expect(there.requests).toEqual([]);
  });

  it("outlasts a restart of the station before its answer", async () => {
    const { there, station, start, send, answer, result } = await withAction();
    const id = await send({ actions: `http, Open, ${there.url}/` });
    await station.close();
    const next = await start();
    await answer(id, "Open", next);
    expect(await result(id, next)).toBe("answered 200");
  });

  it("is not performed for an account that is gone", async () => {
    const { there, station, send, answer } = await withAction();
    await station.directory.addDevice({ uid: "bay-1" });
    await station.accounts.create({ name: "anna", kind: "person" });
    const token = await station.accounts.issueToken("anna", "test");
    const [gone, other] = [
      await send({ actions: `http, Open, ${there.url}/gone` }, token),
      await send({ actions: `http, Open, ${there.url}/other` }),
    ];
    await station.accounts.remove("anna");
    await answer(gone, "Open");
    await answer(other, "Open");
    await until("the other", () => there.requests.length > 0);
    expect(there.requests.map(({ path }) => path)).toEqual(["/other"]);
  });
});

describe("a call", () => {
  const CALL: PushCall = { choice: "Open", url: "http://127.0.0.1/", method: "POST", headers: {} };
  const PUSH: Push = { id: "a", to: "p", text: "x", sender: "anna", acceptedAtMs: 1, progress: NO_PROGRESS };
  const ANSWER: Receipt = { status: "answered", from: "p", atMs: 2, deviceSeconds: 0, answer: "Open" };

  /** Calls whose server cannot be reached so many times. */
  function calls(folder: string, failures: number) {
    const store = new StationStore(join(folder, "station.db"));
    const sent: string[] = [];
    const notes: string[] = [];
    const pushes = {
      callsOf: () => [CALL],
      noteCall: async (id: string, device: string, from: string, words: string) =>
        void notes.push(`${id} ${device} ${from}: ${words}`),
    };
    const send = async () => {
      sent.push("x");
      if (sent.length <= failures) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
      return { statusCode: 200, headers: {}, destroy: () => {} } as never;
    };
    const actions = new ActionCalls(store, pushes, send, () => true);
    onTestFinished(() => {
      actions.stop();
      store.close();
    });
    return { store, actions, sent, notes };
  }

  const settle = async (ms = 0) => {
    await vi.advanceTimersByTimeAsync(ms);
    for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("is tried again while its server cannot be reached, and then no more", async () => {
    const { actions, sent, notes } = calls(scene().folder(), 2);
    actions.consequenceOf(PUSH, "p", [ANSWER])?.happened();
    await settle();
    expect(sent).toHaveLength(1);
    await settle(ACTION_RETRY_MS);
    expect(sent).toHaveLength(2);
    await settle(2 * ACTION_RETRY_MS);
    expect([sent.length, notes]).toEqual([3, ["a p p: answered 200"]]);
    const other = calls(scene().folder(), 99);
    other.actions.consequenceOf(PUSH, "p", [ANSWER])?.happened();
    await settle();
    await settle(ACTION_RETRY_MS);
    await settle(2 * ACTION_RETRY_MS);
    await settle(1_000 * ACTION_RETRY_MS);
    expect([other.sent.length, other.notes]).toEqual([3, ["a p p: could not be reached (ECONNREFUSED)"]]);
  });

  it("is sent after a restart if it was not begun, and else nobody knows", async () => {
    const folder = scene().folder();
    const first = calls(folder, 0);
    const consequence = first.actions.consequenceOf(PUSH, "p", [ANSWER]);
    await new Records(first.store).write([
      ...(consequence?.changes ?? []),
      { key: "y/b/q", value: { push: "b", device: "q", from: "q", choice: "Open", isBegun: true } },
    ]);
    first.store.close();
    const { actions, sent, notes, store } = calls(folder, 0);
    actions.start();
    await settle();
    expect(sent).toHaveLength(1);
    expect(notes.sort()).toEqual([
      "a p p: answered 200",
      "b q q: was under way when the station ended: nobody knows whether it came",
    ]);
    expect([...store.keys({ gte: "y/", lt: "y0" })]).toEqual([]);
  });

  it("that cannot be recorded is logged, and the station goes on", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const folder = scene().folder();
    const { actions, store, notes } = calls(folder, 0);
    const begun = { push: "b", device: "q", from: "q", choice: "Open", isBegun: true };
    await new Records(store).write([{ key: "y/b/q", value: begun }]);
    store.health.fail(new Error("full"));
    actions.start();
    actions.consequenceOf(PUSH, "p", [ANSWER])?.happened();
    await settle();
    expect(notes).toEqual(["b q q: was under way when the station ended: nobody knows whether it came"]);
    expect(log.mock.calls.flat().filter((line) => String(line).startsWith("action of push"))).toHaveLength(2);
    log.mockRestore();
  });

  it("belongs to its own answer only", () => {
    const { actions } = calls(scene().folder(), 0);
    expect(actions.consequenceOf(PUSH, "p", [{ ...ANSWER, answer: "Close" }])?.changes).toEqual([]);
    expect(actions.consequenceOf(PUSH, "p", [{ ...ANSWER, status: "read" }])).toBe(undefined);
  });
});
