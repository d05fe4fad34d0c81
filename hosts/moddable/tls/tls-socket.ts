/**
 * TLS over ECMA-419 TCP. Unlike the SDK's TLSSocket it throws nothing from a callback, which would end the program, and hands
 * over what was decrypted where it lies.
 */
import TCP from "embedded:io/socket/tcp";
import type { Stream } from "ssl/session";
import type { BrokerSettings } from "../../../src/gateway/settings.ts";
import { CertificateCheck } from "./certificate-check.ts";
import { DeviceIdentity } from "./device-identity.ts";
import { isIPv4 } from "./ip-address.ts";
import { pemBlocks } from "./pem.ts";
import { CURVE_NUMBERS, SIGNATURES, VERSION } from "./server-messages.ts";
import { explainTls, GONE, type TlsFailure } from "./tls-failure.ts";
import { CheckedSession } from "./tls-session.ts";

/** What a record adds to its content with AES-GCM: header, nonce, tag (RFC 5246, RFC 5288), and three to be safe. */
const RECORD_OVERHEAD_BYTES = 32;

/**
 * What a record of the broker holds at most, where the broker knows the extension (RFC 6066, section 4); else 16,384 bytes. What
 * leaves here is never more.
 */
const FRAGMENT_BYTES = 4_096;

export interface TlsHandlers {
  /** TCP is connected, the handshake begins. */
  onHandshake(): void;
  /** The bytes are only looked at during the call. */
  onBytes(bytes: Uint8Array): void;
  /** The handshake has ended, or bytes have left: so many may be written. */
  onWritable(bytes: number): void;
  onError(failure: TlsFailure): void;
}

export class TlsSocket {
  private readonly handlers: TlsHandlers;
  private readonly session: CheckedSession;
  private readonly stream: Stream & TCP;
  private isConnected = false;
  /** The handshake has ended; ready is what may carry data, when our last word of it has left, too. */
  private isDone = false;
  private isReady = false;
  private isClosed = false;

  /** Throws, in words, when what the settings give as certificates and key is none. */
  constructor(broker: BrokerSettings, address: string, handlers: TlsHandlers) {
    this.handlers = handlers;
    const expectedName = broker.serverName || broker.host;
    const identity = broker.identity && new DeviceIdentity(broker.identity);
    const options = {
      protocolVersion: VERSION,
      // An address is no server name (RFC 6066, section 3).
      ...(isIPv4(expectedName) ? {} : { serverName: expectedName }),
      tls_elliptic_curves: CURVE_NUMBERS,
      tls_signature_algorithms: SIGNATURES,
      // Our own certificates leave in one record, which may be larger.
      ...(identity ? {} : { tls_max_fragment_length: FRAGMENT_BYTES }),
      certificates: new CertificateCheck({
        expectedName,
        isInsecure: broker.isInsecure,
        authorities: broker.ca === "" ? [] : pemBlocks(broker.ca, "CERTIFICATE"),
        ownChain: identity?.chain ?? [],
      }),
    };
    this.session = new CheckedSession(options, identity);
    this.session.initiateHandshake();
    const tcp = new TCP({
      address,
      port: broker.port,
      nodelay: true,
      onReadable: (bytes) => this.readable(bytes),
      onWritable: (bytes) => this.writable(bytes),
      onError: () => this.fail(GONE),
    });
    // As the SDK's session wants it: the socket remembers how much may be read and written.
    this.stream = Object.assign(tcp, { readable: 0, writable: 0 });
  }

  /** Sends one record; gives the bytes that may still be written, or undefined when the connection has gone. */
  write(bytes: Uint8Array): number | undefined {
    this.session.write(this.stream, bytes);
    if (typeof this.stream.writable !== "number") return undefined;
    return Math.max(0, this.stream.writable - RECORD_OVERHEAD_BYTES);
  }

  close(): void {
    this.isClosed = true;
    this.stream.close();
  }

  /** The deepest way through the program begins here: no call more than need be. */
  private readable(bytes: number): void {
    if (this.isClosed) return;
    const stream = this.stream;
    stream.readable = bytes;
    try {
      if (!this.isReady) this.advance();
      while (this.isReady && !this.isClosed && stream.readable > 0) {
        const data = this.session.read(stream);
        if (data === null) this.fail(GONE);
        if (!data) return;
        this.handlers.onBytes(data);
      }
    } catch (error) {
      this.fail(explainTls(error));
    }
  }

  private writable(bytes: number): void {
    if (this.isClosed) return;
    this.stream.writable = bytes;
    try {
      if (!this.isConnected) {
        this.isConnected = true;
        this.handlers.onHandshake();
      }
      if (!this.isReady) this.advance();
      else this.tellWritable();
    } catch (error) {
      this.fail(explainTls(error));
    }
  }

  private advance(): void {
    this.isDone ||= this.session.advance(this.stream);
    if (!this.session.flush(this.stream) || !this.isDone) return;
    this.isReady = true;
    this.tellWritable();
  }

  private tellWritable(): void {
    const bytes = this.stream.writable - RECORD_OVERHEAD_BYTES;
    if (bytes > 0) this.handlers.onWritable(bytes);
  }

  private fail(failure: TlsFailure): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handlers.onError(failure);
  }
}
