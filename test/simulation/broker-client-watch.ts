/** Checks what a client sends on one connection against the standards and against what the broker has announced. */
import { INFLIGHT_MAX, PUBLISH_BYTES_MAX, STREAM_BYTES_MAX } from "../../src/limits.ts";

/** The limits that the broker has announced to this client, or the defaults of the standard. */
export interface Announced {
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly keepAliveSeconds: number;
}

export class ClientWatch {
  announced: Announced = {
    receiveMaximum: 65_535,
    maximumPacketSize: 2 ** 28,
    topicAliasMaximum: 0,
    keepAliveSeconds: 0,
  };
  readonly #violation: (problem: string) => void;
  /** Identifiers of the client's unfinished exchanges on this connection. The value: whether it counts for the window. */
  readonly #open = new Map<number, boolean>();
  /** Identifiers of messages with QoS 1 and QoS 2 that were sent here and not acknowledged, in order. */
  readonly #unanswered: Readonly<Record<1 | 2, number[]>> = { 1: [], 2: [] };
  /** Identifiers whose PUBREL was sent here. */
  readonly #released = new Set<number>();
  readonly #aliases: string[] = [];

  constructor(violation: (problem: string) => void) {
    this.#violation = violation;
  }

  /** Checks the size of a packet, by its remaining length. */
  size(command: string, remainingLength: number): void {
    const lengthBytes = remainingLength < 128 ? 1 : remainingLength < 16_384 ? 2 : 3;
    const bytes = 1 + lengthBytes + remainingLength;
    const ownLimit = command === "publish" ? STREAM_BYTES_MAX : PUBLISH_BYTES_MAX;
    const limit = Math.min(ownLimit, this.announced.maximumPacketSize);
    if (command !== "connect" && bytes > limit) this.#violation(`sent ${command} of ${bytes} bytes, limit ${limit}`);
  }

  /** The client begins an exchange: a PUBLISH of QoS 1 or 2, or a SUBSCRIBE. */
  begin(packetIdentifier: number, isMessage: boolean): void {
    if (packetIdentifier === 0) this.#violation("used the identifier 0");
    if (this.#open.has(packetIdentifier))
      this.#violation(`used the identifier ${packetIdentifier} twice on one connection`);
    this.#open.set(packetIdentifier, isMessage);
    const count = [...this.#open.values()].filter((counts) => counts).length;
    const window = Math.min(INFLIGHT_MAX, this.announced.receiveMaximum);
    if (count > window) this.#violation(`has ${count} messages in flight, limit ${window}`);
  }

  /** A PUBREL continues an exchange of a former connection. Its identifier is in use. */
  resume(packetIdentifier: number): void {
    if (!this.#open.has(packetIdentifier)) this.#open.set(packetIdentifier, false);
  }

  finish(packetIdentifier: number): void {
    this.#open.delete(packetIdentifier);
  }

  delivered(packetIdentifier: number, qos: 1 | 2): void {
    this.#unanswered[qos].push(packetIdentifier);
  }

  /** PUBACK and PUBREC must come once for each message that was sent here, in the same order [MQTT-4.6.0-2, -3]. */
  answered(packetIdentifier: number, qos: 1 | 2): void {
    const [expected] = this.#unanswered[qos];
    if (expected === undefined || !this.#unanswered[qos].includes(packetIdentifier))
      this.#violation(`acknowledged ${packetIdentifier}, which it did not get here`);
    else if (expected !== packetIdentifier)
      this.#violation(`acknowledged ${packetIdentifier} before ${expected}, which came first`);
    else this.#unanswered[qos].shift();
  }

  released(packetIdentifier: number): void {
    this.#released.add(packetIdentifier);
  }

  completed(packetIdentifier: number): void {
    if (!this.#released.delete(packetIdentifier)) this.#violation(`completed ${packetIdentifier}, not released here`);
  }

  /** The topic of a PUBLISH with an alias, or without one. */
  topicOf(topic: string, alias: number | undefined): string {
    if (alias === undefined) return topic;
    if (alias < 1 || alias > this.announced.topicAliasMaximum)
      this.#violation(`used the topic alias ${alias}, limit ${this.announced.topicAliasMaximum}`);
    if (topic !== "") this.#aliases[alias] = topic;
    const known = this.#aliases[alias];
    if (known === undefined) this.#violation(`used the topic alias ${alias} before it stood for anything`);
    return known ?? "";
  }
}
