/** All that the station sends to addresses that accounts have named. */
import { type Accounts, LOCAL_ACCOUNT } from "../identity/accounts.ts";
import type { PushService } from "../push/push-service.ts";
import type { StationStore } from "../store/station-store.ts";
import { AllowedAddresses } from "../web/allowed-address.ts";
import { guardedSender } from "../web/guarded-request.ts";
import { ActionCalls } from "./action-calls.ts";
import { Webhooks } from "./webhooks.ts";

export class Outgoing {
  readonly webhooks: Webhooks;
  readonly #actions: ActionCalls;

  /** From now on receipts have consequences. @param networks that may be called although they are not public */
  constructor(store: StationStore, accounts: Accounts, pushes: PushService, networks: readonly string[]) {
    const allowed = new AllowedAddresses(networks);
    const send = guardedSender(allowed);
    this.webhooks = new Webhooks(store, accounts, allowed, send);
    this.#actions = new ActionCalls(store, pushes, send, ({ sender, acceptedAtMs }) => {
      const account = sender === LOCAL_ACCOUNT.name ? LOCAL_ACCOUNT : accounts.get(sender);
      return account !== undefined && account.createdAtMs <= acceptedAtMs;
    });
    pushes.follow(this.webhooks);
    pushes.follow(this.#actions);
  }

  /** Goes on with what was not sent before the last end. */
  start(): void {
    this.webhooks.start();
    this.#actions.start();
  }

  stop(): void {
    this.webhooks.stop();
    this.#actions.stop();
  }
}
