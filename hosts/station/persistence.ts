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

/** The message of Aedes' error for a packet that is not in the queue. */
const NO_SUCH_PACKET = "no such packet";

/** The level persistence of Aedes, with corrections of its subscriptions and its outgoing queues. */
export class StationPersistence extends AsyncLevelPersistence {
  readonly #database: Database;
  readonly #index = new SubscriptionIndex();
  readonly #acknowledged = new WeakSet<object>();
  /** By connection: the messages that were read from its queue, by broker and number. */
  readonly #streamed = new WeakMap<object, Set<string>>();
  /** By connection. */
  readonly #inFlight = new WeakMap<object, InFlight>();
  readonly #mayReceive: (client: Client, topic: string) => boolean;
  /** Errors of failed look-ups, by the empty list that was returned instead. */
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
   * Stores the subscriptions of a SUBSCRIBE. Aedes stores all subscriptions of the packet again for each one that it grants. So it also
   * stores refused ones, and writes a million for a packet with a thousand.
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
   * Reads all subscriptions. The store of Aedes takes two filters for the same if one matches the other. Of overlapping filters it keeps
   * only one, and removes both together.
   */
  override async setup(broker: unknown): Promise<void> {
    await super.setup(broker);
    for await (const value of this.#database.values({ gte: "subscriptions:", lt: "subscriptions;" })) {
      const stored = msgpack.decode(value) as StoredSubscription;
      this.#index.set(stored.clientId, stored);
    }
  }

  /** Subscribes for a client, connected or not. */
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
   * The clients with a kept session that are owed a message of this topic: each once, with the highest QoS that it was granted. Rejects
   * if the look-up fails.
   */
  async findSubscriptions(topic: string): Promise<readonly StoredSubscription[]> {
    return this.#index.match(topic);
  }

  /** Whether a client with a kept session has subscribed to exactly this topic. */
  async isSubscribed(topic: string): Promise<boolean> {
    return this.#index.has(topic);
  }

  /**
   * As `findSubscriptions`, for Aedes. Aedes drops the error of a failed look-up: the publisher would wait for ever, and everyone
   * behind it too. So the error is thrown later, when the message is stored.
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
   * [MQTT-3.3.1-9]: a message for an established subscription goes out with RETAIN 0. Aedes clears the flag for connected clients only.
   * For the others a page that was published with retain would arrive as an old one. Nor does Aedes look at the granted QoS here.
   */
  override outgoingEnqueue(subscription: StoredSubscription, packet: StoredPacket): Promise<void> {
    const qos = Math.min(packet.qos, subscription.qos) as StoredPacket["qos"];
    return super.outgoingEnqueue(subscription, { ...packet, qos, retain: false });
  }

  /** The messages of a client's queue, as they are sent on this connection. */
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
   * Whether a packet was in the queue when it was read for this connection. True once for each packet. A message from another broker
   * may be emitted here after it was read from the queue.
   */
  wasStreamed(client: object, packet: StoredPacket): boolean {
    return this.#streamed.get(client)?.delete(nameOf(packet)) ?? false;
  }

  /**
   * Gives a queued packet its identifier. If a client acknowledges, leaves and comes back at once, its queue is read while its PUBACK is
   * still being written: the packet was read, but is no longer in the queue. Aedes takes that for an error and drops the connection.
   * Here it is noted, and `wasAcknowledged` keeps the packet from being sent.
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

  /** Takes an acknowledged packet out of the queue; undefined if it is no longer there. */
  override async outgoingClearMessageId(
    client: { readonly id: string },
    packet: StoredPacket,
  ): Promise<StoredPacket | undefined> {
    const cleared = await super.outgoingClearMessageId(client, packet);
    if (cleared) this.#inFlightOn(client).delete(cleared);
    return cleared;
  }

  /**
   * The messages in a client's queue that were not sent on this connection. A message with an identifier may be among them: if the
   * client came from another broker, its former connection may have given the identifier.
   */
  async *unsent(client: { readonly id: string }): AsyncGenerator<StoredPacket> {
    const inFlight = this.#inFlightOn(client);
    // The queue is read as it was at the beginning. Messages that are acknowledged meanwhile still come.
    inFlight.remember();
    try {
      for await (const packet of this.outgoingStream(client) as AsyncIterable<StoredPacket>)
        if (packet.cmd === "publish" && !inFlight.has(packet)) yield packet;
    } finally {
      inFlight.forget();
    }
  }

  /**
   * The first packet identifier from `identifier` on that no message of this connection carries [MQTT-2.3.1-4]. Aedes counts on from a
   * random one, and may reach identifiers of a former connection that are sent again. Then an acknowledgement would take the wrong
   * message out of the queue.
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
   * The retained messages for a new subscription. A filter without wildcards is looked up directly. Aedes does not listen for errors of
   * this stream: a read that fails, for example from a closing database, would end the process.
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

  /** Drops the session of a removed client. */
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

  /** Never rejects: when a client connects, Aedes catches no error of this, and the process would end. The store has logged it. */
  override async delWill(client: { readonly id: string }): Promise<unknown> {
    try {
      return await super.delWill(client);
    } catch {
      return undefined;
    }
  }

  /** From now on errors are ignored: they only mean that the database is closed. */
  closing(): void {
    this.#closing = true;
  }

  /** Whether this packet was acknowledged after it was read from the queue. */
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
