/**
 * Packets of a client to bytes, appended to a writer (section 3). The caller has made sure that they fit: the sizes are
 * given by `publishBytes`, `subscribeBytes` and `ACKNOWLEDGEMENT_BYTES`.
 */
import type { ByteWriter } from "../bytes.ts";
import { utf8Length } from "../utf8.ts";
import { PACKET_TYPE, type QoS, type Subscription, type Will } from "./packet.ts";

/** Size of PUBACK, PUBREC, PUBREL, PUBCOMP, in bytes. */
export const ACKNOWLEDGEMENT_BYTES = 4;

export interface Connect {
  readonly clientIdentifier: string;
  readonly cleanSession: boolean;
  readonly keepAliveSeconds: number;
  readonly will: Will | undefined;
  /** Empty: no user name and no password are sent. */
  readonly userName: string;
  readonly password: string;
}

/**
 * Protocol name `MQTT`, level 4, flags, keep-alive, then client identifier, will topic, will message, user name, password,
 * each with 2 bytes of length (3.1). Flags: bit 7 user name, 6 password, 5 will retain, 4-3 will QoS, 2 will, 1 clean session.
 */
export function writeConnect(writer: ByteWriter, connect: Connect): void {
  const { will, userName, password } = connect;
  let flags = connect.cleanSession ? 0x02 : 0;
  let length = 10 + 2 + utf8Length(connect.clientIdentifier);
  if (will) {
    flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
    length += 2 + utf8Length(will.topic) + 2 + will.payload.length;
  }
  if (userName !== "") {
    flags |= 0x80 | (password === "" ? 0 : 0x40);
    length += 2 + utf8Length(userName) + (password === "" ? 0 : 2 + utf8Length(password));
  }
  writeFixedHeader(writer, PACKET_TYPE.connect << 4, length);
  writeText(writer, "MQTT");
  writer.uint8(4);
  writer.uint8(flags);
  writer.uint16(connect.keepAliveSeconds);
  writeText(writer, connect.clientIdentifier);
  if (will) {
    writeText(writer, will.topic);
    writer.uint16(will.payload.length);
    writer.bytes(will.payload);
  }
  if (flags & 0x80) writeText(writer, userName);
  if (flags & 0x40) writeText(writer, password);
}

/** @param packetIdentifier of no meaning with QoS 0 */
export function writePublish(
  writer: ByteWriter,
  topic: string,
  payload: Uint8Array,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetIdentifier: number,
): void {
  const flags = (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
  writeFixedHeader(writer, (PACKET_TYPE.publish << 4) | flags, publishBodyBytes(topic, payload.length, qos));
  writeText(writer, topic);
  if (qos > 0) writer.uint16(packetIdentifier);
  writer.bytes(payload);
}

/** Size of a PUBLISH, in bytes with its fixed header. */
export function publishBytes(topic: string, payloadBytes: number, qos: QoS): number {
  return packetBytes(publishBodyBytes(topic, payloadBytes, qos));
}

/** PUBACK, PUBREC, PUBREL (flags 2) or PUBCOMP. */
export function writeAcknowledgement(
  writer: ByteWriter,
  type: "puback" | "pubrec" | "pubrel" | "pubcomp",
  packetIdentifier: number,
): void {
  writeFixedHeader(writer, (PACKET_TYPE[type] << 4) | (type === "pubrel" ? 2 : 0), 2);
  writer.uint16(packetIdentifier);
}

export function writeSubscribe(
  writer: ByteWriter,
  packetIdentifier: number,
  subscriptions: readonly Subscription[],
): void {
  writeFixedHeader(writer, (PACKET_TYPE.subscribe << 4) | 2, subscribeBodyBytes(subscriptions));
  writer.uint16(packetIdentifier);
  for (const { topicFilter, qos } of subscriptions) {
    writeText(writer, topicFilter);
    writer.uint8(qos);
  }
}

/** Size of a SUBSCRIBE, in bytes with its fixed header. */
export function subscribeBytes(subscriptions: readonly Subscription[]): number {
  return packetBytes(subscribeBodyBytes(subscriptions));
}

export function writePingreq(writer: ByteWriter): void {
  writeFixedHeader(writer, PACKET_TYPE.pingreq << 4, 0);
}

export function writeDisconnect(writer: ByteWriter): void {
  writeFixedHeader(writer, PACKET_TYPE.disconnect << 4, 0);
}

function publishBodyBytes(topic: string, payloadBytes: number, qos: QoS): number {
  return 2 + utf8Length(topic) + (qos > 0 ? 2 : 0) + payloadBytes;
}

function subscribeBodyBytes(subscriptions: readonly Subscription[]): number {
  return subscriptions.reduce((length, { topicFilter }) => length + 2 + utf8Length(topicFilter) + 1, 2);
}

function packetBytes(bodyBytes: number): number {
  return 1 + (bodyBytes < 0x80 ? 1 : bodyBytes < 0x4000 ? 2 : bodyBytes < 0x20_0000 ? 3 : 4) + bodyBytes;
}

function writeFixedHeader(writer: ByteWriter, typeAndFlags: number, remainingLength: number): void {
  writer.uint8(typeAndFlags);
  let rest = remainingLength;
  while (rest >= 0x80) {
    writer.uint8((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  writer.uint8(rest);
}

function writeText(writer: ByteWriter, text: string): void {
  writer.uint16(utf8Length(text));
  writer.text(text);
}
