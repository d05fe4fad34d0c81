import { INFLIGHT_MAX } from "../limits.ts";
import type { QoS } from "./packet.ts";

/** A message that was sent, or is to be sent again, and waits for its PUBACK. */
export interface Inflight {
  readonly packetIdentifier: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** When it was last handed to the host; undefined while it waits to be sent on this connection. */
  sentMs: number | undefined;
  /** It has been sent on an earlier connection of a session that the broker still has: DUP is set [MQTT-3.3.1-1]. */
  dup: boolean;
}

/** Messages in flight, oldest first, and the packet identifiers that they and SUBSCRIBE hold. */
export class InflightTable {
  readonly #entries: Inflight[] = [];
  #lastIdentifier = 0;
  #reservedIdentifier = 0;

  get length(): number {
    return this.#entries.length;
  }

  get isFull(): boolean {
    return this.#entries.length >= INFLIGHT_MAX;
  }

  /** When the oldest unanswered one was sent, or undefined where none is. */
  get oldestSentMs(): number | undefined {
    return this.#entries.find((entry) => entry.sentMs !== undefined)?.sentMs;
  }

  /** The next identifier that nothing holds: 1 to 65,535, never 0 [MQTT-2.3.1-1]. */
  allocateIdentifier(): number {
    do this.#lastIdentifier = this.#lastIdentifier >= 0xffff ? 1 : this.#lastIdentifier + 1;
    while (this.#lastIdentifier === this.#reservedIdentifier || this.#find(this.#lastIdentifier) >= 0);
    return this.#lastIdentifier;
  }

  /** Holds an identifier for a SUBSCRIBE until `release`. */
  reserve(packetIdentifier: number): void {
    this.#reservedIdentifier = packetIdentifier;
  }

  release(): void {
    this.#reservedIdentifier = 0;
  }

  add(entry: Inflight): void {
    this.#entries.push(entry);
  }

  /** Takes out the message with this identifier; false where there is none that was sent on this connection. */
  acknowledge(packetIdentifier: number): boolean {
    const index = this.#find(packetIdentifier);
    if (index < 0 || this.#entries[index]?.sentMs === undefined) return false;
    this.#entries.splice(index, 1);
    return true;
  }

  /** The oldest message that has not been sent on this connection. */
  nextToSend(): Inflight | undefined {
    return this.#entries.find((entry) => entry.sentMs === undefined);
  }

  /** A new connection: everything is sent again, in order, with DUP where the broker may have it [MQTT-4.4.0-1]. */
  handleConnected(sessionPresent: boolean): void {
    for (const entry of this.#entries) {
      entry.dup = sessionPresent && (entry.dup || entry.sentMs !== undefined);
      entry.sentMs = undefined;
    }
  }

  #find(packetIdentifier: number): number {
    return this.#entries.findIndex((entry) => entry.packetIdentifier === packetIdentifier);
  }
}
