/**
 * Packets of a client to bytes, appended to a writer (chapter 3 of both standards). The caller has made sure that they fit:
 * the sizes are given by `publishBytes`, `subscribeBytes` and `ACKNOWLEDGEMENT_BYTES`.
 */
import type { ByteWriter } from "../bytes.ts";
import { utf8Length } from "../utf8.ts";
import {
  type AcknowledgementType,
  PACKET_TYPE,
  type ProtocolLevel,
  type QoS,
  type Subscription,
  type Will,
} from "./packet.ts";
import {
  NO_PROPERTIES,
  type Properties,
  propertiesBytes,
  varintBytes,
  WILL,
  writeProperties,
  writeVarint,
} from "./properties.ts";

/** Size of PUBACK, PUBREC, PUBREL, PUBCOMP without reason code and properties, in bytes. */
export const ACKNOWLEDGEMENT_BYTES = 4;

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
 * Protocol name `MQTT`, level, flags, keep-alive, properties, then client identifier, will properties, will topic, will
 * message, user name, password, each text with 2 bytes of length (3.1). Flags: bit 7 user name, 6 password, 5 will retain,
 * 4-3 will QoS, 2 will, 1 clean session.
 */
export function writeConnect(writer: ByteWriter, connect: Connect): void {
  const { protocolLevel, will, userName, password } = connect;
  const propertiesOf = (properties: Properties, place: number) =>
    protocolLevel === 5 ? propertiesBytes(properties, place) : 0;
  let flags = connect.cleanSession ? 0x02 : 0;
  let length =
    10 + propertiesOf(connect.properties, 1 << PACKET_TYPE.connect) + 2 + utf8Length(connect.clientIdentifier);
  if (will) {
    flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
    length += propertiesOf(connect.willProperties, WILL) + 2 + utf8Length(will.topic) + 2 + will.payload.length;
  }
  if (userName !== "") {
    flags |= 0x80 | (password === "" ? 0 : 0x40);
    length += 2 + utf8Length(userName) + (password === "" ? 0 : 2 + utf8Length(password));
  }
  writeFixedHeader(writer, PACKET_TYPE.connect << 4, length);
  writer.prefixedText("MQTT");
  writer.uint8(protocolLevel);
  writer.uint8(flags);
  writer.uint16(connect.keepAliveSeconds);
  if (protocolLevel === 5) writeProperties(writer, connect.properties);
  writer.prefixedText(connect.clientIdentifier);
  if (will) {
    if (protocolLevel === 5) writeProperties(writer, connect.willProperties);
    writer.prefixedText(will.topic);
    writer.uint16(will.payload.length);
    writer.bytes(will.payload);
  }
  if (flags & 0x80) writer.prefixedText(userName);
  if (flags & 0x40) writer.prefixedText(password);
}

export interface OutgoingPublish {
  /** As UTF-8. */
  readonly topic: Uint8Array;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly dup: boolean;
  /** Of no meaning with QoS 0. */
  readonly packetIdentifier: number;
  /** undefined: MQTT 3.1.1, which has none. */
  readonly properties: Properties | undefined;
}

export function writePublish(writer: ByteWriter, publish: OutgoingPublish): void {
  const { topic, payload, qos, properties } = publish;
  const flags = (publish.dup ? 8 : 0) | (qos << 1) | (publish.retain ? 1 : 0);
  writeFixedHeader(
    writer,
    (PACKET_TYPE.publish << 4) | flags,
    publishBodyBytes(topic.length, payload.length, qos, properties),
  );
  writer.prefixedBytes(topic);
  if (qos > 0) writer.uint16(publish.packetIdentifier);
  if (properties) writeProperties(writer, properties);
  writer.bytes(payload);
}

