/** The bodies of the packets that a server sends, by packet type (chapter 3 of both standards). */
import { ByteReader } from "../bytes.ts";
import { FormatError, ProtocolError } from "../errors.ts";
import {
  type AcknowledgementType,
  type Connack,
  PACKET_TYPE,
  type ProtocolLevel,
  type Publish,
  type QoS,
  type ReceivedPacket,
} from "./packet.ts";
import { NO_PROPERTIES, type Properties, readProperties, readVarint } from "./properties.ts";
import { isReasonCode } from "./reason-codes.ts";
import { TopicCache } from "./topic.ts";

/** A variable byte integer has no more. */
const VARINT_BYTES_MAX = 4;
const PINGRESP = Object.freeze({ type: "pingresp" } as const);
const ACKNOWLEDGEMENT_NAMES: Readonly<Record<number, AcknowledgementType>> = Object.freeze({
  [PACKET_TYPE.puback]: "puback",
  [PACKET_TYPE.pubrec]: "pubrec",
  [PACKET_TYPE.pubrel]: "pubrel",
  [PACKET_TYPE.pubcomp]: "pubcomp",
} as const);

export class BodyDecoder {
  readonly #protocolLevel: ProtocolLevel;
  readonly #topics = new TopicCache();

  constructor(protocolLevel: ProtocolLevel) {
    this.#protocolLevel = protocolLevel;
  }

  /** @param reader stands at the first byte of the body and ends with it */
  decode(typeAndFlags: number, reader: ByteReader): ReceivedPacket {
    const packetType = typeAndFlags >> 4;
    if (packetType === PACKET_TYPE.publish) return this.#publish(typeAndFlags, reader);
    const flags = typeAndFlags & 0x0f;
    switch (packetType) {
      case PACKET_TYPE.puback:
      case PACKET_TYPE.pubrec:
      case PACKET_TYPE.pubrel:
      case PACKET_TYPE.pubcomp:
        return this.#acknowledgement(packetType, flags, reader);
      case PACKET_TYPE.pingresp:
        expectFlags("PINGRESP", flags, 0);
        expectEnd("PINGRESP", reader);
        return PINGRESP;
      case PACKET_TYPE.connack:
        return this.#connack(flags, reader);
      case PACKET_TYPE.suback:
      case PACKET_TYPE.unsuback:
        return this.#suback(packetType, flags, reader);
      case PACKET_TYPE.disconnect:
      case PACKET_TYPE.auth:
        if (this.#protocolLevel === 5) return this.#disconnect(packetType, flags, reader);
    }
    throw new ProtocolError(`packet type ${packetType}: a server does not send it [2.2.1]`);
  }

  /** The PUBLISH that begins with these bytes, its payload cut off; undefined where they end before its payload begins. */
  publishHead(typeAndFlags: number, bytes: Uint8Array): Publish | undefined {
    const reader = new ByteReader(bytes);
    const topicBytes = reader.uint16("PUBLISH topic length");
    reader.offset += topicBytes + (publishQoS(typeAndFlags) > 0 ? 2 : 0);
    if (reader.remaining < VARINT_BYTES_MAX) return undefined;
    if (this.#protocolLevel === 5) reader.offset += readVarint(reader, "property length");
    return reader.remaining < 0 ? undefined : this.#publish(typeAndFlags, new ByteReader(bytes));
  }

  /** Topic with 2 bytes of length, packet identifier with QoS 1 and 2, properties in MQTT 5, payload to the end (3.3). */
  #publish(typeAndFlags: number, reader: ByteReader): Publish {
    const qos = publishQoS(typeAndFlags);
    const dup = (typeAndFlags & 8) !== 0;
    if (dup && qos === 0) throw new FormatError("PUBLISH flags", 0, "DUP with QoS 0 [MQTT-3.3.1-2]");
    const topicLength = reader.uint16("PUBLISH topic length");
    const topicStart = reader.offset;
    const topicEnd = topicStart + topicLength;
    if (topicEnd > reader.end) reader.view(topicLength, "PUBLISH topic");
    reader.offset = topicEnd;
    const packetIdentifier = qos === 0 ? 0 : packetIdentifierOf(reader, "PUBLISH");
    const properties = this.#protocolLevel === 5 ? this.#properties(PACKET_TYPE.publish, reader) : NO_PROPERTIES;
    const isAliased = topicLength === 0 && properties.topicAlias !== undefined;
    const topic = isAliased ? "" : this.#topics.decode(reader.bytes, topicStart, topicEnd);
    const payload = reader.bytes.subarray(reader.offset, reader.end);
    const retain = (typeAndFlags & 1) !== 0;
    return { type: "publish", topic, payload, qos, retain, dup, packetIdentifier, properties };
  }

  /** Packet identifier; in MQTT 5, where it is not 0, a reason code, and where there are any, properties (3.4 to 3.7). */
  #acknowledgement(packetType: number, flags: number, reader: ByteReader): ReceivedPacket {
    const type = ACKNOWLEDGEMENT_NAMES[packetType] as AcknowledgementType;
    expectFlags(type, flags, packetType === PACKET_TYPE.pubrel ? 2 : 0);
    const packetIdentifier = packetIdentifierOf(reader, type);
    let reasonCode = 0;
    let properties = NO_PROPERTIES;
    if (this.#protocolLevel === 5 && reader.remaining > 0) {
      reasonCode = reasonCodeOf(packetType, reader, type);
      if (reader.remaining > 0) properties = this.#properties(packetType, reader);
    }
    expectEnd(type, reader);
    return { type, packetIdentifier, reasonCode, properties };
  }

