/**
 * Asks devices for receipts that another broker may have lost. A broker that is killed may have acknowledged receipts that it had not saved.
 * So after each connection to it the newest pushes of each device that may have further receipts are sent to the device once more, one at a
 * time. The device shows nothing, and gives its receipts again: with a repeated receipt it has answered.
 */
import { RECEIPTS_ASKED_PER_DEVICE_MAX, RECEIPTS_ASKED_TIMES_MAX } from "../shared/limits.ts";

export interface AskingHandlers {
  /** Whether the device is there to take something. */
  isThere(device: string): boolean;
  /** Hands the push to the broker once more. */
  send(id: string, device: string): Promise<void>;
}

/** What one device is asked for. */
interface Doubts {
  /** By id of the push, the newest first: how often it was sent. */
  readonly pushes: Map<string, number>;
  /** The push that was sent and is not answered. */
  asked: string | undefined;
}

export class DoubtedReceipts {
  readonly #handlers: AskingHandlers;
  readonly #devices = new Map<string, Doubts>();

  constructor(handlers: AskingHandlers) {
    this.#handlers = handlers;
  }

  /** Devices that are still to be asked. */
  get size(): number {
    return this.#devices.size;
  }

  /** The receipts of this push may be incomplete. It is called with the newest push first. Beyond the bound it is left out. */
  add(id: string, device: string): void {
    const doubts = this.#devices.get(device) ?? { pushes: new Map<string, number>(), asked: undefined };
    if (doubts.pushes.size < RECEIPTS_ASKED_PER_DEVICE_MAX && !doubts.pushes.has(id)) doubts.pushes.set(id, 0);
    this.#devices.set(device, doubts);
  }

  /** Everything that was said is there again, or is not in doubt any more. */
  clear(): void {
    this.#devices.clear();
  }

  askAll(): void {
    for (const device of [...this.#devices.keys()]) this.#ask(device);
  }

  /** The device has connected. What it was asked on a former connection may be lost. */
  arrived(device: string): void {
    const doubts = this.#devices.get(device);
    if (!doubts) return;
    doubts.asked = undefined;
    this.#ask(device);
  }

  /** The device has given a receipt that is here already. */
  answered(id: string, device: string): void {
    const doubts = this.#devices.get(device);
    if (!doubts?.pushes.delete(id)) return;
    if (doubts.asked === id) doubts.asked = undefined;
    this.#ask(device);
  }

  #ask(device: string): void {
    const doubts = this.#devices.get(device);
    if (!doubts || doubts.asked !== undefined) return;
    // One that gives no answer does not hold up the others for ever.
    for (const [id, times] of doubts.pushes) if (times >= RECEIPTS_ASKED_TIMES_MAX) doubts.pushes.delete(id);
    const [next] = doubts.pushes;
    if (!next) {
      this.#devices.delete(device);
      return;
    }
    if (!this.#handlers.isThere(device)) return;
    const [id, times] = next;
    doubts.asked = id;
    doubts.pushes.set(id, times + 1);
    this.#handlers.send(id, device).catch(() => {
      // The broker is away. Its next connection asks anew.
    });
  }
}
