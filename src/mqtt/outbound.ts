/**
 * Messages that were accepted for the broker and are not yet its own: QoS 1 until PUBACK, QoS 2 until PUBCOMP. In order,
 * each under a packet identifier that nothing else holds. A durable one is on the store before it is sent for the first
 * time, and comes back after a reboot with its identifier and state.
 *
 * | record | holds |
 * |---|---|
 * | `o-<token>` | 1 byte flags (bits 1-0 QoS, bit 2 retain), 2 bytes packet identifier, 2 bytes topic length, topic, properties as in PUBLISH, payload |
 * | `r-<token>` | present: PUBREC has come, PUBREL is what is sent |
 */
import { ByteReader, ByteWriter } from "../bytes.ts";
import { INFLIGHT_MAX } from "../limits.ts";
import type { Store } from "../seams.ts";
import { utf8Length } from "../utf8.ts";
import { PACKET_TYPE, type QoS } from "./packet.ts";
import { type Properties, propertiesBytes, readProperties, writeProperties } from "./properties.ts";

/** What is waited for; `unsent`: not handed out on this connection yet. */
export type OutboundState = "unsent" | "awaitingPuback" | "awaitingPubrec" | "unsentPubrel" | "awaitingPubcomp";

export interface OutboundMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  /** Sent in MQTT 5 only. */
  readonly properties: Properties;
}

export interface Outbound extends OutboundMessage {
  /** Names the message for its owner, also across reboots where it is durable. */
  readonly token: number;
  readonly packetIdentifier: number;
  readonly isDurable: boolean;
  state: OutboundState;
  /** The broker may have it from an earlier connection of the same session [MQTT-3.3.1-1]. */
  dup: boolean;
  sentMs: number;
  /** It cannot be sent again, see `giveUp`. */
  isGivenUp: boolean;
}

const PUBLISH_PLACE = 1 << PACKET_TYPE.publish;

export class OutboundTable {
  readonly #store: Store | undefined;
  readonly #entries: Outbound[] = [];
  #lastIdentifier = 0;
  #nextToken = 1;
  #reservedIdentifier = 0;

