/**
 * Bytes of the broker to packets, incremental, in fixed memory. "More bytes needed" is `undefined`; bytes that are no
 * packet throw a `FormatError`, a packet that a server must not send a `ProtocolError`, and the connection is over.
 *
 * | byte | bits 7-4 | bits 3-0 |
 * |---|---|---|
 * | 1 | packet type | flags, for PUBLISH: DUP, QoS (2 bits), RETAIN |
 * | 2 to 5 | remaining length, 7 bits a byte, least significant first, bit 7 = one more byte | |
 * | then | body, as long as remaining length says | |
 */
import { ByteReader } from "../bytes.ts";
import { FormatError, ProtocolError } from "../errors.ts";
import { decodeUtf8 } from "../utf8.ts";
import { type Acknowledgement, PACKET_TYPE, type Publish, type QoS, type ReceivedPacket } from "./packet.ts";
import { isTopicName } from "./topic.ts";

const NO_BYTES = new Uint8Array(0);
const PINGRESP = Object.freeze({ type: "pingresp" } as const);

/** The acknowledgements of two bytes, by packet type, with the flags that they must carry (table 2.2). */
const ACKNOWLEDGEMENTS: Readonly<Record<number, { readonly type: Acknowledgement["type"]; readonly flags: number }>> =
  Object.freeze({
    [PACKET_TYPE.puback]: { type: "puback", flags: 0 },
    [PACKET_TYPE.pubrec]: { type: "pubrec", flags: 0 },
    [PACKET_TYPE.pubrel]: { type: "pubrel", flags: 2 },
    [PACKET_TYPE.pubcomp]: { type: "pubcomp", flags: 0 },
    [PACKET_TYPE.unsuback]: { type: "unsuback", flags: 0 },
  } as const);

type State = "type" | "length" | "body" | "skip";

export class Decoder {
  /** Holds a body that came in pieces, or the head of one that is being skipped. Allocated once. */
  readonly #buffer: Uint8Array;
  readonly #bodyBytesMax: number;
  #input: Uint8Array = NO_BYTES;
  #offset = 0;
  #state: State = "type";
  #typeAndFlags = 0;
  #remainingLength = 0;
  #lengthBytes = 0;
  /** Bytes of the body that have been buffered or skipped. */
  #bodyBytes = 0;
  #skippedIdentifier = 0;

  /** @param packetBytesMax the largest packet that is read into memory, with its fixed header of up to 5 bytes */
  constructor(packetBytesMax: number) {
    this.#bodyBytesMax = packetBytesMax - 5;
    this.#buffer = new Uint8Array(this.#bodyBytesMax);
  }

  /** Gives the next bytes of the stream. The former ones must have been used up: `next` has returned undefined. */
  push(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#offset = 0;
  }

  /** Forgets everything: a new connection begins. */
  reset(): void {
    this.#input = NO_BYTES;
    this.#offset = 0;
    this.#state = "type";
  }

  /** The next packet, or undefined when more bytes are needed. Its views live until the next call of `next` or `push`. */
  next(): ReceivedPacket | undefined {
    while (this.#offset < this.#input.length || this.#isBodyComplete()) {
      switch (this.#state) {
        case "type":
          this.#typeAndFlags = this.#input[this.#offset++] as number;
          this.#remainingLength = 0;
          this.#lengthBytes = 0;
          this.#bodyBytes = 0;
          this.#state = "length";
          break;
        case "length":
          this.#takeLengthByte(this.#input[this.#offset++] as number);
          break;
        case "body": {
          const packet = this.#takeBody();
          if (packet) return packet;
          break;
        }
        case "skip": {
          const packet = this.#takeSkipped();
          if (packet) return packet;
          break;
        }
      }
    }
    this.#input = NO_BYTES;
    this.#offset = 0;
    return undefined;
  }

  #isBodyComplete(): boolean {
    return (this.#state === "body" || this.#state === "skip") && this.#bodyBytes === this.#remainingLength;
  }

