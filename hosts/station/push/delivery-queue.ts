/**
 * Deliveries that the broker does not have yet, in order for each device. A device's queue waits until somebody has subscribed for
 * it, and after a failure until the next try.
 */

import { DELIVERIES_OPEN_MAX, DELIVERY_RETRY_MS, EXPIRY_SWEEP_MS } from "../shared/limits.ts";
import type { OpenDelivery } from "./push-store.ts";

export interface DeliveryHandlers {
  /** Whether anybody has subscribed for this device. */
  hasReceiver(device: string): boolean;
  /** Hands a delivery to the broker and records that. After a rejection it is tried again. */
  deliver(delivery: OpenDelivery): Promise<void>;
  /** Records that it waits for the device's first connection. */
  wait(delivery: OpenDelivery): Promise<void>;
  /** The delivery has expired while it waited. */
  expire(delivery: OpenDelivery): Promise<void>;
}

interface Queue {
  readonly deliveries: OpenDelivery[];
  /** How many of them, from the first on, are recorded as waiting. */
  waitingCount: number;
  isRunning: boolean;
  /** Somebody has subscribed since `hasReceiver` was last asked. */
  isWoken: boolean;
}

export class DeliveryQueue {
  readonly #handlers: DeliveryHandlers;
  readonly #queues = new Map<string, Queue>();
  #size = 0;
  #isStopped = false;
  #isPaused = false;
  #retry: NodeJS.Timeout | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(handlers: DeliveryHandlers) {
    this.#handlers = handlers;
  }

  /** Whether the queue has room for so many more. */
  hasRoom(count: number): boolean {
    return this.#size + count <= DELIVERIES_OPEN_MAX;
  }

  sizeOf(device: string): number {
    return this.#queues.get(device)?.deliveries.length ?? 0;
  }

  add(delivery: OpenDelivery): void {
    const queue = this.#queues.get(delivery.device) ?? newQueue();
    this.#queues.set(delivery.device, queue);
    queue.deliveries.push(delivery);
    this.#size += 1;
    void this.#run(delivery.device);
  }

  /** Somebody subscribes for this device now. */
  wake(device: string): void {
    const queue = this.#queues.get(device);
    if (!queue) return;
    queue.isWoken = true;
    void this.#run(device);
  }

  /** Drops pushes to a removed device. A delivery that is being handed over is finished. */
  forget(device: string, isForgotten: (id: string) => boolean): void {
    const queue = this.#queues.get(device);
    for (const delivery of queue?.deliveries.filter(({ id }) => isForgotten(id)) ?? [])
      this.#take(queue as Queue, delivery);
    if (queue?.deliveries.length === 0) this.#queues.delete(device);
  }

  /** Somebody may have subscribed, for any device. */
  wakeAll(): void {
    for (const device of [...this.#queues.keys()]) this.wake(device);
  }

  /** The store does not take anything. What waits goes on with `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wakeAll();
  }

  /** Begins to look for deliveries that expire while they wait. */
  start(): void {
    this.#sweep = setInterval(() => void this.#expire(), EXPIRY_SWEEP_MS).unref();
  }

  /** Hands nothing more over. A delivery that is being handed over is finished. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#sweep);
    clearTimeout(this.#retry);
    this.#queues.clear();
  }

  async #run(device: string): Promise<void> {
    const queue = this.#queues.get(device);
    if (!queue || queue.isRunning) return;
    queue.isRunning = true;
    try {
      for (let next = queue.deliveries[0]; next && !this.#isStopped && !this.#isPaused; next = queue.deliveries[0]) {
        queue.isWoken = false;
        if (isExpired(next)) await this.#handlers.expire(next);
        else if (this.#handlers.hasReceiver(device)) await this.#handlers.deliver(next);
        else {
          await this.#wait(queue);
          if (queue.isWoken) continue;
          return;
        }
        this.#take(queue, next);
      }
      if (queue.deliveries.length === 0 && this.#queues.get(device) === queue) this.#queues.delete(device);
    } catch (error) {
      if (this.#isStopped || this.#isPaused) return;
      console.error(`push to ${device}: not published yet: ${error instanceof Error ? error.message : error}`);
      this.#retryLater();
    } finally {
      queue.isRunning = false;
    }
  }

  async #wait(queue: Queue): Promise<void> {
    for (let next = queue.deliveries[queue.waitingCount]; next; next = queue.deliveries[queue.waitingCount]) {
      await this.#handlers.wait(next);
      queue.waitingCount += 1;
    }
  }

  #take(queue: Queue, delivery: OpenDelivery): void {
    const index = queue.deliveries.indexOf(delivery);
    if (index < 0) return;
    queue.deliveries.splice(index, 1);
    if (index < queue.waitingCount) queue.waitingCount -= 1;
    this.#size -= 1;
  }

  #retryLater(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      for (const device of [...this.#queues.keys()]) void this.#run(device);
    }, DELIVERY_RETRY_MS).unref();
  }

  /** Expires deliveries in queues that wait. A queue that runs does so itself. */
  async #expire(): Promise<void> {
    for (const queue of [...this.#queues.values()]) {
      if (queue.isRunning || !queue.deliveries.some(isExpired)) continue;
      queue.isRunning = true;
      try {
        for (const delivery of queue.deliveries.filter(isExpired)) {
          await this.#handlers.expire(delivery);
          this.#take(queue, delivery);
        }
      } catch {
        // The write failed. The next round tries again.
      } finally {
        queue.isRunning = false;
      }
    }
  }
}

function newQueue(): Queue {
  return { deliveries: [], waitingCount: 0, isRunning: false, isWoken: false };
}

function isExpired({ expiresMs }: OpenDelivery): boolean {
  return expiresMs !== undefined && expiresMs < performance.now();
}
