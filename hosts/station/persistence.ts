import { Readable } from "node:stream";
import AsyncLevelPersistence, { type StoredPacket } from "aedes-persistence-level/asyncPersistence.js";

/** The level persistence of Aedes with two corrections of what goes through its outgoing queue. */
export class StationPersistence extends AsyncLevelPersistence {
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
}

async function* withDup(packets: AsyncIterable<StoredPacket>): AsyncGenerator<StoredPacket> {
  for await (const packet of packets) yield packet.messageId ? { ...packet, dup: true } : packet;
}
