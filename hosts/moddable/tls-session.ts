/**
 * The SDK's TLS session (8.2.3) takes from the peer what RFC 5246 forbids. What is refused here, before it is believed:
 * handshake messages out of order or twice, a key exchange that nobody signed, a change of cipher or an end of the handshake
 * without keys, application data before it, and an alert in its midst, after which the SDK would go on unencrypted.
 */
import Session, { type Stream } from "ssl/session";
import { isEcdsaSignature } from "./certificate-check.ts";
import { alertInWords } from "./tls-alerts.ts";

const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;

const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;

/** What a server may say before the keys are in force, in this order, each once (RFC 5246, section 7.3). */
const SERVER_MESSAGES: readonly number[] = Object.freeze([2, 11, 12, 13, 14]);
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;
const FINISHED = 20;

/** Of signatures: SHA-256, SHA-384, SHA-512; who signs (RFC 5246, section 7.4.1.4.1). */
const HASHES: readonly number[] = Object.freeze([4, 5, 6]);
const RSA = 1;
const ECDSA = 3;

export class CheckedSession extends Session {
  #lastMessage = 0;

  /** Goes on with the handshake as far as there are bytes; true when it has ended well. Throws, in words, when it failed. */
  advance(stream: Stream): boolean {
    for (;;) {
      const isDone = this.handshake(stream);
      if (this.alert) throw new Error(alertInWords(this.alert.description));
      if (isDone) {
        if (!this.clientCipher || !this.serverCipher)
          throw new Error("TLS: the broker ended the handshake without keys");
        return true;
      }
      // After these it is our turn, whether more bytes are there or not.
      const isOurs = this.handshakeProcess === SERVER_HELLO_DONE || this.handshakeProcess === FINISHED;
      if (!isOurs && stream.readable === 0) return false;
    }
  }

  override readPacket(stream: Stream): ArrayBuffer | undefined {
    const packet = super.readPacket(stream);
    if (packet && !this.serverCipher) this.#check(new Uint8Array(packet));
    return packet;
  }

  #check(record: Uint8Array): void {
    switch (record[0]) {
      case CHANGE_CIPHER_SPEC:
        if (!this.masterSecret) throw new Error("TLS: the broker changes to a cipher for which there are no keys");
        break;
      case ALERT:
        break;
      case HANDSHAKE:
        this.#checkHandshake(record);
        break;
      default:
        throw new Error("TLS: the broker sends data before the handshake has ended");
    }
  }

  #checkHandshake(record: Uint8Array): void {
    for (let at = RECORD_HEADER_BYTES; at < record.length; ) {
      const type = record[at] ?? 0;
      if (!SERVER_MESSAGES.includes(type) || type <= this.#lastMessage)
        throw new Error(`TLS: handshake message ${type} after ${this.#lastMessage}`);
      this.#lastMessage = type;
      const length = ((record[at + 1] ?? 0) << 16) | ((record[at + 2] ?? 0) << 8) | (record[at + 3] ?? 0);
      at += MESSAGE_HEADER_BYTES;
      if (type === SERVER_KEY_EXCHANGE) this.#checkKeyExchange(record.subarray(at, at + length));
      at += length;
    }
  }

  /** ServerKeyExchange with ECDHE (RFC 8422, section 5.4): 03, curve 2, length of point 1, point, hash 1, signer 1, signature. */
  #checkKeyExchange(body: Uint8Array): void {
    const at = 4 + (body[3] ?? 0);
    const key = this.certificateManager?.getKey();
    const signer = key?.curve ? ECDSA : RSA;
    if (!key || !HASHES.includes(body[at] ?? 0) || body[at + 1] !== signer)
      throw new Error("TLS: the broker does not sign its key");
    if (key.curve && !isEcdsaSignature(body.subarray(at + 4), key.curve.n))
      throw new Error("TLS: the broker's signature is none");
  }
}
