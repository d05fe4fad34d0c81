/**
 * PUBLISH as bytes. mqtt-packet would mix the order of user properties, and would copy each payload for each receiver. Here the
 * payload is a chunk of its own, the one that all receivers share. The tests hold it against mqtt-packet's parser.
 *
 * | byte | PUBLISH |
 * |---|---|
 * | 1 | bits 7-4: 3, bit 3: DUP, bits 2-1: QoS, bit 0: RETAIN |
 * | 2 to 5 | remaining length |
 * | then | topic with its length (2 bytes), packet identifier (2 bytes, QoS 1 and 2), MQTT 5: properties with their length |
 * | then | payload |
 */
import type { Level } from "./gate.ts";

const ENCODER = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

export interface OutgoingPublish {
  /** Empty: only the alias is sent. */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 with QoS 0. */
  readonly packetIdentifier: number;
  /** Properties as their publisher sent them. */
  readonly forwarded: Uint8Array;
  /** Seconds, or undefined. */
  readonly messageExpiryInterval?: number | undefined;
  /** 0: none. */
  readonly topicAlias: number;
  readonly subscriptionIdentifiers: readonly number[];
}

/** The packet up to its payload. */
export function writePublishHead(packet: OutgoingPublish, level: Level): Uint8Array {
  const topic = ENCODER.encode(packet.topic);
  const properties = level === 5 ? propertiesOf(packet) : NO_BYTES;
  const identifierBytes = packet.qos > 0 ? 2 : 0;
  const propertyLength = level === 5 ? variable(properties.length) : [];
  const headBytes = 2 + topic.length + identifierBytes + propertyLength.length + properties.length;
  const remaining = variable(headBytes + packet.payload.length);
  const bytes = new Uint8Array(1 + remaining.length + headBytes);
  bytes[0] = 0x30 | (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0);
  bytes.set(remaining, 1);
  let at = 1 + remaining.length;
  bytes[at] = topic.length >> 8;
  bytes[at + 1] = topic.length & 0xff;
  bytes.set(topic, at + 2);
  at += 2 + topic.length;
  if (identifierBytes) {
    bytes[at] = packet.packetIdentifier >> 8;
    bytes[at + 1] = packet.packetIdentifier & 0xff;
    at += 2;
  }
  bytes.set(propertyLength, at);
  bytes.set(properties, at + propertyLength.length);
  return bytes;
}

function propertiesOf(packet: OutgoingPublish): Uint8Array {
  const { forwarded, messageExpiryInterval, topicAlias, subscriptionIdentifiers } = packet;
  const own: number[] = [];
  if (messageExpiryInterval !== undefined) {
    own.push(2);
    for (let shift = 24; shift >= 0; shift -= 8) own.push(Math.floor(messageExpiryInterval / 2 ** shift) & 0xff);
  }
  if (topicAlias) own.push(35, topicAlias >> 8, topicAlias & 0xff);
  for (const identifier of subscriptionIdentifiers) own.push(11, ...variable(identifier));
  if (own.length === 0) return forwarded;
  const bytes = new Uint8Array(own.length + forwarded.length);
  bytes.set(own);
  bytes.set(forwarded, own.length);
  return bytes;
}

function variable(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0));
    rest = Math.floor(rest / 0x80);
  } while (rest > 0);
  return bytes;
}
