/** When a device is sent what it lacks, in virtual time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeliveryQueue } from "../../../../hosts/station/push/delivery-queue.ts";
import { OpenDeliveries, type OpenPush } from "../../../../hosts/station/push/open-deliveries.ts";
import {
  DELIVERY_ANSWER_MS,
  DELIVERY_INFLIGHT_MAX,
  DELIVERY_RETRY_MS,
  DELIVERY_SETTLE_MS,
  SWEEP_MS,
} from "../../../../hosts/station/shared/limits.ts";

/** Devices that are there, and what each was sent. */
class Bench {
  readonly open = new OpenDeliveries();
  readonly there = new Set<string>();
  readonly sent: string[] = [];
  readonly ended: string[] = [];
  /** What the broker has, as "push device". */
  readonly held = new Set<string>();
  /** Devices to which nothing can be sent. */
  readonly failing = new Set<string>();
  readonly queue: DeliveryQueue;

  constructor() {
    const { open } = this;
    this.queue = new DeliveryQueue(open, {
      isThere: (device) => this.there.has(device),
      isHeld: ({ id }, device) => this.held.has(`${id} ${device}`),
      send: async ({ id }, device) => {
        if (this.failing.has(device)) throw new Error("the disk refuses");
        this.sent.push(`${id} ${device}`);
      },
      end: async ({ id }, device, ending) => {
        this.ended.push(`${id} ${device} ${ending}`);
        open.close(id, device);
      },
    });
    this.queue.start();
  }

  push(id: string, devices: readonly string[], more: Partial<OpenPush> = {}): OpenPush {
    const push = { id, priority: 3, collapseKey: undefined, dueMs: 0, expiresMs: Number.POSITIVE_INFINITY, ...more };
    this.open.add(push, devices);
    for (const device of devices) this.queue.wake(device);
    return push;
  }

  async arrive(device: string): Promise<void> {
    this.there.add(device);
    this.queue.arrived(device);
    await this.pass(0);
  }

  answer(push: OpenPush, device: string): void {
    this.open.close(push.id, device);
    this.queue.closed(push, device);
  }

  /** What was sent since the last call. */
  takeSent(): string[] {
    return this.sent.splice(0);
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }
}

