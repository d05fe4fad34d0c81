/**
 * Cuts the stream of a client into whole packets. The claimed length is held against the limit before anything is collected, and
 * memory grows with what has come, not with what was claimed.
 */
import { malformed, PeerError, REASON } from "../errors.ts";

const NO_BYTES = new Uint8Array(0);
const FIRST_BYTES = 256;

export class Frames {
  /** The largest packet that is taken, in bytes with its fixed header. It is another one after CONNECT. */
  packetBytesMax: number;
  #input: Uint8Array = NO_BYTES;
  #offset = 0;
  /** A packet that has come in part. */
  #buffer: Uint8Array = NO_BYTES;
  #length = 0;

  constructor(packetBytesMax: number) {
    this.packetBytesMax = packetBytesMax;
  }

  /** Gives the next bytes. `next` has returned undefined before, or `keep` was called. */
  push(bytes: Uint8Array): void {
    const kept = this.#input.length - this.#offset;
    if (kept > 0) {
      if (kept + bytes.length > this.packetBytesMax)
        throw new PeerError("more than a packet before CONNACK", REASON.quotaExceeded);
      const both = new Uint8Array(kept + bytes.length);
      both.set(this.#input.subarray(this.#offset));
      both.set(bytes, kept);
      this.#input = both;
    } else this.#input = bytes;
    this.#offset = 0;
  }

  /** Copies what was given and is not read yet: `next` is called later. */
  keep(): void {
    this.#input = new Uint8Array(this.#input.subarray(this.#offset));
    this.#offset = 0;
  }

  /** The next whole packet, or undefined when more bytes are needed. The view lives until the next call. Throws a `PeerError`. */
  next(): Uint8Array | undefined {
    const rest = this.#input.length - this.#offset;
    if (rest <= 0) return undefined;
    if (this.#length === 0) {
      const bytes = packetBytesOf(this.#input, this.#offset, rest, this.packetBytesMax);
      if (bytes !== undefined && bytes <= rest) {
        this.#offset += bytes;
        return this.#input.subarray(this.#offset - bytes, this.#offset);
      }
    }
    return this.#collect();
  }

  #collect(): Uint8Array | undefined {
    // The fixed header has at most five bytes. It comes first, so that nothing is kept for a length that is refused.
    while (this.#offset < this.#input.length) {
      const bytes = packetBytesOf(this.#buffer, 0, this.#length, this.packetBytesMax);
      const wanted = bytes === undefined ? 1 : bytes - this.#length;
      const taken = Math.min(wanted, this.#input.length - this.#offset);
      this.#append(this.#input.subarray(this.#offset, this.#offset + taken), bytes ?? FIRST_BYTES);
      this.#offset += taken;
      if (packetBytesOf(this.#buffer, 0, this.#length, this.packetBytesMax) === this.#length) {
        const packet = this.#buffer.subarray(0, this.#length);
        this.#buffer = NO_BYTES;
        this.#length = 0;
        return packet;
      }
    }
    return undefined;
  }

  #append(bytes: Uint8Array, packetBytes: number): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(packetBytes, Math.max(FIRST_BYTES, 2 * length))));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }
}

/** Bytes of the packet that begins at `start`, with its fixed header. undefined: its remaining length has not come whole. */
function packetBytesOf(bytes: Uint8Array, start: number, length: number, packetBytesMax: number): number | undefined {
  let remaining = 0;
  for (let index = 1; index < length; index += 1) {
    const byte = bytes[start + index] as number;
    remaining += (byte & 0x7f) * 2 ** (7 * (index - 1));
    if (byte < 0x80) {
      if (byte === 0 && index > 1) throw malformed(`remaining length: ${index} bytes, expected fewer [MQTT-1.5.5-1]`);
      const packetBytes = 1 + index + remaining;
      if (packetBytes <= packetBytesMax) return packetBytes;
      throw new PeerError(
        `packet of ${packetBytes} bytes, expected at most ${packetBytesMax} [MQTT-3.2.2-15]`,
        REASON.packetTooLarge,
      );
    }
    if (index === 4) throw malformed("remaining length: a fifth byte, expected at most 4 [MQTT 1.5.5]");
  }
  return undefined;
}
