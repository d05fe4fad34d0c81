/// <reference path="../modules.d.ts" />
/**
 * The station's persistence for several broker processes. Subscriptions are looked up in Redis. A process's own memory would learn
 * of those at other brokers too late: whatever is published after a SUBACK has to be queued, at whichever broker.
 */
import type { Client } from "aedes";
import type { StoredSubscription, StoredTopic } from "aedes-persistence-level/asyncPersistence.js";
import type { Database, Operation } from "../database.ts";
import { StationPersistence } from "../persistence.ts";
import { isWildcard, matchesFilter } from "../topic-filter.ts";

/** All filters with wildcards stand in one collection. There are few of them. */
const WILDCARDS = "wildcard";

export class SharedPersistence extends StationPersistence {
  readonly #database: Database;

  constructor(database: Database, mayReceive: (client: Client, topic: string) => boolean) {
    super(database, mayReceive);
    this.#database = database;
  }

  override async grant(uid: string, subscriptions: readonly StoredTopic[]): Promise<void> {
    await super.grant(uid, subscriptions);
    const operations = subscriptions.map(({ topic, qos }): Operation => {
      const key = indexKey(uid, topic);
      const value: StoredSubscription = { clientId: uid, topic, qos };
      return qos > 0 ? { type: "put", key, value: Buffer.from(JSON.stringify(value)) } : { type: "del", key };
    });
    await this.#database.batch(operations);
  }

  override async removeSubscriptions(client: { readonly id: string }, topics: readonly string[]): Promise<void> {
    await super.removeSubscriptions(client, topics);
    await this.#database.batch(topics.map((topic) => ({ type: "del", key: indexKey(client.id, topic) })));
  }

  /** Gives each client once. */
  override async findSubscriptions(topic: string): Promise<readonly StoredSubscription[]> {
    const found = new Map<string, StoredSubscription>();
    for (const prefix of [topicPrefix(topic), `${WILDCARDS}:`])
      for await (const value of this.#database.values({ gte: prefix, lt: `${prefix}\uffff` })) {
        const subscription = JSON.parse(value.toString()) as StoredSubscription;
        const isBetter = subscription.qos > (found.get(subscription.clientId)?.qos ?? 0);
        if (isBetter && matchesFilter(subscription.topic, topic)) found.set(subscription.clientId, subscription);
      }
    return [...found.values()];
  }

  override async isSubscribed(topic: string): Promise<boolean> {
    const prefix = topicPrefix(topic);
    for await (const _ of this.#database.values({ gte: prefix, lt: `${prefix}\uffff` })) return true;
    return false;
  }
}

function topicPrefix(topic: string): string {
  return isWildcard(topic) ? `${WILDCARDS}:` : `topic:${encodeURIComponent(topic)}:`;
}

function indexKey(clientId: string, topic: string): string {
  const within = isWildcard(topic) ? `${encodeURIComponent(topic)}:` : "";
  return `${topicPrefix(topic)}${within}${encodeURIComponent(clientId)}`;
}