  #takeLengthByte(byte: number): void {
    this.#remainingLength += (byte & 0x7f) * 2 ** (7 * this.#lengthBytes);
    this.#lengthBytes += 1;
    if (byte & 0x80) {
      if (this.#lengthBytes === 4)
        throw new FormatError("remaining length", 4, "a fifth byte, expected at most 4 [2.2.3]");
      return;
    }
    if (this.#remainingLength <= this.#bodyBytesMax) this.#state = "body";
    else if (this.#typeAndFlags >> 4 === PACKET_TYPE.publish) {
      publishQoS(this.#typeAndFlags);
      this.#skippedIdentifier = 0;
      this.#state = "skip";
    } else {
      const got = `${this.#remainingLength} bytes`;
      throw new FormatError(
        "remaining length",
        1,
        `${got}, expected at most ${this.#bodyBytesMax} in this packet type`,
      );
    }
  }

  /** Decodes from the input itself when the whole body is there, else collects it. */
  #takeBody(): ReceivedPacket | undefined {
    const wanted = this.#remainingLength - this.#bodyBytes;
    const available = Math.min(wanted, this.#input.length - this.#offset);
    const start = this.#offset;
    this.#offset += available;
    if (this.#bodyBytes === 0 && available === wanted) {
      this.#state = "type";
      return decodeBody(this.#typeAndFlags, new ByteReader(this.#input, start, start + available));
    }
    this.#buffer.set(this.#input.subarray(start, start + available), this.#bodyBytes);
    this.#bodyBytes += available;
    if (available < wanted) return undefined;
    this.#state = "type";
    return decodeBody(this.#typeAndFlags, new ByteReader(this.#buffer, 0, this.#bodyBytes));
  }

  /** Keeps the topic as far as the buffer goes and the packet identifier behind it; lets the payload pass. */
  #takeSkipped(): ReceivedPacket | undefined {
    const start = this.#bodyBytes;
    const available = Math.min(this.#remainingLength - start, this.#input.length - this.#offset);
    const room = Math.max(0, Math.min(available, this.#buffer.length - start));
    if (room) this.#buffer.set(this.#input.subarray(this.#offset, this.#offset + room), start);
    this.#bodyBytes += available;
    const topicEnd = 2 + (((this.#buffer[0] as number) << 8) | (this.#buffer[1] as number));
    const qos = publishQoS(this.#typeAndFlags);
    if (qos > 0 && this.#bodyBytes >= 2) {
      for (let at = Math.max(start, topicEnd); at < Math.min(topicEnd + 2, this.#bodyBytes); at += 1)
        this.#skippedIdentifier = (this.#skippedIdentifier << 8) | (this.#input[this.#offset + at - start] as number);
    }
    this.#offset += available;
    if (this.#bodyBytes < this.#remainingLength) return undefined;
    this.#state = "type";
    if (topicEnd + (qos > 0 ? 2 : 0) > this.#remainingLength)
      throw new FormatError(
        "PUBLISH topic",
        2,
        `${topicEnd - 2} bytes wanted, the packet has ${this.#remainingLength - 2}`,
      );
    if (qos > 0 && this.#skippedIdentifier === 0) throw packetIdentifierZero("PUBLISH", topicEnd);
    const topic = topicEnd <= this.#buffer.length ? decodeUtf8(this.#buffer, 2, topicEnd, "PUBLISH topic") : "";
    const packetBytes = 1 + this.#lengthBytes + this.#remainingLength;
    return { type: "oversizePublish", topic, qos, packetIdentifier: this.#skippedIdentifier, packetBytes };
  }
}

function decodeBody(typeAndFlags: number, reader: ByteReader): ReceivedPacket {
  const packetType = typeAndFlags >> 4;
  const flags = typeAndFlags & 0x0f;
  switch (packetType) {
    case PACKET_TYPE.connack:
      return decodeConnack(flags, reader);
    case PACKET_TYPE.publish:
      return decodePublish(typeAndFlags, reader);
    case PACKET_TYPE.suback: {
      expectFlags("SUBACK", flags, 0);
      const packetIdentifier = packetIdentifierOf(reader, "SUBACK");
      const returnCodes = reader.view(reader.remaining, "SUBACK return codes");
      for (const code of returnCodes) {
        if (code > 2 && code !== 0x80)
          throw new FormatError("SUBACK return code", 2, `${code}, expected 0, 1, 2 or 128 [MQTT-3.9.3-2]`);
      }
      return { type: "suback", packetIdentifier, returnCodes };
    }
    case PACKET_TYPE.pingresp:
      expectFlags("PINGRESP", flags, 0);
      expectEnd("PINGRESP", reader);
      return PINGRESP;
    default: {
      const acknowledgement = ACKNOWLEDGEMENTS[packetType];
      if (!acknowledgement) throw new ProtocolError(`packet type ${packetType}: a server does not send it [2.2.1]`);
      const name = acknowledgement.type.toUpperCase();
      expectFlags(name, flags, acknowledgement.flags);
      const packetIdentifier = packetIdentifierOf(reader, name);
      expectEnd(name, reader);
      return { type: acknowledgement.type, packetIdentifier };
    }
  }
}

/** Byte 1: bit 0 session present; byte 2: return code (3.2.2). */
function decodeConnack(flags: number, reader: ByteReader): ReceivedPacket {
  expectFlags("CONNACK", flags, 0);
  const acknowledgeFlags = reader.uint8("CONNACK flags");
  if (acknowledgeFlags > 1) throw new FormatError("CONNACK flags", 0, `${acknowledgeFlags}, expected 0 or 1 [3.2.2.1]`);
  const returnCode = reader.uint8("CONNACK return code");
  expectEnd("CONNACK", reader);
  if (acknowledgeFlags === 1 && returnCode !== 0)
    throw new ProtocolError(`CONNACK: session present with return code ${returnCode} [MQTT-3.2.2-4]`);
  return { type: "connack", sessionPresent: acknowledgeFlags === 1, returnCode };
}

/** Topic with 2 bytes of length, packet identifier with QoS 1 and 2, payload to the end (3.3). */
function decodePublish(typeAndFlags: number, reader: ByteReader): Publish {
  const qos = publishQoS(typeAndFlags);
  const dup = (typeAndFlags & 8) !== 0;
  if (dup && qos === 0) throw new FormatError("PUBLISH flags", 0, "DUP with QoS 0 [MQTT-3.3.1-2]");
  const topic = reader.text(reader.uint16("PUBLISH topic length"), "PUBLISH topic");
  if (!isTopicName(topic))
    throw new FormatError("PUBLISH topic", 2, "empty, with a wildcard or with U+0000 [MQTT-3.3.2-2]");
  const packetIdentifier = qos === 0 ? 0 : packetIdentifierOf(reader, "PUBLISH");
  const payload = reader.view(reader.remaining, "PUBLISH payload");
  return { type: "publish", topic, payload, qos, retain: (typeAndFlags & 1) !== 0, dup, packetIdentifier };
}

function publishQoS(typeAndFlags: number): QoS {
  const qos = (typeAndFlags >> 1) & 3;
  if (qos === 3) throw new FormatError("PUBLISH flags", 0, "QoS 3, expected 0 to 2 [MQTT-3.3.1-4]");
  return qos as QoS;
}

function packetIdentifierOf(reader: ByteReader, name: string): number {
  const packetIdentifier = reader.uint16(`${name} packet identifier`);
  if (packetIdentifier === 0) throw packetIdentifierZero(name, reader.offset - 2);
  return packetIdentifier;
}

function packetIdentifierZero(name: string, offset: number): FormatError {
  return new FormatError(`${name} packet identifier`, offset, "0, expected 1 to 65,535 [MQTT-2.3.1-1]");
}

function expectFlags(name: string, got: number, expected: number): void {
  if (got !== expected) throw new FormatError(`${name} flags`, 0, `${got}, expected ${expected} [MQTT-2.2.2-2]`);
}

function expectEnd(name: string, reader: ByteReader): void {
  if (reader.remaining) throw new FormatError(name, reader.offset, `${reader.remaining} bytes too many`);
}
