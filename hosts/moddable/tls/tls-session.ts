/**
 * The SDK's TLS session (8.2.3) accepts much that RFC 5246 forbids. This class reads and checks each record before the
 * SDK sees it. It refuses:
 * - handshake messages out of order or twice;
 * - a version, cipher or curve that was not offered, and a key exchange that nobody signed;
 * - a change of cipher, or the end of the handshake, without keys;
 * - application data before the end of the handshake;
 * - an alert during the handshake, after which the SDK would go on without encryption;
 * - anything but data and alerts after the handshake.
 */
import handshakeProtocol from "ssl/handshake";
import recordProtocol from "ssl/record";
import Session, { type Protocol, type Stream } from "ssl/session";
import type { DeviceIdentity } from "./device-identity.ts";
import { checkKeyExchange, checkServerHello } from "./server-messages.ts";
import { alertError, TlsError } from "./tls-failure.ts";

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;

/** What AES-GCM adds to the content of a record: nonce and tag (RFC 5288, section 3). */
const GCM_BYTES = 24;

/**
 * Largest content of a record, in bytes (RFC 5246, section 6.2.1). A handshake message may not be larger either, in
 * however many records it comes.
 */
const CONTENT_BYTES_MAX = 16_384;

/** Type 1, version 2, length 2. */
const RECORD_HEADER_BYTES = 5;
/** Type 1, length 3. */
const MESSAGE_HEADER_BYTES = 4;

/** What a server may send before the keys are in use, in this order, each once (RFC 5246, section 7.3). */
const SERVER_MESSAGES: readonly number[] = Object.freeze([2, 11, 12, 13, 14]);
const HELLO_REQUEST = 0;
const SERVER_HELLO = 2;
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;
const CERTIFICATE_VERIFY = 15;
const FINISHED = 20;

/** After these messages it is the device's turn. The first value stands for the beginning. */
const OUR_TURN_AFTER: readonly number[] = Object.freeze([HELLO_REQUEST, SERVER_HELLO_DONE, FINISHED]);

const NOTHING = new Uint8Array(0);

export class CheckedSession extends Session {
  private readonly identity: DeviceIdentity | undefined;
  private readonly header = new Uint8Array(RECORD_HEADER_BYTES);
  private headerLength = 0;
  /** The record that is being read, and how many of its bytes are there. */
  private record: Uint8Array<ArrayBuffer> | undefined;
  private recordLength = 0;
  /** Handshake messages that are not used yet. The last one may be incomplete. */
  private messages: Uint8Array = NOTHING;
  private lastMessage = 0;
  private isDone = false;
  private unsent: Uint8Array = NOTHING;

  constructor(options: ConstructorParameters<typeof Session>[0], identity: DeviceIdentity | undefined) {
    super(options);
    this.identity = identity;
  }

  /**
   * Goes on with the handshake as far as there are bytes. Returns whether it is complete. Throws an error that says why
   * it failed.
   */
  advance(stream: Stream): boolean {
    while (!this.isDone) {
      if (OUR_TURN_AFTER.includes(this.handshakeProcess)) this.isDone = this.handshake(stream);
      else {
        const isSecret = this.serverCipher !== null;
        const record = this.readPacket(stream);
        if (!record) return false;
        recordProtocol.unpacketize(this, record);
        if (this.alert) throw alertError(this.alert.description);
        if (isSecret && this.handshakeProcess !== FINISHED)
          throw new TlsError(`TLS: handshake message ${this.handshakeProcess} after the change of cipher`);
      }
    }
    if (!this.clientCipher || !this.serverCipher)
      throw new TlsError("TLS: the broker ended the handshake without keys");
    return true;
  }

  /** Sends the handshake messages, as far as the socket takes them now. Returns whether nothing is left. */
  flush(stream: Stream): boolean {
    while (this.unsent.length > 0 && stream.writable > 0) {
      const part = this.unsent.subarray(0, stream.writable);
      const writable = stream.write(part);
      // In the simulator this is the only sign that the peer has gone.
      if (typeof writable !== "number") throw new TlsError("");
      stream.writable = writable;
      this.unsent = this.unsent.subarray(part.length);
    }
    return this.unsent.length === 0;
  }

  /**
   * Returns the next record, or undefined if it is not there yet. Before the keys are in use, it returns the next
   * handshake message in a record of its own, because a server may put many messages into one record, or one into many.
   */
  override readPacket(stream: Stream): ArrayBuffer | undefined {
    for (;;) {
      const message = this.nextMessage();
      if (message) return message;
      const record = this.readRecord(stream);
      if (!record) return undefined;
      if (record[0] !== HANDSHAKE || this.serverCipher) {
        if (this.messages.length > 0 && record[0] !== ALERT)
          throw new TlsError("TLS: the broker leaves a handshake message unfinished");
        return record.buffer;
      }
      this.messages = joined(this.messages, record.subarray(RECORD_HEADER_BYTES));
    }
  }

