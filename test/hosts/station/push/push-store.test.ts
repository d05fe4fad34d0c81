/** Which pushes are stored on disk, and for how long. */
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Directory } from "../../../../hosts/station/directory/directory.ts";
import { DeliveryQueue } from "../../../../hosts/station/push/delivery-queue.ts";
import { PushService } from "../../../../hosts/station/push/push-service.ts";
import { type OpenDelivery, PushStore } from "../../../../hosts/station/push/push-store.ts";
import { EventHub } from "../../../../hosts/station/shared/event-hub.ts";
import { DELIVERIES_OPEN_MAX, DELIVERY_RETRY_MS, IDEMPOTENCY_KEY_MS } from "../../../../hosts/station/shared/limits.ts";
import { type Delivery, NO_PROGRESS, type Push } from "../../../../hosts/station/shared/push.ts";
import { StationStore } from "../../../../hosts/station/store/station-store.ts";
import { StoreHealth } from "../../../../hosts/station/store/store-health.ts";
import { ask, postPush, type StationBench, startStation } from "../harness.ts";
import { scene } from "../scene.ts";

function pushOf(id: string, acceptedAtMs: number): Push {
  return { id, to: "p", text: "x", sender: "admin", acceptedAtMs, progress: { ...NO_PROGRESS, recipients: 1 } };
}

const DELIVERY: Delivery = Object.freeze({ device: "p", state: "accepted", receipts: [] });

function openStore(bench: StationBench, folder: string, max = 10): { store: StationStore; pushes: PushStore } {
  const store = new StationStore(join(folder, "station.db"));
  bench.add(() => store.close());
  return { store, pushes: new PushStore(store, max) };
}

