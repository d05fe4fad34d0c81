/**
 * Writes the packets of a client (chapter 3 of both standards). The caller makes sure that they fit. A `ByteCounter` tells their
 * size.
 */
import { ByteCounter, type ByteSink, type ByteWriter } from "../bytes.ts";
import {
  type AcknowledgementType,
  PACKET_TYPE,
  type ProtocolLevel,
  type QoS,
  type Subscription,
  type Will,
} from "./packet.ts";
import { NO_PROPERTIES, type Properties, PUBLISH_PLACE, WILL, writeProperties, writeVarint } from "./properties.ts";

export interface Connect {
  readonly protocolLevel: ProtocolLevel;
  readonly clientIdentifier: string;
  /** In MQTT 5: clean start. */
  readonly cleanSession: boolean;
  readonly keepAliveSeconds: number;
  readonly will: Will | undefined;
  /** Empty: no user name and no password are sent. */
  readonly userName: string;
  readonly password: string;
  /** MQTT 5 only, as all properties here. */
  readonly properties: Properties;
  readonly willProperties: Properties;
}

/**
 * Protocol name `MQTT`, level, flags, keep-alive, properties. Then client identifier, will properties, will topic, will message,
 * user name, password, each text with 2 bytes of length (3.1). Flags: bit 7 user name, 6 password, 5 will retain, 4-3 will QoS,
 * 2 will, 1 clean session.
 */
export function writeConnect(writer: ByteWriter, connect: Connect): void {
  const will = connect.will;
  const hasName = connect.userName !== "";
  const hasPassword = hasName && connect.password !== "";
  let flags = connect.cleanSession ? 0x02 : 0;
  if (will) flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
  if (hasName) flags |= 0x80;
  if (hasPassword) flags |= 0x40;
  writePacket(writer, PACKET_TYPE.connect << 4, (sink) => {
    sink.prefixedText("MQTT");
    sink.uint8(connect.protocolLevel);
    sink.uint8(flags);
    sink.uint16(connect.keepAliveSeconds);
    if (connect.protocolLevel === 5) writeProperties(sink, connect.properties, 1 << PACKET_TYPE.connect);
    sink.prefixedText(connect.clientIdentifier);
    if (will) {
      if (connect.protocolLevel === 5) writeProperties(sink, connect.willProperties, WILL);
      sink.prefixedText(will.topic);
      sink.prefixedBytes(will.payload);
    }
    if (hasName) sink.prefixedText(connect.userName);
    if (hasPassword) sink.prefixedText(connect.password);
  });
}