let bench: Bench;
beforeEach(() => {
  vi.useFakeTimers();
  bench = new Bench();
});
afterEach(() => {
  bench.queue.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ids = (count: number) => Array.from({ length: count }, (_, index) => `p${index + 1}`);

describe("a device", () => {
  it("is sent nothing while it is away, and in order a few at a time when it comes", async () => {
    const pushes = ids(DELIVERY_INFLIGHT_MAX + 3).map((id) => bench.push(id, ["a"]));
    await bench.pass(0);
    expect(bench.takeSent()).toEqual([]);
    await bench.arrive("a");
    expect(bench.takeSent()).toEqual(ids(DELIVERY_INFLIGHT_MAX).map((id) => `${id} a`));
    for (const push of pushes.slice(0, 2)) bench.answer(push, "a");
    await bench.pass(0);
    expect(bench.takeSent()).toEqual([5, 6].map((number) => `p${number} a`));
  });

  it("is sent again at its next connection what it has not answered, first and in order, once it had time to answer", async () => {
    const [first, ...others] = ids(3).map((id) => bench.push(id, ["a"]));
    await bench.arrive("a");
    expect(bench.takeSent()).toHaveLength(3);
    bench.there.delete("a");
    const late = bench.push("late", ["a"]);
    await bench.pass(DELIVERY_ANSWER_MS);
    expect(bench.takeSent()).toEqual([]);
    await bench.arrive("a");
    // Its answer comes with the connection.
    bench.answer(first as OpenPush, "a");
    await bench.pass(DELIVERY_SETTLE_MS - 1);
    expect(bench.takeSent()).toEqual(["late a"]);
    await bench.pass(1);
    expect(bench.takeSent()).toEqual(others.map(({ id }) => `${id} a`));
    for (const push of [...others, late]) bench.answer(push, "a");
    await bench.arrive("a");
    await bench.pass(DELIVERY_SETTLE_MS);
    expect([bench.takeSent(), bench.open.size]).toEqual([[], 0]);
  });

  it("is sent again what it has not answered, also if it comes and goes faster than it may answer", async () => {
    bench.push("p1", ["a"]);
    await bench.arrive("a");
    expect(bench.takeSent()).toEqual(["p1 a"]);
    for (let passedMs = 0; passedMs < DELIVERY_SETTLE_MS; passedMs += DELIVERY_SETTLE_MS / 4) {
      await bench.arrive("a");
      await bench.pass(DELIVERY_SETTLE_MS / 4);
    }
    expect(bench.takeSent()).toEqual(["p1 a"]);
  });

  it("is not sent again what the broker still has for it, nor what that has kept over a restart", async () => {
    bench.held.add("p2 a");
    const pushes = ids(2).map((id) => bench.push(id, ["a"]));
    await bench.arrive("a");
    expect(bench.takeSent()).toEqual(["p1 a"]);
    bench.held.add("p1 a");
    await bench.arrive("a");
    await bench.pass(DELIVERY_SETTLE_MS);
    expect(bench.takeSent()).toEqual([]);
    bench.held.clear();
    await bench.arrive("a");
    await bench.pass(DELIVERY_SETTLE_MS);
    expect(bench.takeSent()).toEqual(pushes.map(({ id }) => `${id} a`));
  });

  it("that does not answer gets the next ones after a while, and keeps nobody else waiting", async () => {
    for (const id of ids(DELIVERY_INFLIGHT_MAX + 1)) bench.push(id, ["a", "b"]);
    for (const device of ["a", "b"]) await bench.arrive(device);
    expect(bench.takeSent()).toHaveLength(2 * DELIVERY_INFLIGHT_MAX);
    await bench.pass(DELIVERY_ANSWER_MS - 1);
    expect(bench.takeSent()).toEqual([]);
    await bench.pass(1);
    expect(bench.takeSent()).toEqual([`p${DELIVERY_INFLIGHT_MAX + 1} a`, `p${DELIVERY_INFLIGHT_MAX + 1} b`]);
  });

  it("keeps its order after a failure, which delays no other device", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    bench.failing.add("a");
    for (const device of ["a", "b"]) await bench.arrive(device);
    for (const id of ["1", "2"]) bench.push(id, ["a", "b"]);
    await bench.pass(0);
    expect(bench.takeSent()).toEqual(["1 b", "2 b"]);
    bench.failing.clear();
    await bench.pass(DELIVERY_RETRY_MS);
    expect(bench.takeSent()).toEqual(["1 a", "2 a"]);
    expect(log.mock.calls).toEqual([["push to a: not sent yet: the disk refuses"]]);
  });

  it("is sent nothing while nothing can be recorded, and nothing any more once the station stops", async () => {
    await bench.arrive("a");
    bench.queue.pause();
    bench.push("1", ["a"]);
    await bench.pass(DELIVERY_ANSWER_MS);
    expect(bench.takeSent()).toEqual([]);
    bench.queue.resume();
    await bench.pass(0);
    expect(bench.takeSent()).toEqual(["1 a"]);
    bench.queue.stop();
    bench.push("2", ["a"]);
    await bench.arrive("a");
    await bench.pass(DELIVERY_ANSWER_MS);
    expect(bench.takeSent()).toEqual([]);
  });

  it("gets what came while another one was being sent to it", async () => {
    await bench.arrive("a");
    bench.push("1", ["a"]);
    bench.push("2", ["a"]);
    bench.queue.wake("a");
    await bench.pass(0);
    expect(bench.takeSent()).toEqual(["1 a", "2 a"]);
  });
});

describe("a push that is put off", () => {
  it("is sent when it is due, while those behind it are not held up", async () => {
    await bench.arrive("a");
    bench.push("later", ["a"], { dueMs: performance.now() + SWEEP_MS });
    bench.push("now", ["a"]);
    await bench.pass(0);
    expect(bench.takeSent()).toEqual(["now a"]);
    await bench.pass(SWEEP_MS - 1);
    expect(bench.takeSent()).toEqual([]);
    await bench.pass(SWEEP_MS);
    expect(bench.takeSent()).toEqual(["later a"]);
  });

  it("replaces an older one of its key only then", async () => {
    const older = bench.push("older", ["a"], { collapseKey: "k" });
    const newer = bench.push("newer", ["a"], { collapseKey: "k", dueMs: performance.now() + SWEEP_MS });
    await bench.queue.replaceBy(newer, ["a"]);
    await bench.arrive("a");
    expect([bench.takeSent(), bench.ended, older.id]).toEqual([["older a"], [], "older"]);
  });
});

describe("a push ends", () => {
  it("when it expires before it was sent; one that was sent has time to be answered", async () => {
    const expiresMs = performance.now() + SWEEP_MS;
    bench.push("waits", ["a", "b"], { expiresMs });
    bench.push("is sent", ["c"], { expiresMs });
    bench.push("lives", ["a"]);
    await bench.arrive("c");
    expect(bench.takeSent()).toEqual(["is sent c"]);
    await bench.pass(SWEEP_MS);
    expect(bench.ended.splice(0)).toEqual(["waits a expired", "waits b expired"]);
    await bench.pass(DELIVERY_ANSWER_MS);
    expect(bench.ended).toEqual(["is sent c expired"]);
    await bench.arrive("a");
    expect(bench.takeSent()).toEqual(["lives a"]);
  });

  it("where a newer one of its key replaces it before it was sent, or before it is sent again", async () => {
    const [former, other] = [bench.push("old", ["a", "b"], { collapseKey: "k" }), bench.push("other", ["a"])];
    await bench.arrive("b");
    expect(bench.takeSent()).toEqual(["old b"]);
    const newer = bench.push("new", ["a", "b"], { collapseKey: "k" });
    await bench.queue.replaceBy(newer, ["a", "b"]);
    expect(bench.ended.splice(0)).toEqual(["old a replaced"]);
    expect([bench.open.has(former.id, "b"), bench.open.of("a")]).toEqual([true, [other, newer]]);
    await bench.pass(0);
    expect(bench.takeSent()).toEqual(["new b"]);
    await bench.pass(1);
    await bench.arrive("b");
    await bench.pass(DELIVERY_SETTLE_MS);
    expect([bench.takeSent(), bench.ended]).toEqual([["new b"], ["old b replaced"]]);
  });

  it("where a device lacks too many: the least important goes first, of those the oldest, and none that was sent", async () => {
    await bench.arrive("a");
    bench.push("sent", ["a"], { priority: 1 });
    await bench.pass(0);
    bench.there.clear();
    const priorities = { high: 4, low: 1, first: 3, second: 3 };
    for (const [id, priority] of Object.entries(priorities)) bench.push(id, ["a"], { priority });
    await bench.queue.crowdOut("a", 3);
    expect(bench.ended).toEqual(["low a crowdedOut", "first a crowdedOut"]);
  });
});

describe("OpenDeliveries", () => {
  it("keeps a push to ten thousand devices as one", () => {
    const open = new OpenDeliveries();
    const devices = Array.from({ length: 10_000 }, (_, index) => `d-${index}`);
    const push: OpenPush = { id: "all", priority: 3, collapseKey: undefined, dueMs: 0, expiresMs: 1 };
    open.add(push, devices);
    expect([open.size, open.pushes, open.of("d-9999")]).toEqual([10_000, [push], [push]]);
    for (const device of devices) open.close("all", device);
    open.close("all", "d-1");
    expect([open.size, open.pushes, open.devices, open.isOpen("all")]).toEqual([0, [], [], false]);
  });
});
