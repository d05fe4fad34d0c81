/** The bodies of the packets that a server sends, by packet type (chapter 3 of both standards). */
import { ByteReader } from "../bytes.ts";
import { FormatError, ProtocolError } from "../errors.ts";
import { PACKET_TYPE, type ProtocolLevel, type Publish, type QoS, type ReceivedPacket } from "./packet.ts";
import { NO_PROPERTIES, PUBLISH_PLACE, readProperties, readVarint } from "./properties.ts";
import { isReasonCode } from "./reason-codes.ts";
import { isTopicName, TopicCache } from "./topic.ts";

const PINGRESP = Object.freeze({ type: "pingresp" } as const);

/** What a server sends beside PUBLISH, by control packet type. The last two are of MQTT 5. */
const TYPES = Object.freeze({
  [PACKET_TYPE.connack]: "connack",
  [PACKET_TYPE.puback]: "puback",
  [PACKET_TYPE.pubrec]: "pubrec",
  [PACKET_TYPE.pubrel]: "pubrel",
  [PACKET_TYPE.pubcomp]: "pubcomp",
  [PACKET_TYPE.suback]: "suback",
  [PACKET_TYPE.unsuback]: "unsuback",
  [PACKET_TYPE.pingresp]: "pingresp",
  [PACKET_TYPE.disconnect]: "disconnect",
  [PACKET_TYPE.auth]: "auth",
} as const) as Readonly<Record<number, Exclude<ReceivedPacket["type"], "publish" | "payload"> | undefined>>;

const NO_BYTES = new Uint8Array(0);

export class BodyDecoder {
  readonly protocolLevel: ProtocolLevel;
  private readonly topics = new TopicCache();
  /** One object for all messages that come whole. It is valid until the next call, as the view of its payload is. */
  private readonly packet: { -readonly [Field in keyof Publish]: Publish[Field] } = {
    type: "publish",
    topic: "",
    payload: NO_BYTES,
    qos: 0,
    retain: false,
    dup: false,
    packetIdentifier: 0,
    properties: NO_PROPERTIES,
  };

  constructor(protocolLevel: ProtocolLevel) {
    this.protocolLevel = protocolLevel;
  }

  /**
   * | part of the body | in |
   * |---|---|
   * | 1 byte, bit 0 session present | CONNACK |
   * | 2 bytes packet identifier | PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK |
   * | 1 byte return or reason code | CONNACK; in MQTT 5 all but SUBACK and UNSUBACK; if absent 0 |
   * | properties | MQTT 5 only; always in CONNACK, SUBACK, UNSUBACK; may be absent in the others |
   * | a code for each topic filter | SUBACK; UNSUBACK in MQTT 5 |
   *
   * @param reader stands at the first byte of the body and ends with it
   */
  decode(typeAndFlags: number, reader: ByteReader): ReceivedPacket {
    const packetType = typeAndFlags >> 4;
    if (packetType === PACKET_TYPE.publish) return this.publish(typeAndFlags, reader);
    const type = TYPES[packetType];
    const isVersion5 = this.protocolLevel === 5;
    if (!type || (packetType >= PACKET_TYPE.disconnect && !isVersion5))
      throw new ProtocolError(`packet type ${packetType}: not of a server [2.2.1]`);
    const name = type.toUpperCase();
    const flags = typeAndFlags & 0x0f;
    const flagsExpected = type === "pubrel" ? 2 : 0;
    if (flags !== flagsExpected)
      throw new FormatError(`${name} flags`, 0, `${flags}, expected ${flagsExpected} [MQTT-2.2.2-2]`);
    const isConnack = type === "connack";
    const isSuback = type === "suback" || type === "unsuback";
    const acknowledgeFlags = isConnack ? reader.uint8("CONNACK flags") : 0;
    if (acknowledgeFlags > 1)
      throw new FormatError("CONNACK flags", 0, `${acknowledgeFlags}, expected 0 or 1 [3.2.2.1]`);
    const hasIdentifier = packetType >= PACKET_TYPE.puback && packetType <= PACKET_TYPE.unsuback;
    const packetIdentifier = hasIdentifier ? packetIdentifierOf(reader, name) : 0;
    let isOld = false;
    let reasonCode = 0;
    let properties = NO_PROPERTIES;
    if (type === "pingresp") {
      expectEnd(name, reader);
      return PINGRESP;
    }
    if (isConnack || (isVersion5 && !isSuback && reader.remaining > 0)) {
      reasonCode = reader.uint8(`${name} reason code`);
      // A server that knows only 3.1.1 refuses CONNECT of MQTT 5 without properties, and with a code of 3.1.1 (MQTT 3.1.1, 3.1.2.2).
      isOld = isVersion5 && isConnack && reasonCode !== 0 && reader.remaining === 0;
      if (isOld && reasonCode === 1) reasonCode = 0x84;
      if (isVersion5) this.expectReasonCode(packetType, reasonCode, name);
    }
    if (isVersion5 && (isConnack || isSuback ? !isOld : reader.remaining > 0))
      properties = readProperties(reader, 1 << packetType);
    const remaining = reader.remaining;
    const reasonCodes = isSuback && (isVersion5 || type === "suback") ? reader.view(remaining, name) : NO_BYTES;
    reasonCodes.forEach((code) => this.expectReasonCode(packetType, code, name));
    expectEnd(name, reader);
    const sessionPresent = acknowledgeFlags === 1;
    if (sessionPresent && reasonCode !== 0)
      throw new ProtocolError(`CONNACK: session present, code ${reasonCode} [MQTT-3.2.2-4]`);
    return { type, packetIdentifier, reasonCode, properties, sessionPresent, reasonCodes } as ReceivedPacket;
  }

