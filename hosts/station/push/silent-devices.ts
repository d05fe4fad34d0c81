/**
 * Tries devices beside another broker that lack something and give no receipts. The presence which says that such a device is away may be
 * wrong: a node that was killed has not told of it, or the will of a former connection came late. Or the broker has lost what was sent.
 * So what the device lacks longest is sent to it with QoS 0, which no broker keeps for one that is away. The distances double.
 */
import { SILENT_TRIED_MS, SILENT_TRIED_MS_MAX } from "../shared/limits.ts";
import type { OpenDeliveries, OpenPush } from "./open-deliveries.ts";

interface Silence {
  /** When the device is tried next, in milliseconds of `performance.now()`. */
  nextMs: number;
  waitMs: number;
}

export class SilentDevices {
  readonly #open: OpenDeliveries;
  readonly #send: (push: OpenPush, device: string) => Promise<void>;
  readonly #silent = new Map<string, Silence>();

  /** @param send hands the push to the broker once more */
  constructor(open: OpenDeliveries, send: (push: OpenPush, device: string) => Promise<void>) {
    this.#open = open;
    this.#send = send;
  }

  /** Devices that lack something. */
  get size(): number {
    return this.#silent.size;
  }

  /** Looks for devices that are to be tried. It is called every few seconds. */
  sweep(nowMs: number): void {
    const devices = new Set(this.#open.devices);
    for (const device of this.#silent.keys()) if (!devices.has(device)) this.#silent.delete(device);
    for (const device of devices) {
      const silence = this.#silent.get(device) ?? newSilence(nowMs);
      this.#silent.set(device, silence);
      if (silence.nextMs > nowMs) continue;
      const push = this.#open.of(device).find(({ dueMs, expiresMs }) => dueMs <= nowMs && expiresMs > nowMs);
      if (!push) continue;
      silence.waitMs = Math.min(2 * silence.waitMs, SILENT_TRIED_MS_MAX);
      silence.nextMs = nowMs + silence.waitMs;
      this.#send(push, device).catch(() => {
        // The broker is away. The next time it is tried again.
      });
    }
  }

  /** The device has given a receipt. Returns whether it had been tried. */
  heard(device: string, nowMs: number): boolean {
    const silence = this.#silent.get(device);
    if (!silence) return false;
    this.#silent.set(device, newSilence(nowMs));
    return silence.waitMs > SILENT_TRIED_MS;
  }
}

function newSilence(nowMs: number): Silence {
  return { nextMs: nowMs + SILENT_TRIED_MS, waitMs: SILENT_TRIED_MS };
}