  /** Byte 1: bit 0 session present; byte 2: return or reason code; properties in MQTT 5 (3.2). */
  #connack(flags: number, reader: ByteReader): Connack {
    expectFlags("CONNACK", flags, 0);
    const acknowledgeFlags = reader.uint8("CONNACK flags");
    if (acknowledgeFlags > 1)
      throw new FormatError("CONNACK flags", 0, `${acknowledgeFlags}, expected 0 or 1 [3.2.2.1]`);
    const returnCode = reader.uint8("CONNACK return code");
    // A server that knows 3.1.1 only answers CONNECT of MQTT 5 in its own way (MQTT 3.1.1, 3.1.2.2).
    const isOld = this.#protocolLevel === 5 && returnCode === 1 && reader.remaining === 0;
    const reasonCode = isOld ? 0x84 : returnCode;
    if (this.#protocolLevel === 5) expectReasonCode(PACKET_TYPE.connack, reasonCode, "CONNACK");
    const properties = isOld ? NO_PROPERTIES : this.#properties(PACKET_TYPE.connack, reader);
    expectEnd("CONNACK", reader);
    if (acknowledgeFlags === 1 && reasonCode !== 0)
      throw new ProtocolError(`CONNACK: session present with code ${reasonCode} [MQTT-3.2.2-4]`);
    return { type: "connack", sessionPresent: acknowledgeFlags === 1, reasonCode, properties };
  }

  /** Packet identifier, properties in MQTT 5, one code for each topic filter; none for UNSUBACK in 3.1.1 (3.9, 3.11). */
  #suback(packetType: number, flags: number, reader: ByteReader): ReceivedPacket {
    const type = packetType === PACKET_TYPE.suback ? "suback" : "unsuback";
    const name = type.toUpperCase();
    expectFlags(name, flags, 0);
    const packetIdentifier = packetIdentifierOf(reader, name);
    const properties = this.#properties(packetType, reader);
    const { offset } = reader;
    const reasonCodes = reader.view(reader.remaining, `${name} reason codes`);
    if (this.#protocolLevel === 4 && type === "unsuback" && reasonCodes.length)
      throw new FormatError(name, offset, `${reasonCodes.length} bytes too many`);
    for (const code of reasonCodes) {
      const isKnown = this.#protocolLevel === 5 ? isReasonCode(packetType, code) : code <= 2 || code === 0x80;
      if (!isKnown) throw new FormatError(`${name} return code`, offset, `${code} is none [MQTT-3.9.3-2]`);
    }
    return { type, packetIdentifier, reasonCodes, properties };
  }

  /** Reason code, absent = 0; properties, absent = none (3.14, 3.15). */
  #disconnect(packetType: number, flags: number, reader: ByteReader): ReceivedPacket {
    const type = packetType === PACKET_TYPE.disconnect ? "disconnect" : "auth";
    const name = type.toUpperCase();
    expectFlags(name, flags, 0);
    const reasonCode = reader.remaining > 0 ? reasonCodeOf(packetType, reader, name) : 0;
    const properties = reader.remaining > 0 ? this.#properties(packetType, reader) : NO_PROPERTIES;
    expectEnd(name, reader);
    return { type, reasonCode, properties };
  }

  #properties(packetType: number, reader: ByteReader): Properties {
    return this.#protocolLevel === 5 ? readProperties(reader, 1 << packetType) : NO_PROPERTIES;
  }
}

/** Throws a `FormatError` for QoS 3. */
export function publishQoS(typeAndFlags: number): QoS {
  const qos = (typeAndFlags >> 1) & 3;
  if (qos === 3) throw new FormatError("PUBLISH flags", 0, "QoS 3, expected 0 to 2 [MQTT-3.3.1-4]");
  return qos as QoS;
}

export function packetIdentifierZero(name: string, offset: number): FormatError {
  return new FormatError(`${name} packet identifier`, offset, "0, expected 1 to 65,535 [MQTT-2.3.1-1]");
}

function packetIdentifierOf(reader: ByteReader, name: string): number {
  const packetIdentifier = reader.uint16("packet identifier");
  if (packetIdentifier === 0) throw packetIdentifierZero(name.toUpperCase(), reader.offset - 2);
  return packetIdentifier;
}

function reasonCodeOf(packetType: number, reader: ByteReader, name: string): number {
  const reasonCode = reader.uint8(`${name} reason code`);
  expectReasonCode(packetType, reasonCode, name);
  return reasonCode;
}

function expectReasonCode(packetType: number, reasonCode: number, name: string): void {
  if (isReasonCode(packetType, reasonCode)) return;
  throw new ProtocolError(`${name.toUpperCase()} reason code 0x${reasonCode.toString(16)}: not in this packet [2.4]`);
}

function expectFlags(name: string, got: number, expected: number): void {
  if (got !== expected)
    throw new FormatError(`${name.toUpperCase()} flags`, 0, `${got}, expected ${expected} [MQTT-2.2.2-2]`);
}

function expectEnd(name: string, reader: ByteReader): void {
  if (reader.remaining) throw new FormatError(name.toUpperCase(), reader.offset, `${reader.remaining} bytes too many`);
}