/** Size of a PUBLISH, in bytes with its fixed header. @param properties undefined: MQTT 3.1.1 */
export function publishBytes(
  topicBytes: number,
  payloadBytes: number,
  qos: QoS,
  properties: Properties | undefined,
): number {
  return packetBytes(publishBodyBytes(topicBytes, payloadBytes, qos, properties));
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP; a reason code only where it is not 0, properties only where there are any (MQTT 5). */
export function writeAcknowledgement(
  writer: ByteWriter,
  type: AcknowledgementType,
  packetIdentifier: number,
  reasonCode = 0,
  properties = NO_PROPERTIES,
): void {
  const packetType = PACKET_TYPE[type];
  if (reasonCode === 0 && properties === NO_PROPERTIES) {
    writer.uint16((((packetType << 4) | (type === "pubrel" ? 2 : 0)) << 8) | 2);
    writer.uint16(packetIdentifier);
    return;
  }
  const hasProperties = properties !== NO_PROPERTIES;
  const hasReason = reasonCode !== 0 || hasProperties;
  const length = 2 + (hasReason ? 1 : 0) + (hasProperties ? propertiesBytes(properties, 1 << packetType) : 0);
  writer.uint8((packetType << 4) | (type === "pubrel" ? 2 : 0));
  writeVarint(writer, length);
  writer.uint16(packetIdentifier);
  if (hasReason) writer.uint8(reasonCode);
  if (hasProperties) writeProperties(writer, properties);
}

/** @param properties undefined: MQTT 3.1.1 */
export function writeSubscribe(
  writer: ByteWriter,
  packetIdentifier: number,
  subscriptions: readonly Subscription[],
  properties?: Properties,
): void {
  writeFixedHeader(writer, (PACKET_TYPE.subscribe << 4) | 2, subscribeBodyBytes(subscriptions, properties));
  writer.uint16(packetIdentifier);
  if (properties) writeProperties(writer, properties);
  for (const subscription of subscriptions) {
    writer.prefixedText(subscription.topicFilter);
    writer.uint8(subscriptionOptions(subscription, properties !== undefined));
  }
}

/** Size of a SUBSCRIBE, in bytes with its fixed header. @param properties undefined: MQTT 3.1.1 */
export function subscribeBytes(subscriptions: readonly Subscription[], properties?: Properties): number {
  return packetBytes(subscribeBodyBytes(subscriptions, properties));
}

/** @param properties undefined: MQTT 3.1.1 */
export function writeUnsubscribe(
  writer: ByteWriter,
  packetIdentifier: number,
  topicFilters: readonly string[],
  properties?: Properties,
): void {
  const place = 1 << PACKET_TYPE.unsubscribe;
  const start = 2 + (properties ? propertiesBytes(properties, place) : 0);
  const length = topicFilters.reduce((sum, topicFilter) => sum + 2 + utf8Length(topicFilter), start);
  writeFixedHeader(writer, (PACKET_TYPE.unsubscribe << 4) | 2, length);
  writer.uint16(packetIdentifier);
  if (properties) writeProperties(writer, properties);
  for (const topicFilter of topicFilters) writer.prefixedText(topicFilter);
}

export function writePingreq(writer: ByteWriter): void {
  writeFixedHeader(writer, PACKET_TYPE.pingreq << 4, 0);
}

/** Without reason and properties it is the DISCONNECT of both versions; with them that of MQTT 5. */
export function writeDisconnect(writer: ByteWriter, reasonCode = 0, properties = NO_PROPERTIES): void {
  writeReason(writer, PACKET_TYPE.disconnect, reasonCode, properties);
}

/** MQTT 5 only. */
export function writeAuth(writer: ByteWriter, reasonCode: number, properties: Properties): void {
  writeReason(writer, PACKET_TYPE.auth, reasonCode, properties);
}

function writeReason(writer: ByteWriter, packetType: number, reasonCode: number, properties: Properties): void {
  const place = 1 << packetType;
  const hasProperties = properties !== NO_PROPERTIES;
  const hasReason = reasonCode !== 0 || hasProperties;
  writeFixedHeader(
    writer,
    packetType << 4,
    (hasReason ? 1 : 0) + (hasProperties ? propertiesBytes(properties, place) : 0),
  );
  if (hasReason) writer.uint8(reasonCode);
  if (hasProperties) writeProperties(writer, properties);
}

/** Bits 1-0 QoS; in MQTT 5 bit 2 no local, bit 3 retain as published, bits 5-4 retain handling (3.8.3.1). */
function subscriptionOptions(
  { qos, noLocal, retainAsPublished, retainHandling }: Subscription,
  isVersion5: boolean,
): number {
  if (!isVersion5) return qos;
  return qos | (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | ((retainHandling ?? 0) << 4);
}

function publishBodyBytes(
  topicBytes: number,
  payloadBytes: number,
  qos: QoS,
  properties: Properties | undefined,
): number {
  const propertyBytes = properties ? propertiesBytes(properties, 1 << PACKET_TYPE.publish) : 0;
  return 2 + topicBytes + (qos > 0 ? 2 : 0) + propertyBytes + payloadBytes;
}

function subscribeBodyBytes(subscriptions: readonly Subscription[], properties: Properties | undefined): number {
  const start = 2 + (properties ? propertiesBytes(properties, 1 << PACKET_TYPE.subscribe) : 0);
  return subscriptions.reduce((length, { topicFilter }) => length + 2 + utf8Length(topicFilter) + 1, start);
}

function packetBytes(bodyBytes: number): number {
  return 1 + varintBytes(bodyBytes) + bodyBytes;
}

function writeFixedHeader(writer: ByteWriter, typeAndFlags: number, remainingLength: number): void {
  writer.uint8(typeAndFlags);
  writeVarint(writer, remainingLength);
}
