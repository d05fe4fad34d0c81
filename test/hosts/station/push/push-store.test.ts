/** Which pushes are stored on disk, and for how long. */
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, it, vi } from "vitest";
import { Directory } from "../../../../hosts/station/directory/directory.ts";
import { OpenDeliveries } from "../../../../hosts/station/push/open-deliveries.ts";
import { PushService } from "../../../../hosts/station/push/push-service.ts";
import { PushStore } from "../../../../hosts/station/push/push-store.ts";
import { EventHub } from "../../../../hosts/station/shared/event-hub.ts";
import { DELIVERIES_OPEN_MAX, IDEMPOTENCY_KEY_MS } from "../../../../hosts/station/shared/limits.ts";
import { type Delivery, NO_PROGRESS, type Push } from "../../../../hosts/station/shared/push.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { StoreHealth } from "../../../../hosts/station/store/store-health.ts";
import { ask, postPush, type StationBench, startStation } from "../harness.ts";
import { scene } from "../scene.ts";

function pushOf(id: string, acceptedAtMs: number): Push {
  return { id, to: "p", text: "x", sender: "admin", acceptedAtMs, progress: { ...NO_PROGRESS, recipients: 1 } };
}

const GIVEN: Delivery = Object.freeze({ device: "p", state: "published", receipts: [] });

function openStore(bench: StationBench, folder: string, max = 10): { store: StationStore; pushes: PushStore } {
  const store = new StationStore(join(folder, "station.db"));
  bench.add(() => store.close());
  return { store, pushes: new PushStore(store, max) };
}

