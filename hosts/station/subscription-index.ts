/** Subscriptions of kept sessions, looked up by topic. Filters are compared as text: one never stands for another. */
import type { StoredSubscription, StoredTopic } from "aedes-persistence-level/asyncPersistence.js";

type Qos = StoredTopic["qos"];

/** One level of filters. Most levels have only one of the two members. */
interface Level {
  next?: Map<string, Level>;
  /** The clients whose filter ends here. */
  clients?: Map<string, Qos>;
}

export class SubscriptionIndex {
  readonly #root: Level = {};

  /** Subscribes, or replaces the QoS of the same filter [MQTT-3.8.4-3]. */
  set(clientId: string, { topic, qos }: StoredTopic): void {
    let level = this.#root;
    for (const name of topic.split("/")) {
      level.next ??= new Map();
      let next = level.next.get(name);
      if (!next) {
        next = {};
        level.next.set(name, next);
      }
      level = next;
    }
    level.clients ??= new Map();
    level.clients.set(clientId, qos);
  }

  delete(clientId: string, filter: string): void {
    remove(this.#root, filter.split("/"), 0, clientId);
  }

  /** Whether a client has subscribed to exactly this filter with QoS 1 or 2. */
  has(filter: string): boolean {
    let level: Level | undefined = this.#root;
    for (const name of filter.split("/")) level = level?.next?.get(name);
    return [...(level?.clients?.values() ?? [])].some((qos) => qos > 0);
  }

  /** The clients that are owed a message of this topic, each once, with the highest QoS of its filters [MQTT-3.3.5-1]. QoS 0 is left out. */
  match(topic: string): readonly StoredSubscription[] {
    const found = new Map<string, StoredSubscription>();
    const take = (level: Level | undefined, filter: readonly string[]) => {
      for (const [clientId, qos] of level?.clients ?? [])
        if (qos > (found.get(clientId)?.qos ?? 0)) found.set(clientId, { clientId, topic: filter.join("/"), qos });
    };
    const names = topic.split("/");
    const visit = (level: Level, path: readonly string[]) => {
      const { length } = path;
      // [MQTT-4.7.2-1]
      const isOpen = length > 0 || !topic.startsWith("$");
      // [MQTT-4.7.1-2]: `#` also matches the level above it.
      if (isOpen) take(level.next?.get("#"), [...path, "#"]);
      if (length === names.length) return take(level, path);
      const name = names[length] as string;
      for (const each of isOpen ? [name, "+"] : [name]) {
        const next = level.next?.get(each);
        if (next) visit(next, [...path, each]);
      }
    };
    visit(this.#root, []);
    return [...found.values()];
  }
}

/** Removes a client below a level, and all levels that are empty then. True if nothing is left of the level itself. */
function remove(level: Level, names: readonly string[], depth: number, clientId: string): boolean {
  const name = names[depth];
  if (name === undefined) {
    level.clients?.delete(clientId);
    if (level.clients?.size === 0) delete level.clients;
  } else {
    const next = level.next?.get(name);
    if (next && remove(next, names, depth + 1, clientId)) level.next?.delete(name);
    if (level.next?.size === 0) delete level.next;
  }
  return !level.clients && !level.next;
}
