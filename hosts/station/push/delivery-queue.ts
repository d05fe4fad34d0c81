/**
 * Sends devices what they lack: in order, a few at a time, while they are there. What a device has not answered is sent again at its next
 * connection, unless the broker still has it for the device. A device drops what it has already.
 */

import {
  DELIVERY_ANSWER_MS,
  DELIVERY_INFLIGHT_MAX,
  DELIVERY_RETRY_MS,
  DELIVERY_SETTLE_MS,
  SWEEP_MS,
} from "../shared/limits.ts";
import type { OpenDeliveries, OpenPush } from "./open-deliveries.ts";

/** Why a device gets a push no more. */
export type Ending = "expired" | "replaced" | "crowdedOut";

export interface DeliveryHandlers {
  /** Whether the device is there to take something. */
  isThere(device: string): boolean;
  /** Whether the broker has this push for the device, which is there and has not acknowledged it. */
  isHeld(push: OpenPush, device: string): boolean;
  /** Hands a push to the broker. After a rejection it is tried again. */
  send(push: OpenPush, device: string): Promise<void>;
  /** Records that a device gets a push no more. */
  end(push: OpenPush, device: string, ending: Ending): Promise<void>;
}

/** What is under way to one device. */
interface Line {
  /** When each push that it has not answered was sent, in milliseconds of `performance.now()`. */
  readonly sent: Map<OpenPush, number>;
  /** When it came. */
  arrivedMs: number;
  isRunning: boolean;
  /** Something has changed meanwhile. */
  isRunWanted: boolean;
  timer: NodeJS.Timeout | undefined;
  /** When the timer looks at it again. Infinity: there is none. */
  lookMs: number;
}

/** Deliveries that are ended at the same time. */
const ENDED_AT_ONCE = 256;