describe("PushStore", () => {
  it("finds unpublished pushes again with their expiry, and no published ones", async () => {
    const bench = scene();
    const folder = bench.folder();
    const { store: disk, pushes: first } = openStore(bench, folder);
    await first.add({ ...pushOf("a", 5_700), expirySeconds: 60 }, [DELIVERY]);
    await first.add(pushOf("b", 6_000), [DELIVERY, { ...DELIVERY, device: "q" }]);
    await first.change(pushOf("b", 6_000), { ...DELIVERY, state: "published" }, true);
    disk.close();
    const { pushes: store } = openStore(bench, folder);
    expect(store.takeOpen()).toEqual([
      { id: "a", device: "p", expiresMs: expect.any(Number) },
      { id: "b", device: "q" },
    ]);
    expect(store.takeOpen()).toEqual([]);
    expect(store.size).toBe(2);
    expect(store.list(10).map(({ id }) => id)).toEqual(["b", "a"]);
    expect(store.list(10, "b").map(({ id }) => id)).toEqual(["a"]);
  });

  it("removes the oldest published push with its deliveries", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 2);
    await store.add(pushOf("a", 1), [DELIVERY]);
    await store.add(pushOf("b", 2), [DELIVERY]);
    expect(await store.makeRoom(undefined)).toBe("full");
    await store.change(pushOf("b", 2), { ...DELIVERY, state: "published" }, true);
    expect(await store.makeRoom(undefined)).toBe("free");
    expect([store.get("a")?.id, store.get("b"), store.delivery("b", "p"), store.size]).toEqual([
      "a",
      undefined,
      undefined,
      1,
    ]);
  });

  it("keeps a push that is not published to all devices, also after the disk has refused", async () => {
    const bench = scene();
    const { store: disk, pushes: store } = openStore(bench, bench.folder(), 1);
    await store.add(pushOf("a", 1), [DELIVERY, { ...DELIVERY, device: "q" }]);
    const publish = () => store.change(pushOf("a", 1), { ...DELIVERY, state: "published" }, true);
    const write = vi.spyOn(disk, "write").mockRejectedValueOnce(new Error("the disk refuses"));
    await expect(publish()).rejects.toThrow("the disk refuses");
    write.mockRestore();
    await publish();
    expect(await store.makeRoom(undefined)).toBe("full");
    await store.change(pushOf("a", 1), { device: "q", state: "published", receipts: [] }, true);
    expect(await store.makeRoom(undefined)).toBe("free");
  });

  it("gives one account a share of the history: its own oldest pushes make room for its next one", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 8);
    await store.add({ ...pushOf("a", 1), sender: "old" }, []);
    await store.add({ ...pushOf("b", 2), sender: "loud" }, []);
    expect(await store.makeRoom("loud")).toBe("free");
    await store.add({ ...pushOf("c", 3), sender: "loud" }, [DELIVERY]);
    expect(store.openOf("loud")).toBe(1);
    expect(await store.makeRoom("old")).toBe("free");
    expect(await store.makeRoom("loud"), "its oldest leaves").toBe("free");
    expect([store.get("a")?.id, store.get("b"), store.get("c")?.id]).toEqual(["a", undefined, "c"]);
    await store.add({ ...pushOf("d", 4), sender: "loud" }, [DELIVERY]);
    expect(await store.makeRoom("loud"), "both wait for their devices").toBe("ownFull");
    expect(await store.makeRoom(undefined), "an administrator").toBe("free");
    const sent = { ...DELIVERY, state: "published" } as const;
    await store.change({ ...pushOf("c", 3), sender: "loud" }, sent, true);
    expect(await store.makeRoom("loud")).toBe("free");
    expect([store.openOf("loud"), store.size]).toEqual([1, 2]);
  });

  it("remembers idempotency keys for the promised time, also if their push has been removed", async () => {
    const bench = scene();
    const { pushes: store } = openStore(bench, bench.folder(), 1);
    const kept = { id: "a", requestHash: "h" };
    await store.add(pushOf("a", 1_000), [DELIVERY], { ...kept, key: "k/1" });
    await store.change(pushOf("a", 1_000), { ...DELIVERY, state: "published" }, true);
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
    const half = DELIVERIES_OPEN_MAX / 2 + 1;
    const devices = Array.from({ length: half }, (_, index) => ({ uid: `d-${index}` }));
    const directory = await Directory.open({ name: "many", load: async () => ({ people: [], devices, groups: [] }) });
    let save: () => void = () => {};
    const store = {
      health: new StoreHealth(),
      makeRoom: async () => "free",
      get: () => undefined,
      add: () =>
        new Promise<void>((resolve) => {
          save = resolve;
        }),
    };
    const broker = { hasSubscriber: () => false };
    const service = new PushService("field", broker as never, store as never, directory, new EventHub());
    const origin = { account: "admin", isAdmin: true };
    const first = service.push({ to: "everyone", text: "x" }, origin);
    await expect(service.push({ to: "everyone", text: "y" }, origin)).rejects.toMatchObject({ statusCode: 503 });
    save();
    expect((await first).isReplayed).toBe(false);
    await expect(service.push({ to: "everyone", text: "y" }, origin)).rejects.toMatchObject({ statusCode: 503 });
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

describe("DeliveryQueue", () => {
  afterEach(() => void vi.useRealTimers());

  it("keeps the order of a device after a failure, which delays no other device", async () => {
    vi.useFakeTimers();
    vi.spyOn(console, "error").mockImplementation(() => {});
    const delivered: string[] = [];
    let isFailing = true;
    const queue = new DeliveryQueue({
      hasReceiver: () => true,
      deliver: async ({ id, device }: OpenDelivery) => {
        if (device === "p" && isFailing) throw new Error("the disk refuses");
        delivered.push(`${device} ${id}`);
      },
      wait: async () => {},
      expire: async () => {},
    });
    for (const id of ["1", "2"]) for (const device of ["p", "q"]) queue.add({ id, device });
    await vi.advanceTimersByTimeAsync(DELIVERY_RETRY_MS / 2);
    expect(delivered).toEqual(["q 1", "q 2"]);
    isFailing = false;
    await vi.advanceTimersByTimeAsync(DELIVERY_RETRY_MS);
    expect(delivered).toEqual(["q 1", "q 2", "p 1", "p 2"]);
    queue.stop();
    vi.restoreAllMocks();
  });

  it("delivers nothing more after it is stopped, and logs nothing", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const delivered: string[] = [];
    let fail: (error: Error) => void = () => {};
    const queue = new DeliveryQueue({
      hasReceiver: () => true,
      deliver: ({ id }: OpenDelivery) => {
        delivered.push(id);
        return id === "1" ? Promise.resolve() : new Promise((_resolve, reject) => (fail = reject));
      },
      wait: async () => {},
      expire: async () => {},
    });
    for (const id of ["1", "2", "3"]) queue.add({ id, device: "p" });
    await vi.waitFor(() => expect(delivered).toEqual(["1", "2"]));
    queue.stop();
    fail(new Error("the database is closed"));
    await new Promise((resolve) => setImmediate(resolve));
    expect([delivered, log.mock.calls]).toEqual([["1", "2"], []]);
    vi.restoreAllMocks();
  });

  it("does not miss a device that subscribes while its absence is being recorded", async () => {
    let isThere = false;
    const delivered: string[] = [];
    const queue = new DeliveryQueue({
      hasReceiver: () => isThere,
      deliver: async ({ id }: OpenDelivery) => void delivered.push(id),
      wait: async () => {
        isThere = true;
        queue.wake("p");
      },
      expire: async () => {},
    });
    queue.add({ id: "1", device: "p" });
    await vi.waitFor(() => expect(delivered).toEqual(["1"]));
    expect([queue.sizeOf("p"), queue.hasRoom(DELIVERIES_OPEN_MAX), queue.hasRoom(DELIVERIES_OPEN_MAX + 1)]).toEqual([
      0,
      true,
      false,
    ]);
    queue.stop();
  });
});