  /**
   * Collects the device's messages for `flush`. The SDK would write each part at once, even if the socket does not take
   * it. A broker that closes after the first part could then not say why. The signature with the device's key is made
   * here, because the SDK can sign with RSA only.
   */
  override doProtocol(_stream: Stream, protocol: Protocol, parameter?: unknown, further?: unknown): void {
    const packet =
      protocol.name === "certificateVerify" && this.identity
        ? this.proof(this.identity)
        : protocol.packetize(this, parameter, further);
    if (packet) this.unsent = joined(this.unsent, packet);
  }

  private proof(identity: DeviceIdentity): Uint8Array {
    const body = identity.prove(this.handshakeDigests.SHA256.close(true));
    return handshakeProtocol.packetize(this, CERTIFICATE_VERIFY, { getChunk: () => body });
  }

  private readRecord(stream: Stream): Uint8Array<ArrayBuffer> | undefined {
    if (!this.record) {
      this.headerLength += readInto(stream, this.header, this.headerLength);
      if (this.headerLength < RECORD_HEADER_BYTES) return undefined;
      this.record = new Uint8Array(RECORD_HEADER_BYTES + this.contentLength());
      this.record.set(this.header);
      this.recordLength = RECORD_HEADER_BYTES;
    }
    const record = this.record;
    this.recordLength += readInto(stream, record, this.recordLength);
    if (this.recordLength < record.length) return undefined;
    this.record = undefined;
    this.headerLength = 0;
    return record;
  }

  /**
   * Returns the length in the record's header. Throws if such a record may not come now, so that nothing is allocated
   * for it.
   */
  private contentLength(): number {
    const [type = 0, major = 0] = this.header;
    const length = ((this.header[3] ?? 0) << 8) | (this.header[4] ?? 0);
    if (major !== 3 || type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA)
      throw new TlsError(this.lastMessage === 0 ? "there is no TLS at this port" : `TLS: a record of type ${type}`);
    this.checkType(type);
    const leastBytes = this.serverCipher ? GCM_BYTES : 1;
    const mostBytes = CONTENT_BYTES_MAX + (this.serverCipher ? GCM_BYTES : 0);
    if (length < leastBytes || length > mostBytes)
      throw new TlsError(`TLS: a record of ${length} bytes, expected ${leastBytes} to ${mostBytes}`);
    return length;
  }

  private checkType(type: number): void {
    if (this.isDone && (type === HANDSHAKE || type === CHANGE_CIPHER_SPEC))
      throw new TlsError("TLS: the broker wants to renegotiate");
    if (!this.isDone && type === APPLICATION_DATA)
      throw new TlsError("TLS: the broker sends data before the handshake has ended");
    if (type === CHANGE_CIPHER_SPEC && (this.serverCipher || !this.masterSecret))
      throw new TlsError("TLS: the broker changes to a cipher for which there are no keys");
  }

  private nextMessage(): ArrayBuffer | undefined {
    const messages = this.messages;
    if (messages.length < MESSAGE_HEADER_BYTES) return undefined;
    const [type = 0, high = 0, middle = 0, low = 0] = messages;
    if (!SERVER_MESSAGES.includes(type) || type <= this.lastMessage)
      throw new TlsError(`TLS: handshake message ${type} after ${this.lastMessage}`);
    const length = MESSAGE_HEADER_BYTES + ((high << 16) | (middle << 8) | low);
    if (length > CONTENT_BYTES_MAX)
      throw new TlsError(`TLS: a handshake message of ${length} bytes, expected at most ${CONTENT_BYTES_MAX}`);
    if (messages.length < length) return undefined;
    const message = messages.subarray(0, length);
    this.messages = messages.subarray(length);
    this.lastMessage = type;
    const body = message.subarray(MESSAGE_HEADER_BYTES);
    if (type === SERVER_HELLO) checkServerHello(body);
    if (type === SERVER_KEY_EXCHANGE) checkKeyExchange(body, this.certificateManager?.getKey());
    return joined(Uint8Array.of(HANDSHAKE, 3, 3, length >> 8, length & 0xff), message).buffer;
  }
}

/** Reads what the stream has into the rest of the target. Returns how many bytes. */
function readInto(stream: Stream, target: Uint8Array, from: number): number {
  const length = Math.min(target.length - from, stream.readable);
  if (length > 0) stream.read(target.subarray(from, from + length));
  stream.readable -= length;
  return length;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
