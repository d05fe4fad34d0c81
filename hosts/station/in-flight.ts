/** What was sent on one connection and is not acknowledged there. */
import type { StoredPacket } from "aedes-persistence-level/asyncPersistence.js";

/** Packet identifiers are 1 to this. */
const IDENTIFIERS = 65_535;

export class InFlight {
  /** Packet identifiers, by broker and number of what carries them. */
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

  /** Whether it is in flight, or was while what is acknowledged is remembered. */
  has(packet: StoredPacket): boolean {
    return this.#identifiers.has(nameOf(packet)) || (this.#acknowledged?.has(nameOf(packet)) ?? false);
  }

  /** From now on remembers what is acknowledged. */
  remember(): void {
    this.#acknowledged = new Set();
  }

  forget(): void {
    this.#acknowledged = undefined;
  }

  /** The first one from `identifier` on that nothing carries; itself where all are carried. */
  free(identifier: number): number {
    if (this.#used.size >= IDENTIFIERS) return identifier;
    let free = identifier;
    while (this.#used.has(free)) free = (free % IDENTIFIERS) + 1;
    return free;
  }
}

/** What a packet is called in all queues that it is in. */
export function nameOf({ brokerId, brokerCounter }: StoredPacket): string {
  return `${brokerId} ${brokerCounter}`;
}
