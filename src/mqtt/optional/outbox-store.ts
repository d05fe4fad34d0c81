/**
 * Messages of the outbox that outlast a reboot, as `SessionOptions.outboxStore`: of QoS 1 those that are durable, of QoS 2 all. A
 * message is on the store before it is sent for the first time, and comes back with its identifier and stage.
 *
 * | record | holds |
 * |---|---|
 * | `o-<token>` | 1 byte flags (bits 7-6 version, which is 0, bits 1-0 QoS, bit 2 retain, bits 4-3 policy, bit 5 the payload is not kept), 2 bytes packet identifier, 2 bytes topic length, topic, properties as in PUBLISH, payload |
 * | `r-<token>` | present: PUBREC has come, PUBREL is what is sent |
 */
import { ByteCounter, ByteReader, type ByteSink, ByteWriter } from "../../bytes.ts";
import { recordNumbers } from "../../record-numbers.ts";
import { readRecord, removeRecord } from "../../records.ts";
import type { Store } from "../../seams.ts";
import { utf8Length } from "../../utf8.ts";
import { publishBytes } from "../encoder.ts";
import type { OutboxStore } from "../extensions.ts";
import { AGAIN, type Outbound, UNSENT, UNSENT_PUBREL } from "../outbound.ts";
import type { QoS } from "../packet.ts";
import { PUBLISH_PLACE, readProperties, writeProperties } from "../properties.ts";
import type { OutboxPolicy } from "../session-types.ts";
import { isTopicName } from "../topic.ts";

const POLICIES: readonly OutboxPolicy[] = Object.freeze(["reject", "dropOldest", "latestPerTopic"]);

const NOT_KEPT = 32;

export class DurableOutbox implements OutboxStore {
  nextToken = 1;
  private readonly store: Store;
  /** Tokens of the messages that have a record. */
  private readonly kept = new Set<number>();

  /** @param store one session has it at a time */
  constructor(store: Store) {
    this.store = store;
  }

  load(): readonly Outbound[] {
    const store = this.store;
    const tokens = recordNumbers(store, "o-");
    const released = recordNumbers(store, "r-");
    const entries: Outbound[] = [];
    tokens.forEach((token) => {
      const record = readRecord(store, messageKey(token));
      const entry = record && entryOf(token, record);
      if (!entry) {
        removeRecord(store, messageKey(token));
        return;
      }
      if (released.includes(token) && entry.stage.is === UNSENT) entry.stage = { is: UNSENT_PUBREL, reason: "" };
      entries.push(entry);
      this.kept.add(token);
      this.nextToken = token + 1;
    });
    // A power cut between the two removals of a message leaves its second record behind. If that cannot be removed, no new
    // message may have its token: it would count as released after the next reboot.
    released.forEach((token) => {
      if (tokens.includes(token)) return;
      removeRecord(store, releasedKey(token));
      this.nextToken = Math.max(this.nextToken, token + 1);
    });
    return entries;
  }

  write(entry: Outbound): void {
    // A QoS 2 identifier that was forgotten in a reboot could be taken for the broker's former one. The message would be lost.
    if (!(entry.qos === 2 || (entry.qos === 1 && entry.isDurable && entry.payload instanceof Uint8Array))) return;
    const counter = new ByteCounter();
    writeRecord(counter, entry);
    const writer = new ByteWriter(counter.length);
    writeRecord(writer, entry);
    this.store.write(messageKey(entry.token), writer.view());
    this.kept.add(entry.token);
  }

  release({ token }: Outbound): void {
    if (this.kept.has(token)) this.store.write(releasedKey(token), Uint8Array.of(1));
  }

  remove({ token }: Outbound): void {
    if (!this.kept.has(token)) return;
    this.store.remove(messageKey(token));
    this.kept.delete(token);
    // Without its message this record says nothing. If the store refuses, a later start removes it.
    removeRecord(this.store, releasedKey(token));
  }
}

function messageKey(token: number): string {
  return `o-${token.toString(36)}`;
}

function releasedKey(token: number): string {
  return `r-${token.toString(36)}`;
}

function writeRecord(sink: ByteSink, message: Outbound): void {
  const { qos, retain, policy = "reject", packetIdentifier, topic, properties, payload } = message;
  const isKept = payload instanceof Uint8Array;
  sink.uint8(qos | (retain ? 4 : 0) | (POLICIES.indexOf(policy) << 3) | (isKept ? 0 : NOT_KEPT));
  sink.uint16(packetIdentifier);
  sink.prefixedText(topic);
  writeProperties(sink, properties, PUBLISH_PLACE);
  if (isKept) sink.bytes(payload);
}

/** undefined: the record is not one that was written. The broker may have had the message before the reboot. */
function entryOf(token: number, record: Uint8Array): Outbound | undefined {
  try {
    const reader = new ByteReader(record);
    const flags = reader.uint8("flags");
    const packetIdentifier = reader.uint16("packet identifier");
    const qos = (flags & 3) as QoS;
    const topic = reader.text(reader.uint16("topic length"), "topic");
    const properties = readProperties(reader, PUBLISH_PLACE);
    const payload = reader.view(reader.remaining, "payload");
    // Every broker would refuse what was never written, and it would hold up all that stands behind it.
    const isSentAgain = qos === 1 || qos === 2;
    if (flags >> 6 !== 0 || !isSentAgain || packetIdentifier === 0 || !isTopicName(topic)) return undefined;
    const reason = "its payload did not outlast the reboot";
    return {
      topic,
      payload,
      qos,
      retain: (flags & 4) !== 0,
      isDurable: true,
      policy: POLICIES[(flags >> 3) & 3] ?? "reject",
      properties,
      token,
      packetIdentifier,
      acceptedMs: Number.POSITIVE_INFINITY,
      bytes: publishBytes(utf8Length(topic), packetIdentifier, properties, 1, payload.length),
      stage: flags & NOT_KEPT ? { is: UNSENT_PUBREL, reason } : AGAIN,
    };
  } catch {
    return undefined;
  }
}
