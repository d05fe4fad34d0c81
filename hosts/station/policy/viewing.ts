/**
 * What an account may see over HTTP. The rules of topics decide, as for MQTT:
 *
 * | what | who sees it |
 * |---|---|
 * | a push, with all its recipients | who sent it, administrators |
 * | a push, with one's own recipients | whose device it went to |
 * | an uploaded picture | who uploaded it; whoever knows its address, which is in the push |
 * | a webhook, without its secret | whose pushes it hears of, administrators |
 * | presence of a device | `/{env}/pres/{uid}` |
 * | telemetry and connection of a device, what waits for it | `/{env}/tele/{uid}` |
 * | names and labels of people, devices and groups | everyone: they can be sent to |
 */

import type { Directory } from "../directory/directory.ts";
import type { Account, Accounts } from "../identity/accounts.ts";
import type { PushService } from "../push/push-service.ts";
import type { StationEvent } from "../shared/event-hub.ts";
import type { Delivery, Push, PushWithDeliveries } from "../shared/push.ts";
import type { TopicRules } from "./topic-rules.ts";

export class Viewing {
  readonly #env: string;
  readonly #rules: TopicRules;
  readonly #directory: Directory;
  readonly #accounts: Accounts;
  readonly #pushes: PushService;

  constructor(env: string, rules: TopicRules, directory: Directory, accounts: Accounts, pushes: PushService) {
    this.#env = env;
    this.#rules = rules;
    this.#directory = directory;
    this.#accounts = accounts;
    this.#pushes = pushes;
  }

  seesPresence(account: Account, uid: string): boolean {
    return this.#maySubscribe(account, "pres", uid);
  }

  /** Whether the account may see a device's telemetry, its connection and what waits for it. */
  seesDevice(account: Account, uid: string): boolean {
    return this.#maySubscribe(account, "tele", uid);
  }

  /** Whether the account sees all recipients of a push. */
  seesAllOf({ isAdmin, name }: Account, push: Push): boolean {
    return isAdmin || push.sender === name;
  }

  /** A push as this account may see it, with at most `max` recipients; undefined if it may not see it. */
  async push(account: Account, push: Push, max: number): Promise<PushWithDeliveries | undefined> {
    if (this.seesAllOf(account, push)) return { ...push, deliveries: await this.#pushes.deliveries(push.id, max) };
    return withOwn(push, this.#ownDeliveries(account, push.id).slice(0, max));
  }

  /** An event as this account may see it; undefined if it may not see it. */
  event(account: Account, event: StationEvent): StationEvent | undefined {
    switch (event.type) {
      case "push": {
        if (this.seesAllOf(account, event.push)) return event;
        const push = withOwn(event.push, this.#ownDeliveries(account, event.push.id));
        return push && { ...event, push };
      }
      case "delivery": {
        if (this.#isOwn(account, event.delivery.device)) return event;
        const push = this.#pushes.get(event.id);
        return push && this.seesAllOf(account, push) ? event : undefined;
      }
      case "presence":
        return this.seesPresence(account, event.device) ? event : undefined;
      case "firmware":
      case "telemetry":
        return this.seesDevice(account, event.device) ? event : undefined;
      case "directory":
        return event;
    }
  }

  #maySubscribe({ name, kind, isAdmin }: Account, topic: "pres" | "tele", uid: string): boolean {
    const who = { uid: name, kind, isAdmin, hasAccount: true };
    return this.#rules.whyNotSubscribe(who, `/${this.#env}/${topic}/${uid}`) === undefined;
  }

  #ownDeliveries({ name }: Account, id: string): readonly Delivery[] {
    const clients = [name, ...this.#directory.devicesOf(name), ...this.#accounts.ownedBy(name)];
    return [...new Set(clients)].flatMap((uid) => this.#pushes.delivery(id, uid) ?? []);
  }

  /** Whether a client belongs to the account: it is the account itself, or a device that it carries. */
  #isOwn({ name }: Account, uid: string): boolean {
    return uid === name || this.#directory.device(uid)?.owner === name || this.#accounts.get(uid)?.owner === name;
  }
}

function withOwn(push: Push, deliveries: readonly Delivery[]): PushWithDeliveries | undefined {
  return deliveries.length > 0 ? { ...push, deliveries } : undefined;
}
