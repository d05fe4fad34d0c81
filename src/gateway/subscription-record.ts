import type { Subscription } from "../mqtt/packet.ts";
import type { Store } from "../seams.ts";
import { encodeUtf8 } from "../utf8.ts";

/**
 * Remembers which subscriptions which broker has granted, so that a device that starts again with its session present
 * sends no SUBSCRIBE, and one whose firmware wants others, or that was cut off before SUBACK, does.
 */
export class SubscriptionRecord {
  readonly #store: Store;
  readonly #wanted: Uint8Array;

  constructor(store: Store, broker: string, subscriptions: readonly Subscription[]) {
    this.#store = store;
    this.#wanted = encodeUtf8(
      [broker, ...subscriptions.map(({ topicFilter, qos }) => `${qos} ${topicFilter}`)].join("\n"),
    );
  }

  isGranted(): boolean {
    const record = this.#store.read(KEY);
    return record?.length === this.#wanted.length && record.every((byte, index) => byte === this.#wanted[index]);
  }

  write(isGranted: boolean): void {
    if (isGranted === this.isGranted()) return;
    if (isGranted) this.#store.write(KEY, this.#wanted);
    else this.#store.remove(KEY);
  }
}

const KEY = "subscribed";
