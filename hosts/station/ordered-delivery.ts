/// <reference path="./modules.d.ts" />
/**
 * Delivers to one client: with the granted QoS, complete, in order, and at the client's own pace.
 *
 * The messages of a kept session are in its queue on disk before they are delivered. Aedes delivers them as they come, and also from
 * that queue when the client connects. The two ways know nothing of each other. Without this
 * - a message that comes while a client connects is sent before CONNACK, or overtakes or doubles what is in the queue;
 * - a message that comes between the storing of a new subscription and its taking effect stays in the queue until the
 *   next connection;
 * - of two filters that match, the one that was subscribed to first decides the QoS, and a filter with a wildcard decides none;
 * - a client that does not read holds up the messages of all others.
 * So while the queue is read, a live message only leaves a note. Then the queue is read again for messages that were not sent yet. The
 * same happens while a client reads too slowly. No other client waits for it.
 */
import type { Client } from "aedes";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import { writeToStream } from "mqtt-packet";
import type { StationPersistence } from "./persistence.ts";
import { READER_BACKLOG_BYTES_MAX, READER_BACKLOG_MESSAGES_MAX } from "./station-limits.ts";
import { grantedQos, type Subscriptions } from "./topic-filter.ts";

type Deliver = (packet: StoredPacket, done: () => void) => void;

/** Members of an Aedes client that its types leave out. */
interface ClientInside {
  deliver0: Deliver;
  deliverQoS: Deliver;
  /** By broker: the number of the last packet. */
  readonly duplicates: Record<string, number>;
  readonly subscriptions: Subscriptions;
  readonly connackSent: boolean;
  readonly broker: { authorizeForward(client: Client, packet: StoredPacket): StoredPacket | null };
  /** The packet identifier of the next message. */
  _nextId: number;
  /** Calls back when everything written has gone, and when the connection has ended. Ends a connection that stands still too long. */
  waitForDrain(done: () => void): void;
}

/** Losses of clients that do not read. */
export interface ReaderCounters {
  /** Messages of QoS 0. */
  dropped: number;
  /** Closed connections without a kept session. Nothing keeps their messages. */
  closed: number;
}

export class OrderedDelivery {
  readonly #client: Client;
  readonly #inside: ClientInside;
  readonly #persistence: StationPersistence;
  readonly #counters: ReaderCounters;
  #live = false;
  #missed = false;
  #draining = false;
  /** Messages whose packet identifiers are on their way to the disk. */
  #writing = 0;
  #writingBytes = 0;
  #onIdle: (() => void) | undefined;

  /** Replaces the client's own delivery. Make it before the client has subscriptions. */
  constructor(client: Client, persistence: StationPersistence, counters: ReaderCounters) {
    this.#client = client;
    this.#inside = client as unknown as ClientInside;
    this.#persistence = persistence;
    this.#counters = counters;
    const deliver: Deliver = (packet, done) => {
      // A retained message that answers a SUBSCRIBE has no broker id. Only the next one of that answer waits for it.
      if (!packet.brokerId) {
        this.#answer(packet).then(done, done);
        return;
      }
      this.#deliverLive(packet);
      setImmediate(done);
    };
    this.#inside.deliver0 = deliver;
    this.#inside.deliverQoS = deliver;
    let next = this.#inside._nextId;
    Object.defineProperty(client, "_nextId", {
      get: () => {
        next = persistence.freeIdentifier(client, next);
        return next;
      },
      set: (identifier: number) => {
        next = identifier;
      },
    });
  }

