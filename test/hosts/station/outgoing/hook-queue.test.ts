/** When a webhook is told what, in virtual time. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CallOutcome } from "../../../../hosts/station/outgoing/call.ts";
import { HookQueue } from "../../../../hosts/station/outgoing/hook-queue.ts";
import { HOOK_INFLIGHT_MAX, HOOK_RETRY_MS, HOOK_RETRY_MS_MAX } from "../../../../hosts/station/shared/limits.ts";

/** A server whose answers the test gives. */
class Bench {
  readonly sent: string[] = [];
  readonly ended: string[] = [];
  /** How it answers each event; it does not until it is told. */
  readonly answers = new Map<string, CallOutcome["result"]>();
  byDefault: CallOutcome["result"] | undefined = "taken";
  retryAfterMs: number | undefined;
  readonly #open: (() => void)[] = [];
  readonly queue = new HookQueue(
    {
      send: async ({ id }) => {
        this.sent.push(id);
        const result = this.answers.get(id) ?? this.byDefault;
        if (result === undefined) await new Promise<void>((resolve) => this.#open.push(resolve));
        return { result: result ?? "taken", words: "", ...(this.retryAfterMs && { retryAfterMs: this.retryAfterMs }) };
      },
      done: ({ id }, ending) => this.ended.push(`${id} ${ending}`),
    },
    () => 1,
  );

  add(id: string, untilMs = Number.POSITIVE_INFINITY): void {
    this.queue.add({ id, push: id.charAt(0), untilMs });
  }

  /** What was sent since the last call, after so much time. */
  async after(ms: number): Promise<string> {
    await vi.advanceTimersByTimeAsync(ms);
    return this.sent.splice(0).join(" ");
  }

  /** The server answers what it has. */
  answer(): void {
    for (const resolve of this.#open.splice(0)) resolve();
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
});

it("is told the events of one push one after the other, and those of others a few at a time", async () => {
  bench.byDefault = undefined;
  for (const id of ["a1", "a2", "a3", "b1", "c1", "d1", "e1"]) bench.add(id);
  expect(await bench.after(0)).toBe("a1 b1 c1 d1");
  expect(HOOK_INFLIGHT_MAX).toBe(4);
  bench.answer();
  expect(await bench.after(0)).toBe("e1 a2");
  bench.answer();
  expect(await bench.after(0)).toBe("a3");
  bench.answer();
  await bench.after(0);
  expect([bench.queue.size, bench.ended]).toEqual([
    0,
    ["a1 taken", "b1 taken", "c1 taken", "d1 taken", "e1 taken", "a2 taken", "a3 taken"],
  ]);
});

it("is left alone while it is away, twice as long after each failure, and then one goes ahead", async () => {
  bench.byDefault = "away";
  bench.add("a1");
  expect(await bench.after(0)).toBe("a1");
  bench.add("a2");
  bench.add("b1");
  expect(await bench.after(HOOK_RETRY_MS - 1)).toBe("");
  expect(await bench.after(1)).toBe("a1");
  expect(await bench.after(2 * HOOK_RETRY_MS - 1)).toBe("");
  // Another push goes ahead: the first one may be what its server cannot take.
  expect(await bench.after(1)).toBe("b1");
  for (let failures = 3; failures < 14; failures += 1) await bench.after(HOOK_RETRY_MS * 2 ** (failures - 1));
  await bench.after(HOOK_RETRY_MS_MAX);
  bench.sent.length = 0;
  expect(await bench.after(HOOK_RETRY_MS_MAX)).toMatch(/^(a1|b1)$/);
  bench.byDefault = "taken";
  await bench.after(HOOK_RETRY_MS_MAX);
  expect(bench.ended.filter((end) => end.startsWith("a"))).toEqual(["a1 taken", "a2 taken"]);
  expect(bench.queue.size).toBe(0);
});

it("is asked again when it has said so", async () => {
  bench.byDefault = "away";
  bench.retryAfterMs = 60_000;
  bench.add("a1");
  expect(await bench.after(59_999)).toBe("a1");
  expect(await bench.after(1)).toBe("a1");
});

it("what it refuses holds up its own push only", async () => {
  bench.answers.set("a1", "refused");
  for (const id of ["a1", "a2", "b1", "b2", "c1"]) bench.add(id);
  expect(await bench.after(0)).toBe("a1 b1 c1 b2");
  expect(await bench.after(HOOK_RETRY_MS - 1)).toBe("");
  expect(await bench.after(1)).toBe("a1");
  bench.answers.delete("a1");
  expect(await bench.after(2 * HOOK_RETRY_MS)).toBe("a1 a2");
});

it("is not told what is too old, or what leaves because there is too much", async () => {
  bench.byDefault = "away";
  bench.add("a1", performance.now() + HOOK_RETRY_MS - 1);
  bench.add("a2");
  await bench.after(0);
  bench.byDefault = undefined;
  bench.sent.length = 0;
  expect(await bench.after(HOOK_RETRY_MS)).toBe("a2");
  expect(bench.ended).toEqual(["a1 old"]);
  bench.add("a3");
  bench.add("b1");
  // The one that is under way stays.
  expect([bench.queue.dropOldest()?.id, bench.queue.dropOldest()?.id, bench.queue.dropOldest()]).toEqual([
    "a3",
    "b1",
    undefined,
  ]);
  bench.answer();
  await bench.after(0);
  expect([bench.queue.size, bench.ended.at(-1)]).toEqual([0, "a2 taken"]);
});

it("is told nothing more after the end", async () => {
  bench.byDefault = "away";
  bench.add("a1");
  await bench.after(0);
  bench.queue.stop();
  bench.add("b1");
  bench.sent.length = 0;
  expect(await bench.after(HOOK_RETRY_MS_MAX)).toBe("");
});
