/**
 * Turns bytes of the broker into packets as they come, in fixed memory. "More bytes needed" is `undefined`. Bytes that are no packet
 * throw a `FormatError`. A packet that a server must not send throws a `ProtocolError`. The connection is over then.
 *
 * | byte | bits 7-4 | bits 3-0 |
 * |---|---|---|
 * | 1 | packet type | flags, for PUBLISH: DUP, QoS (2 bits), RETAIN |
 * | 2 to 5 | remaining length, 7 bits a byte, least significant first, bit 7 = one more byte | |
 * | then | body, as long as remaining length says | |
 */
import { ByteReader } from "../bytes.ts";
import { FormatError } from "../errors.ts";
import { decodeUtf8 } from "../utf8.ts";
import { BodyDecoder, packetIdentifierZero, publishQoS, topicEndOf } from "./body-decoder.ts";
import { PACKET_TYPE, type ProtocolLevel, type ReceivedPacket } from "./packet.ts";
import { overlong, type Properties } from "./properties.ts";

const NO_BYTES = new Uint8Array(0);

/** What is read now: the first byte, the remaining length, a whole body. */
const TYPE = 0;
const LENGTH = 1;
const BODY = 2;
/** Of a PUBLISH above the limit: everything before its payload, or its identifier if that is above the limit too, and its payload. */
const HEAD = 3;
const IDENTIFIER = 4;
const PAYLOAD = 5;

export class Decoder {
  /** Holds a body that came in pieces, or the head of a large one. It is allocated once. */
  private readonly buffer: Uint8Array;
  private readonly packetBytesMax: number;
  private readonly reader = new ByteReader(NO_BYTES);
  private body: BodyDecoder;
  private input: Uint8Array = NO_BYTES;
  private offset = 0;
  private state = TYPE;
  private typeAndFlags = 0;
  private remainingLength = 0;
  private lengthBytes = 0;
  /** Bytes of the body that have been read. */
  private bodyBytes = 0;
  private identifier = 0;

  /** @param packetBytesMax the largest packet that is read into memory, with its fixed header of 2 bytes or more */
  constructor(packetBytesMax: number, protocolLevel: ProtocolLevel = 4) {
    this.packetBytesMax = packetBytesMax;
    this.buffer = new Uint8Array(packetBytesMax - 2);
    this.body = new BodyDecoder(protocolLevel);
  }

  /** Whether everything that was given has been used up. */
  get isEmpty(): boolean {
    return this.offset >= this.input.length;
  }

  /** Gives the next bytes of the stream. The former ones must be used up: `next` has returned undefined. */
  push(bytes: Uint8Array): void {
    this.input = bytes;
    this.offset = 0;
  }

  /** Forgets everything. A new connection begins. */
  reset(protocolLevel: ProtocolLevel): void {
    this.body = new BodyDecoder(protocolLevel);
    this.push(NO_BYTES);
    this.state = TYPE;
  }

  /** The next packet, or undefined when more bytes are needed. Its views live until the next call of `next` or `push`. */
  next(): ReceivedPacket | undefined {
    while (this.offset < this.input.length || this.isBodyComplete) {
      const packet = this.step();
      if (packet) return packet;
    }
    this.push(NO_BYTES);
    return undefined;
  }

  private step(): ReceivedPacket | undefined {
    switch (this.state) {
      case TYPE:
        this.typeAndFlags = this.input[this.offset++] as number;
        this.remainingLength = 0;
        this.lengthBytes = 0;
        this.bodyBytes = 0;
        this.state = LENGTH;
        return undefined;
      case LENGTH:
        this.takeLengthByte(this.input[this.offset++] as number);
        return undefined;
      case BODY:
        return this.takeBody();
      case HEAD:
        return this.takeHead();
      case IDENTIFIER:
        return this.takeIdentifier();
      default: {
        const payload = this.take();
        const isLast = this.isBodyComplete;
        if (isLast) this.state = TYPE;
        return { type: "payload", payload, isLast };
      }
    }
  }

  private get isBodyComplete(): boolean {
    return this.state >= BODY && this.bodyBytes === this.remainingLength;
  }

  /** Size of the whole packet, with its fixed header. */
  private get packetBytes(): number {
    return 1 + this.lengthBytes + this.remainingLength;
  }

  /** Bytes of the packet identifier of a PUBLISH. */
  private get identifierBytes(): number {
    return publishQoS(this.typeAndFlags) > 0 ? 2 : 0;
  }

