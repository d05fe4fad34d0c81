/** Other subscriptions while a session runs, as `SessionOptions.subscriptionChanges`. */
import { UsageError } from "../../errors.ts";
import type { SubscriptionChanges } from "../extensions.ts";
import type { Subscription } from "../packet.ts";
import { checkSubscriptions, type Subscriptions } from "../subscriptions.ts";

export class Subscribing implements SubscriptionChanges {
  private subscriptions: Subscriptions | undefined;

  attach(subscriptions: Subscriptions): void {
    this.subscriptions = subscriptions;
  }

  /**
   * Other subscriptions from now on, connected or not. The event `subscribed` tells what the broker says. Throws a `UsageError` if
   * one is no topic filter, if they are too long, or before the session is made. Nothing changes then.
   */
  subscribe(subscriptions: readonly Subscription[], nowMs: number): void {
    const held = this.subscriptions;
    if (!held) throw new UsageError("subscribe: needs a session");
    held.wanted = checkSubscriptions(subscriptions);
    held.doubt();
    held.retry(nowMs);
  }
}
