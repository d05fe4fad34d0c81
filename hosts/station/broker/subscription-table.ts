/** Who gets a message: all subscriptions of all sessions, and the groups of shared ones (4.8.2). */
import type { Session } from "./session.ts";
import type { Subscription } from "./subscription.ts";
import { sharedOf } from "./topic.ts";
import { TopicTree } from "./topic-tree.ts";

interface Subscriber {
  readonly session: Session;
  readonly subscription: Subscription;
}

/** Clients that share a filter. Each message goes to one of them. */
class Group {
  readonly members = new Map<string, Subscriber>();
  #turn = 0;

  /** One after the other. Those that are connected come first. */
  next(): Subscriber | undefined {
    const all = [...this.members.values()];
    const connected = all.filter(({ session }) => session.connection !== undefined);
    const choice = connected.length ? connected : all.filter(({ session }) => session.isStored);
    this.#turn += 1;
    return choice[this.#turn % choice.length];
  }
}

export class SubscriptionTable {
  readonly #tree = new TopicTree<Subscriber>();
  readonly #groups = new TopicTree<Group>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  set(session: Session, subscription: Subscription): void {
    const { filter } = subscription;
    const shared = sharedOf(filter);
    const subscriber = { session, subscription };
    if (!this.#has(session, filter)) this.#size += 1;
    if (!shared) {
      this.#tree.set(filter, session.clientIdentifier, subscriber);
      return;
    }
    let group = this.#groups.get(shared.filter, shared.group);
    if (!group) {
      group = new Group();
      this.#groups.set(shared.filter, shared.group, group);
    }
    group.members.set(session.clientIdentifier, subscriber);
  }

  delete(session: Session, filter: string): void {
    if (!this.#has(session, filter)) return;
    this.#size -= 1;
    const shared = sharedOf(filter);
    if (!shared) {
      this.#tree.delete(filter, session.clientIdentifier);
      return;
    }
    const group = this.#groups.get(shared.filter, shared.group);
    group?.members.delete(session.clientIdentifier);
    if (group?.members.size === 0) this.#groups.delete(shared.filter, shared.group);
  }

  /** Who subscribes to exactly this filter, but for groups. */
  sessionsOf(filter: string): Session[] {
    return this.#tree.valuesOf(filter).map(({ session }) => session);
  }

  /** Calls `visit` for each subscription that matches. Of a group one is chosen. */
  match(topic: string, visit: (session: Session, subscription: Subscription) => void): void {
    this.#tree.match(topic, ({ session, subscription }) => visit(session, subscription));
    this.#groups.match(topic, (group) => {
      const chosen = group.next();
      if (chosen) visit(chosen.session, chosen.subscription);
    });
  }

  #has(session: Session, filter: string): boolean {
    const shared = sharedOf(filter);
    if (!shared) return this.#tree.get(filter, session.clientIdentifier) !== undefined;
    return this.#groups.get(shared.filter, shared.group)?.members.has(session.clientIdentifier) === true;
  }
}