  /**
   * Topic with 2 bytes of length, packet identifier with QoS 1 and 2, properties in MQTT 5, payload to the end (3.3). For a large
   * one the reader ends at the payload.
   */
  publish(typeAndFlags: number, reader: ByteReader): Publish {
    const qos = publishQoS(typeAndFlags);
    const dup = (typeAndFlags & 8) !== 0;
    if (dup && qos === 0) throw new FormatError("PUBLISH flags", 0, "DUP with QoS 0 [MQTT-3.3.1-2]");
    const bytes = reader.bytes;
    const end = reader.end;
    const topicLength = reader.uint16("PUBLISH topic length");
    const topicStart = reader.offset;
    reader.skip(topicLength, "PUBLISH topic");
    const topicEnd = reader.offset;
    const packetIdentifier = qos === 0 ? 0 : packetIdentifierOf(reader, "PUBLISH");
    const properties = this.protocolLevel === 5 ? readProperties(reader, PUBLISH_PLACE) : NO_PROPERTIES;
    const responseTopic = properties.responseTopic;
    if (responseTopic !== undefined && !isTopicName(responseTopic))
      throw new ProtocolError(`response topic ${responseTopic}: with a wildcard [MQTT-3.3.2-14]`);
    const isAliased = topicLength === 0 && properties.topicAlias !== undefined;
    const topic = isAliased ? "" : this.topics.decode(bytes, topicStart, topicEnd);
    const payload = bytes.subarray(reader.offset, end);
    const packet = this.packet;
    packet.topic = topic;
    packet.payload = payload;
    packet.qos = qos;
    packet.retain = (typeAndFlags & 1) !== 0;
    packet.dup = dup;
    packet.packetIdentifier = packetIdentifier;
    packet.properties = properties;
    return packet;
  }

  /** Where the payload begins of the PUBLISH that begins with these bytes. undefined: the bytes end before it. */
  payloadOffset(typeAndFlags: number, bytes: Uint8Array): number | undefined {
    const topicEnd = topicEndOf(bytes) + (publishQoS(typeAndFlags) > 0 ? 2 : 0);
    if (this.protocolLevel === 4) return topicEnd <= bytes.length ? topicEnd : undefined;
    // It is known as soon as the last byte of the property length has come.
    let lastAt = topicEnd;
    while ((bytes[lastAt] ?? 0) >= 0x80) lastAt += 1;
    if (lastAt >= bytes.length) return undefined;
    const reader = new ByteReader(bytes, topicEnd);
    const propertyBytes = readVarint(reader, "property length");
    return propertyBytes <= reader.remaining ? reader.offset + propertyBytes : undefined;
  }

  private expectReasonCode(packetType: number, reasonCode: number, name: string): void {
    const isKnown =
      this.protocolLevel === 5 ? isReasonCode(packetType, reasonCode) : reasonCode <= 2 || reasonCode === 0x80;
    if (!isKnown)
      throw new ProtocolError(
        `${name} reason code 0x${reasonCode.toString(16)}: not in this packet [2.4, MQTT-3.9.3-2]`,
      );
  }
}

/** Throws a `FormatError` for QoS 3. */
export function publishQoS(typeAndFlags: number): QoS {
  const qos = (typeAndFlags >> 1) & 3;
  if (qos === 3) throw new FormatError("PUBLISH flags", 0, "QoS 3, expected 0 to 2 [MQTT-3.3.1-4]");
  return qos as QoS;
}

/** Offset behind the topic of the PUBLISH body that begins with these bytes, at least 2 of them. */
export function topicEndOf(bytes: Uint8Array): number {
  return 2 + (((bytes[0] as number) << 8) | (bytes[1] as number));
}

export function packetIdentifierZero(name: string): ProtocolError {
  return new ProtocolError(`${name} packet identifier: 0, expected 1 to 65,535 [MQTT-2.2.1-4]`);
}

function packetIdentifierOf(reader: ByteReader, name: string): number {
  const packetIdentifier = reader.uint16(`${name} packet identifier`);
  if (packetIdentifier === 0) throw packetIdentifierZero(name);
  return packetIdentifier;
}

function expectEnd(name: string, reader: ByteReader): void {
  if (reader.remaining) throw new FormatError(name, reader.offset, `${reader.remaining} bytes too many`);
}
