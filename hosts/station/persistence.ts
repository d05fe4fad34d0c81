/// <reference path="./modules.d.ts" />
import { Readable } from "node:stream";
import AsyncLevelPersistence, { type StoredPacket } from "aedes-persistence-level/asyncPersistence.js";

/** What the persistence throws for a packet that is not in the queue. */
const NO_SUCH_PACKET = "no such packet";

/** The level persistence of Aedes with corrections of what goes through its outgoing queue. */
export class StationPersistence extends AsyncLevelPersistence {
  readonly #acknowledged = new WeakSet<object>();
  #closing = false;

  /**
   * [MQTT-3.3.1-9]: what matches an established subscription goes out with RETAIN 0. Aedes clears it for those who are
   * connected, but queues it as it came for the others: a page published with retain would arrive as an old one.
   */
  override outgoingEnqueue(subscription: { readonly clientId: string }, packet: StoredPacket): Promise<void> {
    return super.outgoingEnqueue(subscription, packet.retain ? { ...packet, retain: false } : packet);
  }

  /**
   * [MQTT-3.3.1-1]: a packet that was given a packet identifier in a former connection is sent again with it, and with
   * DUP 1. Aedes leaves it 0.
   */
  override outgoingStream(client: { readonly id: string }): Readable {
    return Readable.from(withDup(super.outgoingStream(client)));
  }

  /**
   * Gives a queued packet its identifier. A client that acknowledges, goes and comes back at once has its queue read while
   * its PUBACK is still being written: the packet is in what was read and no more in the queue. Aedes takes that for an
   * error and drops the connection; here it is noted, and `wasAcknowledged` keeps it from being sent.
   */
  override async outgoingUpdate(client: { readonly id: string }, packet: StoredPacket): Promise<void> {
    try {
      await super.outgoingUpdate(client, packet);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== NO_SUCH_PACKET) throw error;
      this.#acknowledged.add(packet);
    }
  }

  /**
   * The retained messages that a new subscription matches. Aedes listens for no error of this stream: one that cannot be
   * read, such as that of a database which is being closed, would end the process.
   */
  override createRetainedStreamCombi(patterns: readonly string[]): Readable {
    const stream = super.createRetainedStreamCombi(patterns);
    stream.on("error", (error) => {
      if (!this.#closing) console.error(`broker: retained messages cannot be read: ${error.message}`);
    });
    return stream;
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

async function* withDup(packets: AsyncIterable<StoredPacket>): AsyncGenerator<StoredPacket> {
  for await (const packet of packets) yield packet.messageId ? { ...packet, dup: true } : packet;
}
