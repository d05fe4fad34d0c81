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
import { FormatError } from "../errors.ts";
import { decodeUtf8 } from "../utf8.ts";
import { BodyDecoder, packetIdentifierZero, publishQoS } from "./body-decoder.ts";
import { PACKET_TYPE, type ProtocolLevel, type ReceivedPacket } from "./packet.ts";

const NO_BYTES = new Uint8Array(0);

type State = "type" | "length" | "body" | "skip";

export class Decoder {
  /** Holds a body that came in pieces, or the head of one that is being skipped. Allocated once. */
  readonly #buffer: Uint8Array;
  readonly #bodyBytesMax: number;
  readonly #reader = new ByteReader(NO_BYTES);
  #body: BodyDecoder;
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
  constructor(packetBytesMax: number, protocolLevel: ProtocolLevel = 4) {
    this.#bodyBytesMax = packetBytesMax - 5;
    this.#buffer = new Uint8Array(this.#bodyBytesMax);
    this.#body = new BodyDecoder(protocolLevel);
  }

  /** Gives the next bytes of the stream. The former ones must have been used up: `next` has returned undefined. */
  push(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#offset = 0;
  }

  /** Forgets everything: a new connection begins. */
  reset(protocolLevel: ProtocolLevel): void {
    this.#body = new BodyDecoder(protocolLevel);
    this.#input = NO_BYTES;
    this.#offset = 0;
    this.#state = "type";
  }

  /** The next packet, or undefined when more bytes are needed. Its views live until the next call of `next` or `push`. */
  next(): ReceivedPacket | undefined {
    if (this.#state === "type") {
      // The usual case: a short packet that came whole.
      const bodyStart = this.#offset + 2;
      const remainingLength = this.#input[bodyStart - 1];
      if (remainingLength !== undefined && remainingLength < 0x80 && remainingLength <= this.#bodyBytesMax) {
        const bodyEnd = bodyStart + remainingLength;
        if (bodyEnd <= this.#input.length) {
          this.#offset = bodyEnd;
          const typeAndFlags = this.#input[bodyStart - 2] as number;
          return this.#body.decode(typeAndFlags, this.#reader.reset(this.#input, bodyStart, bodyEnd));
        }
      }
    }
    return this.#nextInPieces();
  }

  #nextInPieces(): ReceivedPacket | undefined {
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
      return this.#body.decode(this.#typeAndFlags, this.#reader.reset(this.#input, start, start + available));
    }
    this.#buffer.set(this.#input.subarray(start, start + available), this.#bodyBytes);
    this.#bodyBytes += available;
    if (available < wanted) return undefined;
    this.#state = "type";
    return this.#body.decode(this.#typeAndFlags, this.#reader.reset(this.#buffer, 0, this.#bodyBytes));
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
    const packetBytes = 1 + this.#lengthBytes + this.#remainingLength;
    const dup = (this.#typeAndFlags & 8) !== 0;
    const head = this.#body.publishHead(this.#typeAndFlags, this.#buffer);
    if (head) {
      const { topic, packetIdentifier, properties } = head;
      return { type: "oversizePublish", topic, qos, dup, packetIdentifier, properties, packetBytes };
    }
    if (topicEnd + (qos > 0 ? 2 : 0) > this.#remainingLength) {
      const got = `${topicEnd - 2} bytes wanted, the packet has ${this.#remainingLength - 2}`;
      throw new FormatError("PUBLISH topic", 2, got);
    }
    if (qos > 0 && this.#skippedIdentifier === 0) throw packetIdentifierZero("PUBLISH", topicEnd);
    const topic = topicEnd <= this.#buffer.length ? decodeUtf8(this.#buffer, 2, topicEnd, "PUBLISH topic") : "";
    const packetIdentifier = this.#skippedIdentifier;
    return { type: "oversizePublish", topic, qos, dup, packetIdentifier, properties: undefined, packetBytes };
  }
}
