/**
 * The outbox: messages that were accepted for the broker and are not yet its own, QoS 0 until they are sent, QoS 1 until
 * PUBACK, QoS 2 until PUBCOMP. In order, each of QoS 1 and 2 under a packet identifier that nothing else holds; limited in
 * messages and bytes. A durable one is on the store before it is sent for the first time, and comes back after a reboot with
 * its identifier and state.
 *
 * | record | holds |
 * |---|---|
 * | `o-<token>` | 1 byte flags (bits 7-6 version, which is 0, bits 1-0 QoS, bit 2 retain, bits 4-3 policy, bit 5 the payload is not kept), 2 bytes packet identifier, 2 bytes topic length, topic, properties as in PUBLISH, payload |
 * | `r-<token>` | present: PUBREC has come, PUBREL is what is sent |
 */
import { ByteCounter, ByteReader, type ByteSink, ByteWriter } from "../bytes.ts";
import { storing } from "../errors.ts";
import { OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../limits.ts";
import { recordNumbers } from "../record-numbers.ts";
import { readRecord } from "../records.ts";
import type { Store } from "../seams.ts";
import type { QoS } from "./packet.ts";
import { NO_PROPERTIES, type Properties, PUBLISH_PLACE, readProperties, writeProperties } from "./properties.ts";
import type { DropReason, OutboxPolicies, OutboxPolicy, PublishOptions } from "./session-types.ts";
import { isTopicName } from "./topic.ts";

/** What is waited for. `UNSENT`: not handed out on this connection yet; `SENDING`: in part. Names cost byte code at each use. */
export const UNSENT = 0;
export const SENDING = 1;
export const AWAITING_PUBACK = 2;
export const AWAITING_PUBREC = 3;
export const UNSENT_PUBREL = 4;
export const AWAITING_PUBCOMP = 5;

type Message = Pick<Required<PublishOptions>, "topic" | "payload" | "qos" | "retain"> & {
  /** Sent in MQTT 5 only. */
  readonly properties: Properties;
  readonly policy: OutboxPolicy;
};

export interface Outbound extends Message {
  /** Names the message for its owner, also across reboots where it is durable. */
  readonly token: number;
  /** 0 with QoS 0. */
  readonly packetIdentifier: number;
  /** When it is worthless; Infinity: never, also of one whose time was counted in a life that is over. */
  expiresMs: number;
  /** On the store. */
  isDurable: boolean;
  /** What it takes of the outbox. */
  bytes: number;
  /** One of the states above. */
  state: number;
  /** The broker may have it from an earlier connection of the same session [MQTT-3.3.1-1]. */
  dup: boolean;
  sentMs: number;
  /** Why it cannot be sent again, see `giveUp`; empty: it can. */
  givenUpWhy: string;
}

const POLICIES: readonly OutboxPolicy[] = Object.freeze(["reject", "dropOldest", "latestPerTopic"]);

export class OutboundTable {
  private readonly store: Store | undefined;
  private readonly policies: OutboxPolicies | undefined;
  private readonly tellDropped: (token: number, reason: DropReason) => void;
  /** Walked by index where that is done after every event: it allocates nothing. */
  private readonly entries: Outbound[] = [];
  private totalBytes = 0;
  private lastIdentifier = 0;
  private nextToken = 1;
  private reservedIdentifier = 0;

  /** @param store where durable messages are; without one nothing is durable */
  constructor(
    store: Store | undefined,
    policies: OutboxPolicies | undefined,
    tellDropped: (token: number, reason: DropReason) => void,
  ) {
    this.store = store;
    this.policies = policies;
    this.tellDropped = tellDropped;
    this.load();
  }

  get length(): number {
    return this.entries.length;
  }

  /** What all messages take, in bytes. */
  get bytes(): number {
    return this.totalBytes;
  }

  /** Messages that count against the broker's receive maximum: sent on this connection. */
  get sentCount(): number {
    return this.entries.reduce((count, { state }) => count + (state === UNSENT ? 0 : 1), 0);
  }

  /** Messages whose answer is awaited. */
  get sent(): readonly Outbound[] {
    return this.entries.filter(({ state }) => state !== UNSENT && state !== UNSENT_PUBREL);
  }

  /** When the one that has waited longest for an answer was sent, or undefined. */
  get oldestSentMs(): number | undefined {
    let oldest: number | undefined;
    for (let index = 0; index < this.entries.length; index += 1) {
      const { state, sentMs } = this.entries[index] as Outbound;
      if (state !== UNSENT && state !== UNSENT_PUBREL && (oldest === undefined || sentMs < oldest)) oldest = sentMs;
    }
    return oldest;
  }

  /** When `expire` has something to do; Infinity: never. */
  get expiryMs(): number {
    return this.policies?.expiryMs(this.entries) ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Accepts a message; where it is durable it is on the store when this returns. undefined: there is no room. Throws what the
   * store throws; the message is not accepted then.
   */
  add(message: PublishOptions, nowMs: number): Outbound | undefined {
    const { payload, qos, isDurable = false, policy = "reject", properties = NO_PROPERTIES } = message;
    const { messageExpiryInterval = Number.POSITIVE_INFINITY } = properties;
    const entry = newEntry({ ...message, policy, properties }, this.nextToken, qos > 0 ? this.allocateIdentifier() : 0);
    entry.expiresMs = nowMs + messageExpiryInterval * 1000;
    // A QoS 2 identifier that was forgotten in a reboot could be taken for the broker's former one, and the message lost.
    entry.isDurable =
      this.store !== undefined && (qos === 2 || (qos === 1 && isDurable && payload instanceof Uint8Array));
    const counter = new ByteCounter();
    writeRecord(counter, entry);
    entry.bytes = counter.length;
    const drop = (victim: Outbound, reason: DropReason) => this.drop(victim, reason);
    const hasRoom = this.length < OUTBOX_MESSAGES_MAX && this.bytes + entry.bytes <= OUTBOX_BYTES_MAX;
    if (!(this.policies?.makeRoom(this.entries, this.bytes, entry, drop) ?? hasRoom)) return undefined;
    if (entry.isDurable) {
      const writer = new ByteWriter(entry.bytes);
      writeRecord(writer, entry);
      this.store?.write(messageKey(entry.token), writer.view());
    }
    this.nextToken += 1;
    this.push(entry);
    return entry;
  }

  /** Drops what was never sent and is worthless now. */
  expire(nowMs: number): void {
    this.policies?.expire(this.entries, nowMs, (entry) => this.drop(entry, "expired"));
  }

  /** The properties with which a message leaves now. */
  propertiesOf(entry: Outbound, nowMs: number): Properties {
    return this.policies?.properties(entry, nowMs) ?? entry.properties;
  }

  /** The next identifier that nothing holds: 1 to 65,535, never 0 [MQTT-2.3.1-1]. */
  allocateIdentifier(): number {
    do this.lastIdentifier = this.lastIdentifier >= 0xffff ? 1 : this.lastIdentifier + 1;
    while (this.lastIdentifier === this.reservedIdentifier || this.find(this.lastIdentifier));
    return this.lastIdentifier;
  }

  /** Holds an identifier for a SUBSCRIBE; 0 gives it back. */
  reserve(packetIdentifier: number): void {
    this.reservedIdentifier = packetIdentifier;
  }

  /** Whether a SUBSCRIBE is not answered yet. */
  get isReserved(): boolean {
    return this.reservedIdentifier > 0;
  }

  find(packetIdentifier: number): Outbound | undefined {
    return this.entries.find((entry) => entry.packetIdentifier === packetIdentifier);
  }

  /** PUBREC has come: the message is the broker's, what remains is PUBREL. Throws a `StoreError`, and it has not come then. */
  handlePubrec(entry: Outbound): void {
    if (entry.isDurable) storing(() => this.store?.write(releasedKey(entry.token), Uint8Array.of(1)));
    entry.state = UNSENT_PUBREL;
  }

  /** A QoS 2 message that was sent and cannot be sent again: PUBREL frees its identifier, PUBCOMP tells whether it was taken. */
  giveUp(entry: Outbound, reason: string): void {
    this.handlePubrec(entry);
    entry.givenUpWhy = reason;
  }

  /** The exchange is over. Throws a `StoreError`, and it is not over then. */
  remove(entry: Outbound): void {
    storing(() => this.removeEntry(entry));
  }

  /** The oldest message that is in this state. PUBRELs keep their order [MQTT-4.6.0-4], and no message in front holds them up. */
  first(wanted: number): Outbound | undefined {
    for (let index = 0; index < this.entries.length; index += 1)
      if (this.entries[index]?.state === wanted) return this.entries[index];
    return undefined;
  }

  /** The connection has ended: everything is sent again, first and in order, with DUP where the broker may have it [MQTT-4.4.0-1]. */
  handleClosed(): void {
    this.entries.forEach((entry) => {
      if (isReleased(entry)) entry.state = UNSENT_PUBREL;
      else {
        entry.dup ||= entry.state !== UNSENT;
        entry.state = UNSENT;
      }
    });
  }

  /** The broker has lost the session. It has taken what it answered with PUBREC: those are returned, to be removed. */
  handleNewSession(): readonly Outbound[] {
    this.entries.forEach((entry) => {
      entry.dup = false;
    });
    return this.entries.filter(isReleased);
  }

  private drop(entry: Outbound, reason: DropReason): void {
    this.removeEntry(entry);
    this.tellDropped(entry.token, reason);
  }

  private removeEntry(entry: Outbound): void {
    if (entry.isDurable && this.store) {
      this.store.remove(messageKey(entry.token));
      // Without its message it says nothing any more.
      clear(this.store, releasedKey(entry.token));
    }
    const index = this.entries.indexOf(entry);
    if (index < 0) return;
    this.entries.splice(index, 1);
    this.totalBytes -= entry.bytes;
  }

  private push(entry: Outbound): void {
    this.entries.push(entry);
    this.totalBytes += entry.bytes;
  }

  private load(): void {
    const store = this.store;
    if (!store) return;
    const tokens = recordNumbers(store, "o-");
    const released = recordNumbers(store, "r-");
    tokens.forEach((token) => {
      const record = readRecord(store, messageKey(token));
      const entry = record && entryOf(token, record);
      if (!entry) {
        clear(store, messageKey(token));
        return;
      }
      if (released.includes(token)) entry.state = UNSENT_PUBREL;
      this.push(entry);
      this.lastIdentifier = entry.packetIdentifier;
      this.nextToken = token + 1;
    });
    // A power cut between the two removals of a message leaves its second record behind. Where it cannot be cleared no new
    // message may have its token: it would count as released after the next reboot.
    released.forEach((token) => {
      if (tokens.includes(token)) return;
      clear(store, releasedKey(token));
      this.nextToken = Math.max(this.nextToken, token + 1);
    });
  }
}

const NOT_KEPT = 32;

function isReleased({ state }: Outbound): boolean {
  return state === UNSENT_PUBREL || state === AWAITING_PUBCOMP;
}

/** What was never sent may leave; what may be with the broker is sent until it is acknowledged [MQTT-4.4.0-1]. */
export function isDroppable({ state, dup }: Outbound): boolean {
  return state === UNSENT && !dup;
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

/** An entry as it is before anything has happened to it. */
function newEntry(message: Message, token: number, packetIdentifier: number): Outbound {
  return {
    ...message,
    token,
    packetIdentifier,
    expiresMs: Number.POSITIVE_INFINITY,
    isDurable: false,
    bytes: 0,
    state: UNSENT,
    dup: false,
    sentMs: 0,
    givenUpWhy: "",
  };
}

function writeRecord(sink: ByteSink, entry: Outbound): void {
  const payload = entry.payload;
  const isKept = payload instanceof Uint8Array;
  sink.uint8(entry.qos | (entry.retain ? 4 : 0) | (POLICIES.indexOf(entry.policy) << 3) | (isKept ? 0 : NOT_KEPT));
  sink.uint16(entry.packetIdentifier);
  sink.prefixedText(entry.topic);
  writeProperties(sink, entry.properties, PUBLISH_PLACE);
  if (isKept) sink.bytes(payload);
}

/** undefined for a record that is not what was written. The broker may have had the message before the reboot. */
function entryOf(token: number, record: Uint8Array): Outbound | undefined {
  try {
    const reader = new ByteReader(record);
    const flags = reader.uint8("flags");
    const packetIdentifier = reader.uint16("packet identifier");
    const message = {
      qos: (flags & 3) as QoS,
      retain: (flags & 4) !== 0,
      policy: POLICIES[(flags >> 3) & 3] ?? "reject",
      topic: reader.text(reader.uint16("topic length"), "topic"),
      properties: readProperties(reader, PUBLISH_PLACE),
      payload: reader.view(reader.remaining, "payload"),
    };
    // What was never written would be refused by every broker, and hold up all that stands behind it.
    const isSentAgain = message.qos === 1 || message.qos === 2;
    if (flags >> 6 !== 0 || !isSentAgain || packetIdentifier === 0 || !isTopicName(message.topic)) return undefined;
    const entry = newEntry(message, token, packetIdentifier);
    entry.isDurable = true;
    entry.bytes = record.length;
    entry.dup = true;
    if (flags & NOT_KEPT) {
      entry.givenUpWhy = "its payload did not outlast the reboot";
      entry.state = UNSENT_PUBREL;
    }
    return entry;
  } catch {
    return undefined;
  }
}
