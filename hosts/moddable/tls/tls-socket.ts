/**
 * TLS over ECMA-419 TCP. The SDK's TLSSocket throws from callbacks, which would end the program. This one does not. It
 * also hands over decrypted bytes without copying them.
 */
import TCP from "embedded:io/socket/tcp";
import type { Stream } from "ssl/session";
import type { BrokerSettings } from "../../../src/gateway/settings.ts";
import { pemBlocks } from "../../../src/pem.ts";
import { CertificateCheck } from "./certificate-check.ts";
import type { CertificateTime } from "./certificate-time.ts";
import { DeviceIdentity } from "./device-identity.ts";
import { isIPv4 } from "./ip-address.ts";
import { CURVE_NUMBERS, SIGNATURES, VERSION } from "./server-messages.ts";
import { explainTls, GONE, type TlsFailure } from "./tls-failure.ts";
import { CheckedSession } from "./tls-session.ts";

/** What AES-GCM adds to a record: header, nonce, tag (RFC 5246, RFC 5288), and three bytes to be safe. */
const RECORD_OVERHEAD_BYTES = 32;

/**
 * Largest record that the broker is asked to send (RFC 6066, section 4). A broker that does not know this extension
 * sends up to 16,384 bytes. The device never sends more than this.
 */
const FRAGMENT_BYTES = 4_096;

export interface TlsHandlers {
  /** TCP is connected. The handshake begins. */
  onHandshake(): void;
  /** Whether more bytes are wanted. If not, `read` continues later. */
  wantsBytes(): boolean;
  /** The bytes are valid until the next call. */
  onBytes(bytes: Uint8Array): void;
  /** The handshake is complete, or bytes have been sent. @param bytes how many may be written */
  onWritable(bytes: number): void;
  onError(failure: TlsFailure): void;
}

export class TlsSocket {
  private readonly handlers: TlsHandlers;
  private readonly session: CheckedSession;
  private readonly stream: Stream & TCP;
  private isConnected = false;
  /** `isDone`: the handshake is complete. `isReady`: its last message has been sent too, so data may follow. */
  private isDone = false;
  private isReady = false;
  private isClosed = false;

  /** Throws an error that says why if the certificates or the key in the settings are malformed. */
  constructor(broker: BrokerSettings, address: string, time: CertificateTime, handlers: TlsHandlers) {
    this.handlers = handlers;
    const expectedName = broker.serverName || broker.host;
    const identity = broker.identity && new DeviceIdentity(broker.identity);
    const options = {
      protocolVersion: VERSION,
      // An address is not a server name (RFC 6066, section 3).
      ...(isIPv4(expectedName) ? {} : { serverName: expectedName }),
      tls_elliptic_curves: CURVE_NUMBERS,
      tls_signature_algorithms: SIGNATURES,
      // The device sends its certificates in one record, which may be larger.
      ...(identity ? {} : { tls_max_fragment_length: FRAGMENT_BYTES }),
      certificates: new CertificateCheck({
        expectedName,
        isInsecure: broker.isInsecure,
        time,
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
    // The SDK's session keeps in the socket how many bytes can be read and written.
    this.stream = Object.assign(tcp, { readable: 0, writable: 0 });
  }

  /** Sends one record. Returns how many bytes may still be written, or undefined if the connection has gone. */
  write(bytes: Uint8Array): number | undefined {
    this.session.write(this.stream, bytes);
    if (typeof this.stream.writable !== "number") return undefined;
    return Math.max(0, this.stream.writable - RECORD_OVERHEAD_BYTES);
  }

  /** Continues with the bytes that were held back. */
  read(): void {
    if (this.isReady) this.readable(this.stream.readable);
  }

  close(): void {
    this.isClosed = true;
    this.stream.close();
  }

  /** The deepest call path of the program begins here. So it makes as few calls as possible. */
  private readable(bytes: number): void {
    if (this.isClosed) return;
    const stream = this.stream;
    stream.readable = bytes;
    try {
      if (!this.isReady) this.advance();
      while (this.isReady && !this.isClosed && stream.readable > 0 && this.handlers.wantsBytes()) {
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