describe("PushStore", () => {
  it("keeps what follows from a receipt together with it, or neither", async () => {
    const bench = scene();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { store, pushes } = openStore(bench, bench.folder());
    await pushes.add(pushOf("a", 5_700), ["p", "q"]);
    const kept = () => [...store.keys({ gte: "d/", lt: "d0" }), ...store.keys({ gte: "x/", lt: "x0" })];
    store.health.fail(new Error("full"));
    await expect(pushes.change(pushOf("a", 5_700), GIVEN, false, [{ key: "x/1", value: 0 }])).rejects.toThrow("full");
    expect(kept()).toEqual([]);
    const owed = pushes.change(pushOf("a", 5_700), { ...GIVEN, device: "q" }, true, [{ key: "x/2", value: 0 }]);
    expect(kept()).toEqual([]);
    store.broker.write(new Map());
    await owed;
    expect(kept()).toEqual(["d/a/q", "x/2"]);
  });

  it("finds again what devices lack, in order and with its expiry", async () => {
    const bench = scene();
    const folder = bench.folder();
    const { store: disk, pushes: first } = openStore(bench, folder);
    await first.add({ ...pushOf("a", 5_700), expirySeconds: 60, priority: 5, collapseKey: "k" }, ["p"]);
    await first.add(pushOf("b", 6_000), ["q", "p"]);
    await first.add(pushOf("c", 6_000), ["p"]);
    await first.change(pushOf("b", 6_000), GIVEN);
    await first.change(pushOf("c", 6_000), GIVEN);
    disk.close();
    const { pushes: store } = openStore(bench, folder);
    const [a, b] = store.open.pushes;
    expect(a).toEqual({
      id: "a",
      priority: 5,
      collapseKey: "k",
      dueMs: expect.any(Number),
      expiresMs: expect.any(Number),
    });
    expect([a?.expiresMs, b?.expiresMs].map((ms) => Math.round(((ms ?? 0) - performance.now()) / 1_000))).toEqual([
      60,
      30 * 24 * 3_600,
    ]);
    expect([store.open.of("p"), store.open.of("q"), store.openOf("admin")]).toEqual([[a], [b], 2]);
    expect(store.size).toBe(3);
    expect(store.list(10).map(({ id }) => id)).toEqual(["c", "b", "a"]);
    expect(store.list(10, "b").map(({ id }) => id)).toEqual(["a"]);
    expect(store.deliveries("b", 10)).toEqual([GIVEN, { device: "q", state: "accepted", receipts: [] }]);
    expect([store.delivery("b", "r"), store.delivery("c", "q")]).toEqual([undefined, undefined]);
  });

  it("writes as much for a push to ten thousand devices as for one to a single device", async () => {
    const bench = scene();
    const { store: disk, pushes: store } = openStore(bench, bench.folder());
    const devices = Array.from({ length: 10_000 }, (_, index) => `d-${String(index).padStart(5, "0")}`);
    const keys = async (id: string, to: readonly string[]) => {
      const write = vi.spyOn(disk, "write");
      await store.add(pushOf(id, 1), to);
      const written = write.mock.calls.flatMap(([change]) => [...change.keys()]);
      write.mockRestore();
      return written;
    };
    expect(await keys("a", ["p"])).toEqual(["p/a", "r/a", "o/a", "c/admin"]);
    expect(await keys("b", devices)).toEqual(["p/b", "r/b", "o/b", "c/admin"]);
    expect([store.open.size, store.deliveries("b", 3).map(({ device }) => device)]).toEqual([
      10_001,
      ["d-00000", "d-00001", "d-00002"],
    ]);
  });

  it("reads the records of schema version 1, and goes on where it has ended", async () => {
    const bench = scene();
    const folder = bench.folder();
    openStore(bench, folder).store.close();
    const database = new Database(join(folder, "station.db"));
    const put = database.prepare<[string, Uint8Array]>("insert into push values (?, ?)");
    const records: Record<string, unknown> = {
      "p/a": pushOf("a", 1),
      "d/a/p": { device: "p", state: "published", publishedAtMs: 2, receipts: [] },
      "d/a/q": { device: "q", state: "waiting", receipts: [] },
      "o/a/q": 0,
      "p/b": pushOf("b", 2),
      "d/b/p": { device: "p", state: "published", publishedAtMs: 3, receipts: [] },
      "p/c": pushOf("c", 3),
      "d/c/p": {
        device: "p",
        state: "accepted",
        receipts: [{ status: "stored", from: "x", atMs: 1, deviceSeconds: 0 }],
      },
      "o/c/p": 0,
      "c/admin": 3,
    };
    for (const [key, value] of Object.entries(records)) put.run(key, Buffer.from(JSON.stringify(value)));
    database.pragma("user_version = 1");
    database.close();
    const { store: disk, pushes: store } = openStore(bench, folder);
    expect([store.size, store.open.of("q").map(({ id }) => id), store.open.of("p")]).toEqual([3, ["a"], []]);
    expect(store.deliveries("a", 9).map(({ device, state }) => `${device} ${state}`)).toEqual([
      "p published",
      "q accepted",
    ]);
    expect(store.deliveries("b", 9).map(({ state }) => state)).toEqual(["published"]);
    expect(store.delivery("c", "p")).toMatchObject({ state: "published", receipts: [{ status: "stored" }] });
    await store.change(pushOf("a", 1), { ...GIVEN, device: "q" });
    disk.close();
    expect(openStore(bench, folder).pushes.open.size).toBe(0);
  });

  it("does not open a file of a later version", () => {
    const bench = scene();
    const folder = bench.folder();
    openStore(bench, folder).store.close();
    const database = new Database(join(folder, "station.db"));
    database.pragma("user_version = 99");
    database.close();
    expect(() => new StationStore(join(folder, "station.db"))).toThrow("schema version 99, expected 2");
  });

  it("removes the oldest push that nobody lacks, with its deliveries", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 2);
    await store.add(pushOf("a", 1), ["p"]);
    await store.add(pushOf("b", 2), ["p"]);
    expect(await store.makeRoom(undefined)).toBe("full");
    await store.change(pushOf("b", 2), GIVEN);
    expect(await store.makeRoom(undefined)).toBe("free");
    expect([store.get("a")?.id, store.get("b"), store.delivery("b", "p"), store.recipients("b"), store.size]).toEqual([
      "a",
      undefined,
      undefined,
      [],
      1,
    ]);
  });

  it("keeps a push that somebody lacks, also after the disk has refused", async () => {
    const bench = scene();
    const folder = bench.folder();
    const { store: disk, pushes: store } = openStore(bench, folder, 1);
    await store.add(pushOf("a", 1), ["p", "q"]);
    const give = () => store.change(pushOf("a", 1), GIVEN);
    const write = vi.spyOn(disk, "write").mockRejectedValueOnce(new Error("the disk refuses"));
    await expect(give()).rejects.toThrow("the disk refuses");
    write.mockRestore();
    expect(store.open.of("p")).toHaveLength(1);
    await give();
    expect(await store.makeRoom(undefined)).toBe("full");
    await store.change(pushOf("a", 1), { ...GIVEN, device: "q" });
    expect(await store.makeRoom(undefined)).toBe("free");
  });

  it("gives one account a share of the history: its own oldest pushes make room for its next one", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 8);
    await store.add({ ...pushOf("a", 1), sender: "old" }, []);
    await store.add({ ...pushOf("b", 2), sender: "loud" }, []);
    expect(await store.makeRoom("loud")).toBe("free");
    await store.add({ ...pushOf("c", 3), sender: "loud" }, ["p"]);
    expect(store.openOf("loud")).toBe(1);
    expect(await store.makeRoom("old")).toBe("free");
    expect(await store.makeRoom("loud"), "its oldest leaves").toBe("free");
    expect([store.get("a")?.id, store.get("b"), store.get("c")?.id]).toEqual(["a", undefined, "c"]);
    await store.add({ ...pushOf("d", 4), sender: "loud" }, ["p"]);
    expect(await store.makeRoom("loud"), "both wait for their devices").toBe("ownFull");
    expect(await store.makeRoom(undefined), "an administrator").toBe("free");
    await store.change({ ...pushOf("c", 3), sender: "loud" }, GIVEN);
    expect(await store.makeRoom("loud")).toBe("free");
    expect([store.openOf("loud"), store.size]).toEqual([1, 2]);
  });

  it("remembers idempotency keys for the promised time, also if their push has been removed", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 1);
    const kept = { id: "a", requestHash: "h" };
    await store.add(pushOf("a", 1_000), ["p"], { ...kept, key: "k/1" });
    await store.change(pushOf("a", 1_000), GIVEN);
    await store.makeRoom(undefined);
    expect([store.get("a"), store.key("admin", "k/1")]).toEqual([undefined, kept]);
    await store.forgetKeys(1_000 + IDEMPOTENCY_KEY_MS);
    expect(store.key("admin", "k/1")).toEqual(kept);
    expect(store.key("other", "k/1")).toBeUndefined();
    await store.forgetKeys(1_001 + IDEMPOTENCY_KEY_MS);
    expect(store.key("admin", "k/1")).toBeUndefined();
  });
});

