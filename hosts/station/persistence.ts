/// <reference path="./modules.d.ts" />
import { Readable } from "node:stream";
import type { Client } from "aedes";
import AsyncLevelPersistence, {
  type StoredPacket,
  type StoredSubscription,
  type StoredTopic,
} from "aedes-persistence-level/asyncPersistence.js";
import msgpack from "msgpack-lite";
import type { Database } from "./database.ts";
import { InFlight, nameOf } from "./in-flight.ts";
import { STREAMED_MAX } from "./station-limits.ts";
import { SubscriptionIndex } from "./subscription-index.ts";
import { grantedQos, isWildcard, type Subscriptions } from "./topic-filter.ts";

/** What the persistence throws for a packet that is not in the queue. */
const NO_SUCH_PACKET = "no such packet";

/** The level persistence of Aedes with corrections of its subscriptions and of what goes through its outgoing queue. */
export class StationPersistence extends AsyncLevelPersistence {
  readonly #database: Database;
  readonly #index = new SubscriptionIndex();
  readonly #acknowledged = new WeakSet<object>();
  /** By connection: what was read from its queue, by broker and number. */
  readonly #streamed = new WeakMap<object, Set<string>>();
  /** By connection. */
  readonly #inFlight = new WeakMap<object, InFlight>();
  readonly #mayReceive: (client: Client, topic: string) => boolean;
  /** Look-ups that failed, by the list that stands for them. */
  readonly #failures = new WeakMap<object, unknown>();
  /** By the list of a SUBSCRIBE. */
  readonly #storing = new WeakMap<readonly StoredTopic[], Promise<void>>();
  #closing = false;

  constructor(database: Database, mayReceive: (client: Client, topic: string) => boolean) {
    super(database);
    this.#database = database;
    this.#mayReceive = mayReceive;
  }

  /**
   * What a client asked for with SUBSCRIBE. Aedes stores all subscriptions of a packet for each of them that is granted: also
   * those that it refuses, and of a thousand a million.
   */
  override addSubscriptions(client: Client, subscriptions: readonly StoredTopic[]): Promise<void> {
    const stored =
      this.#storing.get(subscriptions) ??
      this.grant(
        client.id,
        subscriptions.filter(({ topic }) => this.#mayReceive(client, topic)),
      );
    this.#storing.set(subscriptions, stored);
    return stored;
  }

  /**
   * Reads what is subscribed. The store of Aedes takes a filter that matches another one for the same: of two that overlap only
   * one is kept, and with it goes the other.
   */
  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for await (const value of this.#database.values({ gte: "subscriptions:", lt: "subscriptions;" })) {
      const stored = msgpack.decode(value) as StoredSubscription;
      this.#index.set(stored.clientId, stored);
    }
  }

