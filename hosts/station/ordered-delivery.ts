/// <reference path="./modules.d.ts" />
/**
 * Keeps what one client with a kept session receives complete and in order. Its messages are in its queue on disk before
 * they are delivered; Aedes delivers them as they come *and* from that queue at a connection, in two lines that know
 * nothing of each other. Without this
 * - a message that comes while a client connects is sent before CONNACK, or overtakes or doubles what is in the queue;
 * - a message that comes between the storing of a new subscription and its taking effect stays in the queue until the
 *   next connection.
 * So: while the queue is read, live messages only leave a note, and the queue is read again for what was not sent yet.
 */
import type { Client } from "aedes";
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";
import type { StationPersistence } from "./persistence.ts";

type Deliver = (packet: StoredPacket, done: () => void) => void;

/** The parts of an Aedes client that its types do not tell. */
interface ClientInside {
  deliver0: Deliver;
  deliverQoS: Deliver;
  readonly duplicates: Record<string, number>;
  readonly connackSent: boolean;
  /** The packet identifier that the next message is given. */
  _nextId: number;
}

export class OrderedDelivery {
  readonly #client: Client;
  readonly #inside: ClientInside;
  readonly #persistence: StationPersistence;
  readonly #deliver: Deliver;
  #live = false;
  #missed = false;
  #draining = false;
  #writing = 0;
  #onIdle: (() => void) | undefined;

  /** Takes the place of the client's own delivery. To be made before the client has subscriptions. */
  constructor(client: Client, persistence: StationPersistence) {
    this.#client = client;
    this.#inside = client as unknown as ClientInside;
    this.#persistence = persistence;
    this.#deliver = this.#inside.deliverQoS;
    const deliver0 = this.#inside.deliver0;
    this.#inside.deliver0 = (packet, done) => {
      // [MQTT-3.2.0-1]: nothing goes before CONNACK; a QoS 0 message is not owed to one who is not yet connected.
      if (this.#inside.connackSent) deliver0(packet, done);
      else setImmediate(done);
    };
    this.#inside.deliverQoS = (packet, done) => this.#deliverLive(packet, done);
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

  /** The connection stands and Aedes has sent the queue as it was: from here on messages go out as they come. */
  ready(): void {
    if (this.#missed) void this.#drain();
    else this.#live = true;
  }

  /** A new subscription stands. What was queued for it until now goes out. */
  subscribed(): void {
    if (this.#client.clean) return;
    if (this.#live) void this.#drain();
    else this.#missed = true;
  }

  #deliverLive(packet: StoredPacket, done: () => void): void {
    // Aedes writes to a connection until its subscriptions are taken back, also to one whose client has gone on at another
    // broker. Nobody listens to what is acknowledged there.
    if (this.#client.closed) {
      setImmediate(done);
      return;
    }
    // A retained message that answers a SUBSCRIBE has no broker id: it is in no queue.
    const inQueue = packet.qos > 0 && !this.#client.clean && Boolean(packet.brokerId);
    if (inQueue && this.#live && this.#persistence.wasStreamed(this.#client, packet)) {
      setImmediate(done);
      return;
    }
    if (!inQueue || this.#live) {
      this.#send(packet, done);
      return;
    }
    this.#missed = true;
    setImmediate(done);
  }

  #send(packet: StoredPacket, done: () => void): void {
    this.#writing += 1;
    this.#deliver(packet, () => {
      this.#writing -= 1;
      if (this.#writing === 0) this.#onIdle?.();
      done();
    });
  }

  /**
   * Aedes takes a number that is not above the last one of its broker for a duplicate. The queue may hold a higher one than what is
   * still to come live, and a lower one than what came; so it is neither measured by the last one nor becomes it.
   */
  #sendQueued(packet: StoredPacket, done: () => void): void {
    const { duplicates } = this.#inside;
    const last = duplicates[packet.brokerId];
    delete duplicates[packet.brokerId];
    this.#send(packet, done);
    if (last === undefined) delete duplicates[packet.brokerId];
    else duplicates[packet.brokerId] = last;
  }

  async #drain(): Promise<void> {
    this.#live = false;
    this.#missed = true;
    if (this.#draining) return;
    this.#draining = true;
    try {
      // What is being written has no identifier on disk yet and would be taken for unsent.
      if (this.#writing > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
      this.#onIdle = undefined;
      while (this.#missed && !this.#client.closed) {
        this.#missed = false;
        for await (const packet of this.#persistence.unsent(this.#client)) {
          if (this.#client.closed) return;
          await new Promise<void>((resolve) => this.#sendQueued(packet, resolve));
        }
      }
      this.#live = true;
    } catch (error) {
      // The queue cannot be read: the connection ends, and the next one reads it again.
      this.#client.emit("error", error);
    } finally {
      this.#draining = false;
    }
  }
}