describe("PushService", () => {
  it("counts pushes that are still being stored, so that two together do not pass the limit", async () => {
    const devices = ["d-1", "d-2"].map((uid) => ({ uid }));
    const directory = await Directory.open({ name: "many", load: async () => ({ people: [], devices, groups: [] }) });
    let save: () => void = () => {};
    const open = new OpenDeliveries();
    // Room for three more.
    vi.spyOn(open, "size", "get").mockReturnValue(DELIVERIES_OPEN_MAX - 3);
    const store = {
      health: new StoreHealth(),
      open,
      makeRoom: async () => "free",
      get: () => undefined,
      deliveries: () => [],
      add: () =>
        new Promise<void>((resolve) => {
          save = resolve;
        }),
    };
    const broker = { hasReceiver: () => false };
    const service = new PushService("field", broker as never, store as never, directory, new EventHub());
    const origin = { account: "admin", isAdmin: true };
    const first = service.push({ to: "everyone", text: "x" }, origin);
    await expect(service.push({ to: "everyone", text: "y" }, origin)).rejects.toMatchObject({ statusCode: 503 });
    save();
    expect((await first).isReplayed).toBe(false);
    const next = service.push({ to: "everyone", text: "y" }, origin);
    await new Promise((resolve) => setImmediate(resolve));
    save();
    expect((await next).isReplayed, "the room that was reserved for the first is there again").toBe(false);
    service.stop();
  });
});

describe("a replayed idempotency key", () => {
  it("gives the same answer after a restart and sends nothing; another body is refused", async () => {
    const bench = scene();
    const data = bench.folder();
    const first = await startStation({ data });
    const headers = { "idempotency-key": "order-7" };
    const body = { to: "pager-1", text: "once", priority: 4 };
    const { answer } = await postPush(first.url, body, headers);
    await first.close();
    const station = await bench.station({ data });
    const again = await postPush(station.url, { priority: 4, text: "once", to: "pager-1" }, headers);
    expect(again).toEqual({ status: 202, answer });
    expect((await postPush(station.url, { ...body, text: "twice" }, headers)).status).toBe(422);
    const { pushes } = (await (await ask(station.url, "/api/pushes")).json()) as { pushes: Push[] };
    expect(pushes.map(({ id }) => id)).toEqual([answer.id]);
  });
});