export class DeliveryQueue {
  readonly #open: OpenDeliveries;
  readonly #handlers: DeliveryHandlers;
  /** Only of devices to which something is under way. */
  readonly #lines = new Map<string, Line>();
  /** Devices to which something could not be sent. */
  readonly #failed = new Set<string>();
  #isStopped = false;
  #isPaused = false;
  #retry: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(open: OpenDeliveries, handlers: DeliveryHandlers) {
    this.#open = open;
    this.#handlers = handlers;
  }

  /** When a push was sent to a device that has not answered it, in milliseconds of `performance.now()`. */
  sentMs(push: OpenPush, device: string): number | undefined {
    return this.#lines.get(device)?.sent.get(push);
  }

  /** What was sent to a device, and it has not answered. */
  sentTo(device: string): readonly OpenPush[] {
    return [...(this.#lines.get(device)?.sent.keys() ?? [])];
  }

  /** The device lacks something that it did not. It may be called in the middle of an input of the broker. */
  wake(device: string): void {
    queueMicrotask(() => void this.#run(device));
  }

  /** The device has connected. It may be called in the middle of an input of the broker. */
  arrived(device: string): void {
    const line = this.#lines.get(device);
    if (line) {
      line.arrivedMs = performance.now();
      if (line.sent.size > 0) this.#lookAt(device, line, line.arrivedMs + DELIVERY_SETTLE_MS);
    }
    this.wake(device);
  }

  /** The device has it, or gets it no more. */
  closed(push: OpenPush, device: string): void {
    const line = this.#lines.get(device);
    if (line?.sent.delete(push)) this.wake(device);
  }

  /** What waits goes out to everyone who is there. */
  wakeAll(): void {
    for (const device of this.#open.devices) this.wake(device);
  }

  /** Everyone may have connected anew: the broker was away. */
  allArrived(): void {
    for (const device of this.#open.devices) this.arrived(device);
  }

  /** Nothing can be sent or recorded. What waits goes on with `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wakeAll();
  }

  /** Begins to send, and to look for pushes that become due or expire while they wait. */
  start(): void {
    let sweptMs = performance.now();
    this.#sweep = setInterval(() => {
      const nowMs = performance.now();
      if (this.#open.pushes.some(({ dueMs }) => dueMs > sweptMs && dueMs <= nowMs)) this.wakeAll();
      sweptMs = nowMs;
      void this.#expireAll();
    }, SWEEP_MS).unref();
    this.wakeAll();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#retry);
    for (const { timer } of this.#lines.values()) clearTimeout(timer);
    this.#lines.clear();
  }

  /** Ends, where they were not sent yet, the older pushes that a new one replaces. */
  async replaceBy(newer: OpenPush, devices: readonly string[]): Promise<void> {
    const { collapseKey } = newer;
    // One that is put off replaces the older ones when it is due.
    if (collapseKey === undefined || newer.dueMs > performance.now()) return;
    await atOnce(devices, async (device) => {
      for (const push of [...this.#open.of(device)]) {
        if (push === newer) return;
        if (push.collapseKey === collapseKey && this.sentMs(push, device) === undefined)
          await this.#handlers.end(push, device, "replaced");
      }
    });
  }

  /** Ends the least important of what waits for a device, the oldest first, until it lacks no more than so many. */
  async crowdOut(device: string, max: number): Promise<void> {
    while (this.#open.of(device).length > max) {
      const waiting = this.#open.of(device).filter((push) => this.sentMs(push, device) === undefined);
      const [first] = waiting.toSorted((a, b) => a.priority - b.priority);
      if (!first) return;
      await this.#handlers.end(first, device, "crowdedOut");
    }
  }

  async #run(device: string): Promise<void> {
    if (this.#isStopped || this.#isPaused) return;
    const line = this.#lines.get(device) ?? newLine();
    if (line.isRunning) {
      line.isRunWanted = true;
      return;
    }
    if (line.sent.size === 0 && !this.#next(device, line)) {
      this.#drop(device, line);
      return;
    }
    this.#lines.set(device, line);
    line.isRunning = true;
    try {
      do {
        line.isRunWanted = false;
        for (let next = this.#next(device, line); next; next = this.#next(device, line))
          await this.#handle(next, device, line);
      } while (line.isRunWanted);
    } catch (error) {
      if (this.#isStopped || this.#isPaused) return;
      console.error(`push to ${device}: not sent yet: ${error instanceof Error ? error.message : error}`);
      this.#retryLater(device);
    } finally {
      line.isRunning = false;
      if (line.sent.size === 0) this.#drop(device, line);
    }
  }

  #drop(device: string, line: Line): void {
    clearTimeout(line.timer);
    if (this.#lines.get(device) === line) this.#lines.delete(device);
  }

  async #handle(push: OpenPush, device: string, { sent }: Line): Promise<void> {
    const nowMs = performance.now();
    if (push.expiresMs <= nowMs) await this.#handlers.end(push, device, "expired");
    else if (this.#isReplaced(push, device)) await this.#handlers.end(push, device, "replaced");
    else {
      sent.set(push, nowMs);
      // The broker has kept it over a restart.
      if (this.#handlers.isHeld(push, device)) return;
      try {
        await this.#handlers.send(push, device);
      } catch (error) {
        sent.delete(push);
        throw error;
      }
    }
  }

  /** The next that a device lacks and was not sent. undefined: none, or the device is not there, or has enough to answer. */
  #next(device: string, line: Line): OpenPush | undefined {
    if (this.#isStopped || this.#isPaused || !this.#handlers.isThere(device)) return undefined;
    const nowMs = performance.now();
    const next = this.#open.of(device).find((push) => push.dueMs <= nowMs && !line.sent.has(push));
    if (!next) return undefined;
    // One that gives no answer does not hold up the others for ever.
    const sinceMs = nowMs - DELIVERY_ANSWER_MS;
    const awaited = [...line.sent.values()].filter((sentMs) => sentMs > sinceMs);
    if (awaited.length < DELIVERY_INFLIGHT_MAX) return next;
    this.#lookAt(device, line, Math.min(...awaited) + DELIVERY_ANSWER_MS);
    return undefined;
  }

  #isReplaced({ collapseKey, id }: OpenPush, device: string): boolean {
    if (collapseKey === undefined) return false;
    const nowMs = performance.now();
    const newest = this.#open.of(device).findLast((push) => push.collapseKey === collapseKey && push.dueMs <= nowMs);
    return newest !== undefined && newest.id !== id;
  }

  #lookAt(device: string, line: Line, atMs: number): void {
    if (line.lookMs <= atMs || this.#isStopped) return;
    clearTimeout(line.timer);
    line.lookMs = atMs;
    const look = () => {
      line.lookMs = Number.POSITIVE_INFINITY;
      for (const [push, sentMs] of line.sent)
        if (sentMs < line.arrivedMs && !this.#handlers.isHeld(push, device)) line.sent.delete(push);
      void this.#run(device);
    };
    line.timer = setTimeout(look, Math.max(0, atMs - performance.now())).unref();
  }

  #retryLater(device: string): void {
    this.#failed.add(device);
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      const failed = [...this.#failed];
      this.#failed.clear();
      for (const each of failed) void this.#run(each);
    }, DELIVERY_RETRY_MS).unref();
  }

  /** Ends what has expired. One that was sent may have an answer under way. */
  async #expireAll(): Promise<void> {
    const nowMs = performance.now();
    if (this.#isPaused || !this.#open.pushes.some(({ expiresMs }) => expiresMs <= nowMs)) return;
    const expired = this.#open.devices.flatMap((device) =>
      this.#open
        .of(device)
        .filter(({ expiresMs }) => expiresMs <= nowMs)
        .filter((push) => this.sentMs(push, device) === undefined || push.expiresMs + DELIVERY_ANSWER_MS <= nowMs)
        .map((push) => ({ push, device })),
    );
    await atOnce(expired, ({ push, device }) => this.#handlers.end(push, device, "expired")).catch(() => {
      // The write failed. The next round tries again.
    });
  }
}

/** Does something for many, a part of them at the same time. */
export async function atOnce<Item>(items: readonly Item[], run: (item: Item) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += ENDED_AT_ONCE)
    await Promise.all(items.slice(at, at + ENDED_AT_ONCE).map(run));
}

function newLine(): Line {
  return {
    sent: new Map(),
    arrivedMs: 0,
    isRunning: false,
    isRunWanted: false,
    timer: undefined,
    lookMs: Number.POSITIVE_INFINITY,
  };
}