  /** @param store where durable messages are; without one nothing is durable */
  constructor(store: Store | undefined) {
    this.#store = store;
    this.#load();
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Messages that count against the broker's receive maximum: sent on this connection. */
  get sentCount(): number {
    return this.#entries.reduce((count, { state }) => count + (state === "unsent" ? 0 : 1), 0);
  }

  get isFull(): boolean {
    return this.#entries.length >= INFLIGHT_MAX;
  }

  /** When the one that has waited longest for an answer was sent, or undefined. */
  get oldestSentMs(): number | undefined {
    let oldest: number | undefined;
    for (const { state, sentMs } of this.#entries) {
      if (state !== "unsent" && state !== "unsentPubrel" && (oldest === undefined || sentMs < oldest)) oldest = sentMs;
    }
    return oldest;
  }

  /** Accepts a message; where it is durable it is on the store when this returns. Throws what the store throws. */
  add(message: OutboundMessage, isDurable: boolean): Outbound {
    const packetIdentifier = this.allocateIdentifier();
    const token = this.#nextToken;
    // A QoS 2 identifier that was forgotten in a reboot could be taken for the broker's former one, and the message lost.
    const keeps = this.#store !== undefined && (isDurable || message.qos === 2);
    const { topic, payload, qos, retain, properties } = message;
    const entry: Outbound = {
      topic,
      payload,
      qos,
      retain,
      properties,
      token,
      packetIdentifier,
      isDurable: keeps,
      state: "unsent",
      dup: false,
      sentMs: 0,
      isGivenUp: false,
    };
    if (keeps) this.#store?.write(messageKey(token), recordOf(entry));
    this.#nextToken += 1;
    this.#entries.push(entry);
    return entry;
  }

  /** The next identifier that nothing holds: 1 to 65,535, never 0 [MQTT-2.3.1-1]. */
  allocateIdentifier(): number {
    do this.#lastIdentifier = this.#lastIdentifier >= 0xffff ? 1 : this.#lastIdentifier + 1;
    while (this.#lastIdentifier === this.#reservedIdentifier || this.find(this.#lastIdentifier));
    return this.#lastIdentifier;
  }

  /** Holds an identifier for a SUBSCRIBE; 0 gives it back. */
  reserve(packetIdentifier: number): void {
    this.#reservedIdentifier = packetIdentifier;
  }

  find(packetIdentifier: number): Outbound | undefined {
    return this.#entries.find((entry) => entry.packetIdentifier === packetIdentifier);
  }

  /** PUBREC has come: the message is the broker's, what remains is PUBREL. */
  handlePubrec(entry: Outbound): void {
    if (entry.isDurable) this.#store?.write(releasedKey(entry.token), Uint8Array.of(1));
    entry.state = "unsentPubrel";
  }

  /** A QoS 2 message that was sent and cannot be sent again: PUBREL frees its identifier, PUBCOMP tells whether it was taken. */
  giveUp(entry: Outbound): void {
    this.handlePubrec(entry);
    entry.isGivenUp = true;
  }

  /** The exchange is over. Throws what the store throws, and it is not over then. */
  remove(entry: Outbound): void {
    if (entry.isDurable) {
      this.#store?.remove(messageKey(entry.token));
      this.#store?.remove(releasedKey(entry.token));
    }
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
  }

  /** The oldest message that is to be sent. */
  nextPublish(): Outbound | undefined {
    return this.#entries.find(({ state }) => state === "unsent");
  }

  /** The oldest PUBREL that is to be sent: they keep their order [MQTT-4.6.0-4], and no message in front holds them up. */
  nextPubrel(): Outbound | undefined {
    return this.#entries.find(({ state }) => state === "unsentPubrel");
  }

  /**
   * A new connection: everything is sent again, first and in order, with DUP where the broker may have it [MQTT-4.4.0-1].
   * A broker that lost the session has taken what it answered with PUBREC: those are returned, to be removed.
   */
  handleConnected(sessionPresent: boolean): readonly Outbound[] {
    const isReleased = ({ state }: Outbound) => state === "unsentPubrel" || state === "awaitingPubcomp";
    for (const entry of this.#entries) {
      if (isReleased(entry)) entry.state = "unsentPubrel";
      else {
        entry.dup = sessionPresent && (entry.dup || entry.state !== "unsent");
        entry.state = "unsent";
      }
    }
    return sessionPresent ? [] : this.#entries.filter(isReleased);
  }

  #load(): void {
    const store = this.#store;
    if (!store) return;
    const keys = store.keys();
    const tokens = keys.filter((key) => key.startsWith("o-")).map((key) => Number.parseInt(key.slice(2), 36));
    for (const token of tokens.sort((a, b) => a - b)) {
      const record = store.read(messageKey(token));
      const entry = record && entryOf(token, record);
      if (!entry) {
        clear(store, messageKey(token));
        continue;
      }
      if (keys.includes(releasedKey(token))) entry.state = "unsentPubrel";
      this.#entries.push(entry);
      this.#lastIdentifier = entry.packetIdentifier;
      this.#nextToken = token + 1;
    }
    // A power cut between the two removals of a message leaves its second record behind. Where it cannot be cleared no new
    // message may have its token: it would count as released after the next reboot.
    for (const key of keys) {
      const token = Number.parseInt(key.slice(2), 36);
      if (!key.startsWith("r-") || tokens.includes(token)) continue;
      clear(store, key);
      this.#nextToken = Math.max(this.#nextToken, token + 1);
    }
  }
}

/** Removes a record that nobody needs; where the store refuses, it stays until a later start. */
function clear(store: Store, key: string): void {
  try {
    store.remove(key);
  } catch {
    // It does no harm.
  }
}

function messageKey(token: number): string {
  return `o-${token.toString(36)}`;
}

function releasedKey(token: number): string {
  return `r-${token.toString(36)}`;
}

function recordOf({ topic, payload, qos, retain, properties, packetIdentifier }: Outbound): Uint8Array {
  const length = 5 + utf8Length(topic) + propertiesBytes(properties, PUBLISH_PLACE) + payload.length;
  const writer = new ByteWriter(length);
  writer.uint8(qos | (retain ? 4 : 0));
  writer.uint16(packetIdentifier);
  writer.prefixedText(topic);
  writeProperties(writer, properties);
  writer.bytes(payload);
  return writer.view();
}

/** undefined for a record that is not what was written. The broker may have had the message before the reboot. */
function entryOf(token: number, record: Uint8Array): Outbound | undefined {
  try {
    const reader = new ByteReader(record);
    const flags = reader.uint8("flags");
    const packetIdentifier = reader.uint16("packet identifier");
    const topic = reader.text(reader.uint16("topic length"), "topic");
    const properties = readProperties(reader, PUBLISH_PLACE);
    const payload = reader.view(reader.remaining, "payload");
    const qos: QoS = (flags & 3) === 2 ? 2 : 1;
    return {
      topic,
      payload,
      qos,
      retain: (flags & 4) !== 0,
      properties,
      token,
      packetIdentifier,
      isDurable: true,
      state: "unsent",
      dup: true,
      sentMs: 0,
      isGivenUp: false,
    };
  } catch {
    return undefined;
  }
}