  /** The client is connected, and Aedes has sent its queue. From now on messages go out as they come. */
  ready(): void {
    if (this.#missed) void this.#drain();
    else this.#live = true;
  }

  /** A new subscription has taken effect. Messages that were queued for it go out. */
  subscribed(): void {
    if (this.#client.clean) return;
    if (this.#live) void this.#drain();
    else this.#missed = true;
  }

  #deliverLive(packet: StoredPacket): void {
    // Aedes writes to a connection until its subscriptions are removed, also if the client has gone on at another broker. Nobody
    // reads the acknowledgements there.
    if (this.#client.closed) return;
    const qos = this.#qosOf(packet);
    if (qos > 0 && !this.#client.clean) this.#deliverKept(packet, qos);
    // [MQTT-3.2.0-1]: nothing is sent before CONNACK. A client that is not connected yet is owed only what its queue holds.
    else if (this.#inside.connackSent && this.#isNew(packet)) this.#deliverUnkept(packet, qos);
  }

  /** A message that is in the queue on disk. */
  #deliverKept(packet: StoredPacket, qos: StoredPacket["qos"]): void {
    if (!this.#live) {
      this.#missed = true;
      return;
    }
    if (this.#isBehind) {
      void this.#drain();
      return;
    }
    const wasSent = this.#persistence.wasStreamed(this.#client, packet);
    if (this.#isNew(packet) && !wasSent) void this.#sendKept({ ...packet, qos }, () => true);
  }

  #deliverUnkept(packet: StoredPacket, qos: StoredPacket["qos"]): void {
    if (!this.#inside.broker.authorizeForward(this.#client, packet)) return;
    if (!this.#isBehind) this.#write({ ...packet, qos });
    else if (qos === 0) this.#counters.dropped += 1;
    else {
      this.#counters.closed += 1;
      this.#client.emit("error", new Error("does not read what it is sent"));
    }
  }

  /** A packet comes once for each filter of the client that matches. */
  #isNew({ brokerId, brokerCounter }: StoredPacket): boolean {
    const { duplicates } = this.#inside;
    if ((duplicates[brokerId] ?? 0) >= brokerCounter) return false;
    duplicates[brokerId] = brokerCounter;
    return true;
  }

  #qosOf({ topic, qos }: StoredPacket): StoredPacket["qos"] {
    return Math.min(qos, grantedQos(this.#inside.subscriptions, topic) ?? 0) as StoredPacket["qos"];
  }

  /** Whether too much waits for this client to read. */
  get #isBehind(): boolean {
    const bytes = this.#client.conn.writableLength + this.#writingBytes;
    return bytes > READER_BACKLOG_BYTES_MAX || this.#writing >= READER_BACKLOG_MESSAGES_MAX;
  }

  async #answer(packet: StoredPacket): Promise<void> {
    if (this.#client.closed || !this.#inside.broker.authorizeForward(this.#client, packet)) return;
    this.#write({ ...packet, qos: this.#qosOf(packet) });
    await this.#drained();
  }

  /** Gives a message of the queue its packet identifier and sends it, if it is still `wanted` then. */
  async #sendKept(packet: StoredPacket, wanted: (packet: StoredPacket) => boolean): Promise<void> {
    if (!this.#inside.broker.authorizeForward(this.#client, packet)) return;
    const numbered = { ...packet, retain: false, messageId: packet.messageId || this.#newIdentifier() };
    this.#writing += 1;
    this.#writingBytes += packet.payload.length;
    try {
      await this.#persistence.outgoingUpdate(this.#client, numbered);
      if (wanted(numbered)) this.#write(numbered);
    } catch (error) {
      this.#client.emit("error", error);
    } finally {
      this.#writing -= 1;
      this.#writingBytes -= packet.payload.length;
      if (this.#writing === 0) this.#onIdle?.();
    }
  }

  #newIdentifier(): number {
    const identifier = this.#inside._nextId;
    this.#inside._nextId = (identifier % 65_535) + 1;
    return identifier;
  }

  #write({ topic, payload, qos, retain, dup, messageId }: StoredPacket): void {
    const { conn, closed } = this.#client;
    if (closed || conn.destroyed) return;
    const identified = qos > 0 ? { messageId: messageId || this.#newIdentifier() } : {};
    writeToStream({ cmd: "publish", topic, payload, qos, retain, dup: qos > 0 && dup, ...identified }, conn);
  }

  /** Resolves when the client has read everything written to it, or has gone. */
  #drained(): Promise<void> {
    if (!this.#client.conn.writableNeedDrain || this.#client.closed) return Promise.resolve();
    return new Promise((resolve) => this.#inside.waitForDrain(() => resolve()));
  }

  /** Writes many identifiers together, in order. A message that has one already takes longer, so it is written alone. */
  async #sendUnsent(packet: StoredPacket): Promise<void> {
    if (packet.messageId) await this.#idle();
    void this.#sendKept(packet, (sent) => !this.#persistence.wasAcknowledged(sent));
    if (packet.messageId || this.#isBehind) await this.#idle();
    await this.#drained();
  }

  /** Resolves when nothing is on its way to the disk. */
  async #idle(): Promise<void> {
    if (this.#writing > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#onIdle = undefined;
  }

  async #drain(): Promise<void> {
    this.#live = false;
    this.#missed = true;
    if (this.#draining) return;
    this.#draining = true;
    try {
      // A message whose identifier is being written has none on disk yet. It would be taken for unsent.
      await this.#idle();
      while (this.#missed && !this.#client.closed) {
        await this.#drained();
        this.#missed = false;
        for await (const packet of this.#persistence.unsent(this.#client)) {
          if (this.#client.closed) return;
          await this.#sendUnsent(packet);
        }
        await this.#idle();
      }
      this.#live = true;
    } catch (error) {
      // The queue cannot be read. The connection ends, and the next one reads the queue again.
      this.#client.emit("error", error);
    } finally {
      this.#draining = false;
    }
  }
}
