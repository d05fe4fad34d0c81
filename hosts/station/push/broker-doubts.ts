/** What another broker may have lost or told wrongly, and how the station finds that out: it asks the devices. */
import { describeError } from "../../common/describe-error.ts";
import {
  DELIVERIES_LIST_MAX,
  PUSH_LIST_DEFAULT,
  PUSHES_LOOKED_THROUGH_MAX,
  RECEIPTS_ASKED_AGE_MS,
  SWEEP_MS,
} from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import type { Delivery, Push, ReceiptStatus } from "../shared/push.ts";
import { DoubtedReceipts } from "./doubted-receipts.ts";
import { encodePush } from "./push-message.ts";
import { nextTurn, type PushStore } from "./push-store.ts";
import { SilentDevices } from "./silent-devices.ts";

export class BrokerDoubts {
  readonly #broker: MessageBroker;
  readonly #store: PushStore;
  readonly #topicOf: (device: string) => string;
  readonly #receipts: DoubtedReceipts;
  readonly #silent: SilentDevices;
  #sweep: NodeJS.Timeout | undefined;

  constructor(broker: MessageBroker, store: PushStore, topicOf: (device: string) => string) {
    this.#broker = broker;
    this.#store = store;
    this.#topicOf = topicOf;
    this.#receipts = new DoubtedReceipts({
      isThere: (device) => broker.hasReceiver(topicOf(device)),
      send: (id, device) => this.#askAgain(id, device),
    });
    this.#silent = new SilentDevices(store.open, ({ id }, device) => this.#send(id, device));
  }

  /** The broker is one that may have lost what it had acknowledged. It is called after each connection to it. */
  begin(): void {
    this.#sweep ??= setInterval(() => this.#silent.sweep(performance.now()), SWEEP_MS).unref();
    this.#findReceipts().catch((error) => console.error(`receipts that may be lost: ${describeError(error)}`));
  }

  stop(): void {
    clearInterval(this.#sweep);
  }

  /** The device has connected. */
  arrived(device: string): void {
    this.#receipts.arrived(device);
  }

  /** The device has given a receipt. @param isKnown it was here already */
  heard(id: string, device: string, isKnown: boolean): void {
    if (isKnown) this.#receipts.answered(id, device);
    if (this.#silent.heard(device, performance.now())) this.#broker.noteReceiver(this.#topicOf(device));
  }

  /** Sends a push once more to a device that has it, for its receipts. */
  async #askAgain(id: string, device: string): Promise<void> {
    const push = this.#store.get(id);
    const delivery = this.#store.delivery(id, device);
    if (!push || !delivery || !mayGiveMore(push, delivery)) this.#receipts.answered(id, device);
    else await this.#send(id, device);
  }

  /** With QoS 0 the broker does not send it again with DUP, and keeps nothing for one that is away. */
  async #send(id: string, device: string): Promise<void> {
    const push = this.#store.get(id);
    if (push) await this.#broker.publish({ topic: this.#topicOf(device), payload: encodePush(push), qos: 0 });
  }

  /** Finds the pushes whose receipts may be lost, the newest first, and asks the devices. */
  async #findReceipts(): Promise<void> {
    this.#receipts.clear();
    const sinceMs = Date.now() - RECEIPTS_ASKED_AGE_MS;
    let last: string | undefined;
    for (let looked = 0; looked < PUSHES_LOOKED_THROUGH_MAX; ) {
      const page = this.#store.list(PUSH_LIST_DEFAULT, last).filter(({ acceptedAtMs }) => acceptedAtMs >= sinceMs);
      for (const push of page)
        for (const delivery of this.#store.deliveries(push.id, DELIVERIES_LIST_MAX))
          if (mayGiveMore(push, delivery)) this.#receipts.add(push.id, delivery.device);
      last = page.at(-1)?.id;
      looked += page.length;
      if (page.length === 0) break;
      await nextTurn();
    }
    this.#receipts.askAll();
  }
}

/** The device has it, and may have given a receipt that is not here. */
function mayGiveMore({ choices }: Push, { state, receipts }: Delivery): boolean {
  const last: readonly ReceiptStatus[] = choices ? ["answered", "expired", "dropped"] : ["read", "expired", "dropped"];
  return state === "published" && receipts.length > 0 && !receipts.some(({ status }) => last.includes(status));
}
