/** The messages that were sent on one connection and are not acknowledged yet. */
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";

/** The largest packet identifier. */
const IDENTIFIERS = 65_535;

export class InFlight {
  /** Packet identifiers, by broker and number of the message. */
  readonly #identifiers = new Map<string, number>();
  readonly #used = new Set<number>();
  /** Since `remember`. */
  #acknowledged: Set<string> | undefined;

  add(packet: StoredPacket): void {
    if (!packet.brokerId || !packet.messageId) return;
    this.delete(packet);
    this.#identifiers.set(nameOf(packet), packet.messageId);
    this.#used.add(packet.messageId);
  }

  /** It is acknowledged. */
  delete(packet: StoredPacket): void {
    const identifier = this.#identifiers.get(nameOf(packet));
    if (identifier === undefined) return;
    this.#identifiers.delete(nameOf(packet));
    this.#used.delete(identifier);
    this.#acknowledged?.add(nameOf(packet));
  }

  /** Whether the message is in flight, or was acknowledged since `remember`. */
  has(packet: StoredPacket): boolean {
    return this.#identifiers.has(nameOf(packet)) || (this.#acknowledged?.has(nameOf(packet)) ?? false);
  }

  /** Begins to remember acknowledged messages. */
  remember(): void {
    this.#acknowledged = new Set();
  }

  forget(): void {
    this.#acknowledged = undefined;
  }

  /** The first unused packet identifier from `identifier` on; `identifier` itself if all are in use. */
  free(identifier: number): number {
    if (this.#used.size >= IDENTIFIERS) return identifier;
    let free = identifier;
    while (this.#used.has(free)) free = (free % IDENTIFIERS) + 1;
    return free;
  }
}

/** The name of a message, the same in all queues. */
export function nameOf({ brokerId, brokerCounter }: StoredPacket): string {
  return `${brokerId} ${brokerCounter}`;
}