  /** What was granted to a client that did not ask, connected or not. */
  grant(uid: string, subscriptions: readonly StoredTopic[]): Promise<void> {
    for (const subscription of subscriptions) this.#index.set(uid, subscription);
    return this.#database.batch(
      subscriptions.map((subscription) => ({
        type: "put",
        key: subscriptionKey(uid, subscription.topic),
        value: msgpack.encode({ ...subscription, clientId: uid }),
      })),
    );
  }

  override removeSubscriptions({ id }: { readonly id: string }, topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#index.delete(id, topic);
    return this.#database.batch(topics.map((topic) => ({ type: "del", key: subscriptionKey(id, topic) })));
  }

  /**
   * Who is owed a message of a topic, with a kept session: each client once, with the highest QoS that it was granted. Rejects
   * where that cannot be looked up.
   */
  async findSubscriptions(topic: string): Promise<readonly StoredSubscription[]> {
    return this.#index.match(topic);
  }

  /** Whether someone has subscribed to exactly this topic with a kept session. */
  async isSubscribed(topic: string): Promise<boolean> {
    return this.#index.has(topic);
  }

  /**
   * As `findSubscriptions`, for Aedes. It tells nobody of a look-up that fails: the publisher would wait for ever, and in this
   * broker everyone behind it. So the failure is told when it comes to storing.
   */
  override async subscriptionsByTopic(topic: string): Promise<readonly StoredSubscription[]> {
    try {
      return await this.findSubscriptions(topic);
    } catch (error) {
      const none: readonly StoredSubscription[] = [];
      this.#failures.set(none, error);
      return none;
    }
  }

  override async outgoingEnqueueCombi(
    subscriptions: readonly StoredSubscription[],
    packet: StoredPacket,
  ): Promise<void> {
    if (this.#failures.has(subscriptions)) throw this.#failures.get(subscriptions);
    await super.outgoingEnqueueCombi(subscriptions, packet);
  }

  /**
   * [MQTT-3.3.1-9]: what matches an established subscription goes out with RETAIN 0. Aedes clears it for those who are
   * connected, but queues it as it came for the others: a page published with retain would arrive as an old one. Nor does it
   * look at the QoS that was granted.
   */
  override outgoingEnqueue(subscription: StoredSubscription, packet: StoredPacket): Promise<void> {
    const qos = Math.min(packet.qos, subscription.qos) as StoredPacket["qos"];
    return super.outgoingEnqueue(subscription, { ...packet, qos, retain: false });
  }

  /** What a client is owed, as it is to be sent on this connection. */
  override outgoingStream(client: { readonly id: string; readonly subscriptions?: Subscriptions }): Readable {
    const streamed = this.#streamed.get(client) ?? new Set<string>();
    this.#streamed.set(client, streamed);
    return Readable.from(
      asOwed(super.outgoingStream(client), client.subscriptions ?? {}, (packet) =>
        addBounded(streamed, nameOf(packet)),
      ),
    );
  }

  /**
   * Whether a packet was in the queue when that was read for this connection, told once. Where another broker emits, what comes
   * as it is emitted may come after it was read.
   */
  wasStreamed(client: object, packet: StoredPacket): boolean {
    return this.#streamed.get(client)?.delete(nameOf(packet)) ?? false;
  }

  /**
   * Gives a queued packet its identifier. A client that acknowledges, goes and comes back at once has its queue read while
   * its PUBACK is still being written: the packet is in what was read and no more in the queue. Aedes takes that for an
   * error and drops the connection; here it is noted, and `wasAcknowledged` keeps it from being sent.
   */
  override async outgoingUpdate(client: { readonly id: string }, packet: StoredPacket): Promise<void> {
    this.#inFlightOn(client).add(packet);
    try {
      await super.outgoingUpdate(client, packet);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== NO_SUCH_PACKET) throw error;
      this.#acknowledged.add(packet);
      this.#inFlightOn(client).delete(packet);
    }
  }

  /** Takes what is acknowledged out of the queue; undefined where it is no more in it. */
  override async outgoingClearMessageId(
    client: { readonly id: string },
    packet: StoredPacket,
  ): Promise<StoredPacket | undefined> {
    const cleared = await super.outgoingClearMessageId(client, packet);
    if (cleared) this.#inFlightOn(client).delete(cleared);
    return cleared;
  }

  /**
   * The messages in a client's queue that were not sent on this connection. One that has an identifier need not have been: where a
   * client goes from one broker to another, the connection that it has left may have given it.
   */
  async *unsent(client: { readonly id: string }): AsyncGenerator<StoredPacket> {
    const inFlight = this.#inFlightOn(client);
    // The queue is read as it was at the beginning; what is acknowledged meanwhile still comes.
    inFlight.remember();
    try {
      for await (const packet of this.outgoingStream(client) as AsyncIterable<StoredPacket>)
        if (packet.cmd === "publish" && !inFlight.has(packet)) yield packet;
    } finally {
      inFlight.forget();
    }
  }

  /**
   * The packet identifier, from `identifier` on, that nothing on this connection carries. [MQTT-2.3.1-4]: Aedes counts on from
   * a random one, and into those that a former connection gave and that are sent again with them; an acknowledgement
   * would take the wrong message out of the queue.
   */
  freeIdentifier(client: object, identifier: number): number {
    return this.#inFlightOn(client).free(identifier);
  }

  #inFlightOn(client: object): InFlight {
    let inFlight = this.#inFlight.get(client);
    if (!inFlight) {
      inFlight = new InFlight();
      this.#inFlight.set(client, inFlight);
    }
    return inFlight;
  }

  /**
   * The retained messages that a new subscription matches; a topic is looked up and not looked for among all. Aedes listens for
   * no error of this stream: one that cannot be read, such as that of a database which is being closed, would end the process.
   */
  override createRetainedStreamCombi(patterns: readonly string[]): Readable {
    const stream = Readable.from(this.#retained(patterns));
    stream.on("error", (error) => {
      if (!this.#closing) console.error(`broker: retained messages cannot be read: ${error.message}`);
    });
    return stream;
  }

  async *#retained(patterns: readonly string[]): AsyncGenerator<StoredPacket> {
    for (const topic of patterns.filter((pattern) => !isWildcard(pattern))) {
      const value = await this.#database.get(`retained:${topic}`);
      if (value) yield msgpack.decode(value) as StoredPacket;
    }
    const wildcards = patterns.filter(isWildcard);
    if (wildcards.length > 0) yield* super.createRetainedStreamCombi(wildcards);
  }

  /** Drops the session of a client that is no more. */
  async forget(uid: string): Promise<void> {
    const subscriptions = await this.subscriptionsByClient({ id: uid });
    await this.removeSubscriptions(
      { id: uid },
      subscriptions.map(({ topic }) => topic),
    );
    for (const kind of ["outgoing", "outgoing-id", "incoming"]) {
      const prefix = `${kind}:${encodeURIComponent(uid)}`;
      await this.#database.clear({ gte: `${prefix}:`, lt: `${prefix};` });
    }
    await this.delWill({ id: uid });
  }

  /** Aedes catches no failure of this when a client connects: it would end the process. The store has told of it. */
  override async delWill(client: { readonly id: string }): Promise<unknown> {
    try {
      return await super.delWill(client);
    } catch {
      return undefined;
    }
  }

  /** From here on an error means only that the database is closed. */
  closing(): void {
    this.#closing = true;
  }

  /** Whether this packet was acknowledged between being read from the queue and now. */
  wasAcknowledged(packet: object): boolean {
    return this.#acknowledged.has(packet);
  }
}