  private takeLengthByte(byte: number): void {
    this.remainingLength += (byte & 0x7f) * 2 ** (7 * this.lengthBytes);
    this.lengthBytes += 1;
    if (byte & 0x80) {
      if (this.lengthBytes === 4)
        throw new FormatError("remaining length", 4, "a fifth byte, expected at most 4 [2.2.3]");
      return;
    }
    if (byte === 0 && this.lengthBytes > 1 && this.body.protocolLevel === 5) throw overlong("remaining length", 1);
    this.state = BODY;
    if (this.packetBytes <= this.packetBytesMax) return;
    if (this.typeAndFlags >> 4 !== PACKET_TYPE.publish)
      throw new FormatError(
        "remaining length",
        1,
        `${this.packetBytes} bytes with it, expected at most ${this.packetBytesMax} in this packet type`,
      );
    publishQoS(this.typeAndFlags);
    this.state = HEAD;
  }

  /** The bytes of the body that have come and were not read. They count as read then. */
  private take(): Uint8Array {
    const start = this.offset;
    this.offset = Math.min(start + this.remainingLength - this.bodyBytes, this.input.length);
    this.bodyBytes += this.offset - start;
    return this.input.subarray(start, this.offset);
  }

  /** Decodes a body that has come whole from the input itself, and allocates nothing. Collects a body that comes in pieces. */
  private takeBody(): ReceivedPacket | undefined {
    let bytes = this.input;
    let start = this.offset;
    if (this.bodyBytes === 0 && bytes.length - start >= this.remainingLength) this.offset += this.remainingLength;
    else {
      bytes = this.buffer;
      start = this.bodyBytes;
      bytes.set(this.take(), start);
      start = 0;
      if (!this.isBodyComplete) return undefined;
    }
    this.state = TYPE;
    return this.body.decode(this.typeAndFlags, this.reader.reset(bytes, start, start + this.remainingLength));
  }

  /** Collects a large PUBLISH until its payload begins, as far as the buffer goes. */
  private takeHead(): ReceivedPacket | undefined {
    const start = this.bodyBytes;
    const bytes = this.take();
    const buffer = this.buffer;
    const kept = bytes.subarray(0, buffer.length - start);
    buffer.set(kept, start);
    const end = start + kept.length;
    if (end < 2) return undefined;
    const topicEnd = topicEndOf(buffer);
    if (topicEnd + this.identifierBytes > this.remainingLength)
      throw new FormatError("PUBLISH topic", 2, `${topicEnd - 2} bytes, the packet has ${this.remainingLength - 2}`);
    const head = this.body.payloadOffset(this.typeAndFlags, buffer.subarray(0, end));
    if (head !== undefined) {
      // The bytes of the payload are read again as payload.
      this.offset -= this.bodyBytes - head;
      this.bodyBytes = head;
      const reader = this.reader.reset(buffer, 0, head);
      const { topic, packetIdentifier, properties } = this.body.publish(this.typeAndFlags, reader);
      return this.large(topic, packetIdentifier, properties);
    }
    if (end < buffer.length) return undefined;
    this.offset -= this.bodyBytes - end;
    this.bodyBytes = end;
    this.identifier = 0;
    for (let at = topicEnd; at < Math.min(topicEnd + this.identifierBytes, end); at += 1)
      this.identifier = (this.identifier << 8) | (buffer[at] as number);
    this.state = IDENTIFIER;
    return undefined;
  }

  /** Finds the identifier of a PUBLISH whose topic or properties are above the limit. */
  private takeIdentifier(): ReceivedPacket | undefined {
    const buffer = this.buffer;
    const topicEnd = topicEndOf(buffer);
    const end = topicEnd + this.identifierBytes;
    while (this.bodyBytes < end && this.offset < this.input.length) {
      const byte = this.input[this.offset++] as number;
      if (this.bodyBytes >= topicEnd) this.identifier = (this.identifier << 8) | byte;
      this.bodyBytes += 1;
    }
    if (this.bodyBytes < end) return undefined;
    if (end > topicEnd && this.identifier === 0) throw packetIdentifierZero("PUBLISH");
    const topic = topicEnd <= buffer.length ? decodeUtf8(buffer, 2, topicEnd, "PUBLISH topic") : "";
    return this.large(topic, this.identifier, undefined);
  }

  private large(topic: string, packetIdentifier: number, properties: Properties | undefined): ReceivedPacket {
    this.state = PAYLOAD;
    const flags = this.typeAndFlags;
    const packetBytes = this.packetBytes;
    return {
      type: "largePublish",
      topic,
      qos: publishQoS(flags),
      retain: (flags & 1) !== 0,
      dup: (flags & 8) !== 0,
      packetIdentifier,
      properties,
      packetBytes,
    };
  }
}
