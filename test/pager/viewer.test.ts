import { describe, expect, it } from "vitest";
import { DWELL_BACKLOG_MAX } from "../../src/limits.ts";
import { Inbox } from "../../src/pager/inbox.ts";
import { Viewer } from "../../src/pager/viewer.ts";
import { MemoryStore } from "../memory-store.ts";

const DWELL_MS = 500;

class Bench {
  readonly store = new MemoryStore();
  readonly inbox = new Inbox(this.store);
  readonly viewer = new Viewer(this.inbox, DWELL_MS);
  nowMs = 1000;

  arrive(count: number): void {
    for (let index = 0; index < count; index += 1)
      this.inbox.insert(
        { name: `n-${this.inbox.length}`, sender: "bob", text: "x", priority: 3, timestampSeconds: 0 },
        0,
      );
  }

  /** What is on the screen after painting at this time. */
  paint(afterMs = 0): number | undefined {
    this.nowMs += afterMs;
    this.viewer.update(this.nowMs);
    if (this.viewer.current !== undefined) this.inbox.markShown(this.viewer.current);
    return this.viewer.current;
  }
}

describe("viewer", () => {
  it("shows a new message at once, and the next one after the dwell time", () => {
    const bench = new Bench();
    expect(bench.paint()).toBeUndefined();
    bench.arrive(2);
    expect(bench.paint()).toBe(1);
    expect(bench.viewer.timeoutMs).toBe(bench.nowMs + DWELL_MS);
    expect(bench.paint(DWELL_MS - 1)).toBe(1);
    expect(bench.paint(1)).toBe(2);
    expect(bench.viewer.timeoutMs).toBeUndefined();
    expect(bench.paint(60_000)).toBe(2);
  });

  it("lets a backlog pass at once and dwells on its last ones", () => {
    const bench = new Bench();
    bench.arrive(DWELL_BACKLOG_MAX + 4);
    expect([bench.paint(), bench.paint(), bench.paint(), bench.paint()]).toEqual([1, 2, 3, 4]);
    expect(bench.paint()).toBe(4);
    expect(bench.paint(DWELL_MS)).toBe(5);
  });

  it("goes to older and newer ones, home behind the newest, and back", () => {
    const bench = new Bench();
    bench.arrive(3);
    for (let index = 0; index < 3; index += 1) bench.paint(DWELL_MS);
    const moves = (["older", "older", "older", "newer", "newer", "newer", "newer", "older"] as const).map(
      (direction) => {
        bench.viewer.move(direction, bench.nowMs);
        return bench.viewer.current;
      },
    );
    expect(moves).toEqual([2, 1, 1, 2, 3, undefined, undefined, 3]);
  });

  it("marks as read and goes on to the newest unread one, then home", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.paint(DWELL_MS);
    bench.viewer.acknowledge(bench.nowMs);
    expect([bench.viewer.current, bench.inbox.unreadCount]).toEqual([1, 1]);
    bench.viewer.acknowledge(bench.nowMs);
    expect([bench.viewer.current, bench.inbox.unreadCount]).toEqual([undefined, 0]);
    bench.viewer.acknowledge(bench.nowMs);
    expect(bench.viewer.current).toBeUndefined();
  });

  it("goes on also where the store refuses to record that it was read", () => {
    const bench = new Bench();
    bench.arrive(2);
    bench.paint();
    bench.paint(DWELL_MS);
    bench.store.isFailing = true;
    expect(() => bench.viewer.acknowledge(bench.nowMs)).toThrow("flash is full");
    expect([bench.viewer.current, bench.inbox.unreadCount]).toEqual([1, 1]);
  });
});