function addBounded(names: Set<string>, name: string): void {
  names.add(name);
  const [oldest] = names;
  if (names.size > STREAMED_MAX && oldest !== undefined) names.delete(oldest);
}

/**
 * Each packet of a queue as it is sent. [MQTT-3.3.1-1]: a message that was given a packet identifier in a former connection goes
 * with it and with DUP 1, which Aedes leaves 0. A PUBREL has no DUP: where a former version has stored it with one, it is cleared.
 * A former version has also stored messages above the QoS that was granted, and some with QoS 0, which nothing in a queue has.
 */
async function* asOwed(
  packets: AsyncIterable<StoredPacket>,
  subscriptions: Subscriptions,
  onPacket: (packet: StoredPacket) => void,
): AsyncGenerator<StoredPacket> {
  for await (const packet of packets) {
    onPacket(packet);
    if (packet.cmd !== "publish") yield { ...packet, dup: false };
    else if (packet.messageId) yield { ...packet, qos: packet.qos || 1, dup: true };
    else {
      const granted = grantedQos(subscriptions, packet.topic) ?? packet.qos;
      yield { ...packet, qos: Math.max(1, Math.min(packet.qos, granted)) as StoredPacket["qos"], dup: false };
    }
  }
}

function subscriptionKey(clientId: string, filter: string): string {
  return `subscriptions:${encodeURIComponent(clientId)}:${filter}`;
}