/** Bits 3-0 of the first byte of a PUBLISH (3.3.1). */
export function publishFlags(qos: QoS, retain: boolean, dup: boolean): number {
  return (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
}

/**
 * Everything of a PUBLISH before its payload. The payload must follow. Allocates nothing if there are no properties.
 * @param topic as UTF-8 @param packetIdentifier 0: QoS 0 @param properties undefined: MQTT 3.1.1 @param topicAlias 0: none
 */
export function writePublishHead(
  writer: ByteSink,
  flags: number,
  topic: Uint8Array,
  packetIdentifier: number,
  properties: Properties | undefined,
  topicAlias: number,
  payloadBytes: number,
): void {
  writer.uint8((PACKET_TYPE.publish << 4) | flags);
  writeVarint(writer, publishBodyBytes(topic.length, packetIdentifier, properties, topicAlias, payloadBytes));
  writer.prefixedBytes(topic);
  if (packetIdentifier > 0) writer.uint16(packetIdentifier);
  if (topicAlias > 0 && properties === NO_PROPERTIES) {
    writer.uint16(TOPIC_ALIAS);
    writer.uint16(topicAlias);
  } else if (properties) writeProperties(writer, withAlias(properties, topicAlias), PUBLISH_PLACE);
}

/** Size of a PUBLISH, in bytes with its fixed header. The parameters are those of `writePublishHead`. */
export function publishBytes(
  topicBytes: number,
  packetIdentifier: number,
  properties: Properties | undefined,
  topicAlias: number,
  payloadBytes: number,
): number {
  const bytes = publishBodyBytes(topicBytes, packetIdentifier, properties, topicAlias, payloadBytes);
  return bytes + (bytes < 0x80 ? 2 : bytes < 0x4000 ? 3 : bytes < 0x20_0000 ? 4 : 5);
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP. In MQTT 5 a reason code other than 0 follows, and properties if there are any. */
export function writeAcknowledgement(
  writer: ByteWriter,
  type: AcknowledgementType,
  packetIdentifier: number,
  reasonCode = 0,
  properties = NO_PROPERTIES,
): void {
  const packetType = PACKET_TYPE[type];
  writePacket(writer, (packetType << 4) | (type === "pubrel" ? 2 : 0), (sink) => {
    sink.uint16(packetIdentifier);
    writeReason(sink, packetType, reasonCode, properties);
  });
}

/** @param properties undefined: MQTT 3.1.1 */
export function writeSubscribe(
  writer: ByteSink,
  packetIdentifier: number,
  subscriptions: readonly Subscription[],
  properties?: Properties,
): void {
  writePacket(writer, (PACKET_TYPE.subscribe << 4) | 2, (sink) => {
    sink.uint16(packetIdentifier);
    if (properties) writeProperties(sink, properties, 1 << PACKET_TYPE.subscribe);
    subscriptions.forEach((subscription) => {
      sink.prefixedText(subscription.topicFilter);
      sink.uint8(subscriptionOptions(subscription, properties !== undefined));
    });
  });
}

/** @param properties undefined: MQTT 3.1.1 */
export function writeUnsubscribe(
  writer: ByteSink,
  packetIdentifier: number,
  topicFilters: readonly string[],
  properties?: Properties,
): void {
  writePacket(writer, (PACKET_TYPE.unsubscribe << 4) | 2, (sink) => {
    sink.uint16(packetIdentifier);
    if (properties) writeProperties(sink, properties, 1 << PACKET_TYPE.unsubscribe);
    topicFilters.forEach((topicFilter) => sink.prefixedText(topicFilter));
  });
}

export function writePingreq(writer: ByteWriter): void {
  writer.uint16(PACKET_TYPE.pingreq << 12);
}

/** Without a reason and properties it is the DISCONNECT of both versions, else that of MQTT 5. */
export function writeDisconnect(writer: ByteWriter, reasonCode = 0, properties = NO_PROPERTIES): void {
  writeReasoned(writer, PACKET_TYPE.disconnect, reasonCode, properties);
}

/** MQTT 5 only. */
export function writeAuth(writer: ByteWriter, reasonCode: number, properties: Properties): void {
  writeReasoned(writer, PACKET_TYPE.auth, reasonCode, properties);
}

function writeReasoned(writer: ByteWriter, packetType: number, reasonCode: number, properties: Properties): void {
  writePacket(writer, packetType << 4, (sink) => writeReason(sink, packetType, reasonCode, properties));
}

function writeReason(sink: ByteSink, packetType: number, reasonCode: number, properties: Properties): void {
  const hasProperties = properties !== NO_PROPERTIES;
  if (reasonCode !== 0 || hasProperties) sink.uint8(reasonCode);
  if (hasProperties) writeProperties(sink, properties, 1 << packetType);
}

/** Fixed header and body. The body is written twice. The first time it is counted. */
function writePacket(writer: ByteSink, typeAndFlags: number, writeBody: (sink: ByteSink) => void): void {
  const counter = new ByteCounter();
  writeBody(counter);
  writer.uint8(typeAndFlags);
  writeVarint(writer, counter.length);
  writeBody(writer);
}

/** Bits 1-0 QoS; in MQTT 5 bit 2 no local, bit 3 retain as published, bits 5-4 retain handling (3.8.3.1). */
function subscriptionOptions(
  { qos, noLocal, retainAsPublished, retainHandling = 0 }: Subscription,
  isVersion5: boolean,
): number {
  return isVersion5 ? qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4) : qos;
}

function publishBodyBytes(
  topicBytes: number,
  packetIdentifier: number,
  properties: Properties | undefined,
  topicAlias: number,
  payloadBytes: number,
): number {
  const bytes = 2 + topicBytes + (packetIdentifier > 0 ? 2 : 0) + payloadBytes;
  if (!properties) return bytes;
  if (properties === NO_PROPERTIES) return bytes + (topicAlias > 0 ? 4 : 1);
  const counter = new ByteCounter();
  writeProperties(counter, withAlias(properties, topicAlias), PUBLISH_PLACE);
  return bytes + counter.length;
}

function withAlias(properties: Properties, topicAlias: number): Properties {
  return topicAlias > 0 ? { ...properties, topicAlias } : properties;
}

/** Property length 3, then the identifier of a topic alias. */
const TOPIC_ALIAS = (3 << 8) | 35;
