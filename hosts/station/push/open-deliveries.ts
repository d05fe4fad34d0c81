/**
 * What each device still lacks, in the order of acceptance. A push is one object, however many devices lack it: one to ten thousand
 * devices takes eight bytes for each of them.
 */

/** A push that somebody lacks. */
export interface OpenPush {
  readonly id: string;
  /** 1 to 5. */
  readonly priority: number;
  readonly collapseKey: string | undefined;
  /** When it may be sent, in milliseconds of `performance.now()`. */
  readonly dueMs: number;
  /** In milliseconds of `performance.now()`: a clock that is set right expires nothing. */
  readonly expiresMs: number;
}

export class OpenDeliveries {
  /** By id, with the number of devices that lack it. */
  readonly #pushes = new Map<string, { readonly push: OpenPush; count: number }>();
  readonly #devices = new Map<string, OpenPush[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Devices that lack something. */
  get devices(): readonly string[] {
    return [...this.#devices.keys()];
  }

  /** Pushes that somebody lacks. */
  get pushes(): readonly OpenPush[] {
    return [...this.#pushes.values()].map(({ push }) => push);
  }

  /** What a device lacks, the oldest first. */
  of(device: string): readonly OpenPush[] {
    return this.#devices.get(device) ?? [];
  }

  has(id: string, device: string): boolean {
    const push = this.#pushes.get(id)?.push;
    return push !== undefined && this.of(device).includes(push);
  }

  /** Whether anybody lacks this push. */
  isOpen(id: string): boolean {
    return this.#pushes.has(id);
  }

  add(push: OpenPush, devices: readonly string[]): void {
    if (devices.length === 0) return;
    this.#pushes.set(push.id, { push, count: devices.length });
    for (const device of devices) {
      const lacking = this.#devices.get(device);
      if (lacking) lacking.push(push);
      else this.#devices.set(device, [push]);
    }
    this.#size += devices.length;
  }

  /** The device has it, or gets it no more. */
  close(id: string, device: string): void {
    const found = this.#pushes.get(id);
    const lacking = this.#devices.get(device);
    const index = found && lacking ? lacking.indexOf(found.push) : -1;
    if (!found || !lacking || index < 0) return;
    lacking.splice(index, 1);
    if (lacking.length === 0) this.#devices.delete(device);
    found.count -= 1;
    if (found.count === 0) this.#pushes.delete(id);
    this.#size -= 1;
  }
}
