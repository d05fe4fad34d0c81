/**
 * What one webhook is still to be told: the events of one push in order, those of several pushes a few at a time. What its server has no
 * time for is tried again, later with each failure. What it refuses holds up its own push only.
 */
import { HOOK_INFLIGHT_MAX, HOOK_RETRY_MS, HOOK_RETRY_MS_MAX } from "../shared/limits.ts";
import type { CallOutcome } from "./call.ts";

/** Something to be told. */
export interface HookEvent {
  readonly id: string;
  /** Of the push that it is about. */
  readonly push: string;
  /** When it is given up, in milliseconds of `performance.now()`. */
  readonly untilMs: number;
}

export interface HookHandlers {
  send(event: HookEvent): Promise<CallOutcome>;
  /** It was taken, or is given up. */
  done(event: HookEvent, ending: "taken" | "old"): void;
}

/** The events of one push. */
interface Lane {
  readonly events: HookEvent[];
  isSending: boolean;
  refusals: number;
  /** When the first of them may be tried again. */
  dueMs: number;
}

export class HookQueue {
  readonly #handlers: HookHandlers;
  readonly #random: () => number;
  /** By push. Those that are tried next come first. */
  readonly #lanes = new Map<string, Lane>();
  #size = 0;
  #sending = 0;
  /** Failures in a row that are the server's. */
  #failures = 0;
  #pausedMs = 0;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param random from 0 up to 1 */
  constructor(handlers: HookHandlers, random: () => number = Math.random) {
    this.#handlers = handlers;
    this.#random = random;
  }

  get size(): number {
    return this.#size;
  }

  add(event: HookEvent): void {
    const lane = this.#lanes.get(event.push) ?? { events: [], isSending: false, refusals: 0, dueMs: 0 };
    lane.events.push(event);
    this.#lanes.set(event.push, lane);
    this.#size += 1;
    this.#run();
  }

  /** Takes the oldest out that is not under way. undefined: there is none. */
  dropOldest(): HookEvent | undefined {
    for (const [push, lane] of this.#lanes) {
      const [oldest] = lane.events.splice(lane.isSending ? 1 : 0, 1);
      if (!oldest) continue;
      this.#size -= 1;
      if (lane.events.length === 0) this.#lanes.delete(push);
      return oldest;
    }
    return undefined;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    this.#dropOld(nowMs);
    // After a failure one goes ahead, to see whether its server is back.
    const room = this.#failures > 0 ? 1 : HOOK_INFLIGHT_MAX;
    for (const [push, lane] of this.#lanes) {
      if (this.#sending >= room || this.#pausedMs > nowMs) break;
      if (!lane.isSending && lane.dueMs <= nowMs) void this.#send(push, lane);
    }
    this.#wakeLater(nowMs);
  }

  #dropOld(nowMs: number): void {
    for (const [push, { events, isSending }] of this.#lanes) {
      while (!isSending && events[0] && events[0].untilMs <= nowMs) {
        this.#handlers.done(events.shift() as HookEvent, "old");
        this.#size -= 1;
      }
      if (events.length === 0) this.#lanes.delete(push);
    }
  }

  #wakeLater(nowMs: number): void {
    const waiting = [...this.#lanes.values()].filter(({ isSending }) => !isSending).map(({ dueMs }) => dueMs);
    if (waiting.length === 0) return;
    const atMs = Math.max(Math.min(...waiting), this.#pausedMs);
    // What may go already goes when another one is done.
    if (atMs > nowMs) this.#timer = setTimeout(() => this.#run(), atMs - nowMs).unref();
  }

  async #send(push: string, lane: Lane): Promise<void> {
    const [event] = lane.events;
    if (!event) return;
    lane.isSending = true;
    this.#sending += 1;
    const outcome = await this.#handlers.send(event);
    lane.isSending = false;
    this.#sending -= 1;
    if (this.#isStopped) return;
    const nowMs = performance.now();
    // It is tried behind the others.
    this.#lanes.delete(push);
    if (outcome.result === "taken") {
      lane.events.shift();
      lane.refusals = 0;
      this.#size -= 1;
      this.#failures = 0;
      this.#pausedMs = 0;
      this.#handlers.done(event, "taken");
    } else if (outcome.result === "refused") {
      lane.refusals += 1;
      lane.dueMs = nowMs + this.#waitMs(lane.refusals);
    } else {
      this.#failures += 1;
      this.#pausedMs =
        nowMs + Math.max(this.#waitMs(this.#failures), Math.min(outcome.retryAfterMs ?? 0, HOOK_RETRY_MS_MAX));
    }
    if (lane.events.length > 0) this.#lanes.set(push, lane);
    this.#run();
  }

  /** Doubles with each failure. Half of it is chance, so that not all come back at once. */
  #waitMs(failures: number): number {
    const wholeMs = Math.min(HOOK_RETRY_MS_MAX, HOOK_RETRY_MS * 2 ** Math.min(failures - 1, 30));
    return wholeMs * (0.5 + this.#random() / 2);
  }
}
