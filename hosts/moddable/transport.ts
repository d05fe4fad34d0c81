/**
 * Byte streams over ECMA-419 TCP, with or without TLS. What the SDK throws becomes `onClosed`. A socket is never closed
 * in its own callbacks, because it may still call another one.
 */
import TCP from "embedded:io/socket/tcp";
// biome-ignore lint/style/useNodejsImportProtocol: this is a module of the Moddable SDK, not Node's.
import Net from "net";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { Transport, TransportHandlers } from "../runner.ts";
import { OneTimer } from "./clock.ts";
import type { Guard, Guards } from "./guard.ts";
import type { CertificateClock, CertificateTime } from "./tls/certificate-time.ts";
import { isIPv4 } from "./tls/ip-address.ts";
import { GONE, type TlsFailure } from "./tls/tls-failure.ts";
import { TlsSocket } from "./tls/tls-socket.ts";

/** How many bytes may wait for the peer. If there are more, the connection is closed. Must be more than one packet. */
const QUEUE_BYTES_MAX = 16_384;

/**
 * How many bytes are read from the socket at once. The SDK's simulator buffers this many; on a board it is about one
 * segment.
 */
const READ_BYTES = 1_536;

/** How long `close` waits for a slow peer to take what was written, in milliseconds. */
const LINGER_MS = 2_000;

/** Where a certificate is not checked. */
const ANY_TIME: CertificateTime = Object.freeze({ kind: "atLeast", seconds: 0 });

/** The part of a socket that is used, with or without TLS. */
interface Socket {
  /**
   * Returns how many bytes may still be written. The SDK's typings of TCP say void, but its code returns this number.
   */
  write(bytes: Uint8Array): unknown;
  close(): void;
}

/** What the transports of one device share. */
interface SharedOptions {
  readonly guards: Guards;
  readonly certificateClock: CertificateClock;
  /** Only one transport has handlers at a time, and a paused transport does not read. */
  readonly received: Uint8Array;
}

interface TransportOptions extends SharedOptions {
  onEnded(): void;
}

/** Opens the transports of one device, and knows which of them have not ended. */
export class Network {
  private readonly open = new Set<TcpTransport>();
  private readonly options: SharedOptions;

  constructor(guards: Guards, certificateClock: CertificateClock) {
    this.options = { guards, certificateClock, received: new Uint8Array(READ_BYTES) };
  }

  /** Begins to open a connection. Errors go to `onClosed` and are never thrown. */
  openTransport(broker: BrokerSettings, handlers: TransportHandlers): Transport {
    const onEnded = () => this.open.delete(transport);
    const transport = new TcpTransport(broker, handlers, { ...this.options, onEnded });
    this.open.add(transport);
    return transport;
  }

  /** The clock may have been set. A certificate that was checked without it is checked again, by a new connection. */
  handleTimeChanged(): void {
    if (this.options.certificateClock()?.kind !== "known") return;
    for (const transport of this.open) transport.handleTimeKnown();
  }

  /** True when every socket is closed, so that nothing waits to be sent. */
  get idle(): boolean {
    return this.open.size === 0;
  }
}

class TcpTransport implements Transport {
  private readonly broker: BrokerSettings;
  private readonly options: TransportOptions;
  private readonly linger: OneTimer;
  /** Times the beginning and the end, which must not happen within a call. */
  private readonly next: OneTimer;
  /** Times the first read after a pause. */
  private readonly reading: OneTimer;
  private readonly guard: Guard;
  private handlers: TransportHandlers | undefined;
  private socket: Socket | undefined;
  /** Reads what the socket holds, while bytes are wanted. */
  private read = () => {};
  private isPaused = false;
  /** Bytes that a socket without TLS holds. */
  private readableBytes = 0;
  /** The reason to report when the peer closes without an error. */
  private closeReason = "";
  private connected = false;
  private ended = false;
  /** The dates of the certificate were checked without a clock. */
  private isUndated = false;
  private writableBytes = 0;
  private queue: Uint8Array[] = [];
  private queueBytes = 0;

  constructor(broker: BrokerSettings, handlers: TransportHandlers, options: TransportOptions) {
    this.options = options;
    this.guard = options.guards.of("connection", { handleFailure: () => this.end("an error of the socket") });
    this.linger = new OneTimer(this.guard);
    this.next = new OneTimer(this.guard);
    this.reading = new OneTimer(this.guard);
    this.broker = broker;
    this.handlers = handlers;
    // No handler is called before openTransport has returned, not even for a wrong address.
    this.next.set(0, () => this.resolve());
  }

  write(bytes: Uint8Array): void {
    if (!this.handlers || this.ended || bytes.length === 0) return;
    if (this.queueBytes + bytes.length > QUEUE_BYTES_MAX) {
      this.end("the peer takes no bytes");
      return;
    }
    this.queue.push(bytes.slice());
    this.queueBytes += bytes.length;
    this.flush();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.reading.set(0, () => this.read());
  }

  close(): void {
    this.handlers = undefined;
    // A socket that is closed with unread bytes may discard what it has sent.
    if (this.isPaused) {
      this.isPaused = false;
      this.read();
    }
    if (this.queueBytes === 0 || !this.connected) this.end();
    else this.linger.set(LINGER_MS, () => this.end());
  }

  handleTimeKnown(): void {
    if (this.isUndated) this.end("the time is known now, the certificate is checked again");
  }

  private resolve(): void {
    if (this.ended) return;
    const host = this.broker.host === "localhost" ? "127.0.0.1" : this.broker.host;
    if (isIPv4(host)) {
      this.connect(host);
      return;
    }
    this.handlers?.onPhase?.("resolve");
    try {
      Net.resolve(host, (_host, address) => {
        this.guard.run(() => {
          if (this.ended) return;
          if (address) this.connect(address);
          else this.end(`${host} has no address`);
        });
      });
    } catch (error) {
      this.end(`${host} cannot be resolved: ${error}`);
    }
  }

  private connect(address: string): void {
    this.handlers?.onPhase?.("connect");
    this.closeReason = `no connection to ${address}`;
    const onWritable = (bytes: number) => this.writable(bytes);
    const onError = ({ reason, isRefusal }: TlsFailure = GONE) => {
      this.end(reason || this.closeReason, isRefusal);
    };
    try {
      if (this.broker.transport === "tls") {
        const time = this.broker.isInsecure ? ANY_TIME : this.options.certificateClock();
        if (!time) {
          this.end("the time is not known yet");
          return;
        }
        this.isUndated = time.kind === "atLeast";
        const onHandshake = () => {
          this.closeReason = "closed by the peer in the TLS handshake";
          this.handlers?.onPhase?.("tls");
        };
        const tls = new TlsSocket(this.broker, address, time, {
          onHandshake,
          wantsBytes: () => !this.isPaused,
          onBytes: (bytes) => this.handlers?.onBytes(bytes),
          onWritable,
          onError,
        });
        this.read = () => tls.read();
        this.socket = tls;
      } else this.socket = this.openTcp(address, onWritable, onError);
    } catch (error) {
      this.end(`no connection to ${address}: ${error}`);
    }
  }

  private openTcp(address: string, onWritable: (bytes: number) => void, onError: () => void): Socket {
    const tcp = new TCP({
      address,
      port: this.broker.port,
      nodelay: true,
      onReadable: (bytes) => {
        this.readableBytes = bytes;
        this.guard.run(() => this.readTcp(tcp));
      },
      onWritable: (bytes) => this.guard.run(() => onWritable(bytes)),
      onError: () => this.guard.run(onError),
    });
    this.read = () => this.readTcp(tcp);
    return tcp;
  }

  private readTcp(tcp: TCP): void {
    while (this.readableBytes > 0 && !this.isPaused && this.socket && !this.ended) {
      const length = Math.min(this.readableBytes, READ_BYTES);
      // The next connection may still use the shared buffer.
      const target = this.handlers ? this.options.received : new Uint8Array(length);
      const view = length === target.length ? target : target.subarray(0, length);
      tcp.read(view);
      this.readableBytes -= length;
      this.handlers?.onBytes(view);
    }
  }

  private writable(bytes: number): void {
    if (this.ended) return;
    this.writableBytes = bytes;
    if (!this.connected) {
      this.connected = true;
      this.closeReason = "closed by the peer";
      this.handlers?.onConnected();
    }
    this.flush();
  }

  private flush(): void {
    while (this.socket && this.writableBytes > 0) {
      const first = this.queue[0];
      if (!first) break;
      const part = first.length > this.writableBytes ? first.subarray(0, this.writableBytes) : first;
      let left: unknown;
      try {
        left = this.socket.write(part);
      } catch (error) {
        this.end(`not written: ${error}`);
        return;
      }
      // SDK 8.2.3 returns undefined when the connection has gone. In the simulator it does not call onError either.
      if (typeof left !== "number") {
        this.end("closed by the peer");
        return;
      }
      this.writableBytes = left;
      this.queueBytes -= part.length;
      if (part.length === first.length) this.queue.shift();
      else this.queue[0] = first.subarray(part.length);
    }
    if (!this.handlers && this.queueBytes === 0) this.end();
  }

  /**
   * Ends the transport. A reason is reported to `onClosed` later, because the caller may be in the middle of its work.
   * The caller may also close the transport before that.
   */
  private end(reason?: string, isRefusal?: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.linger.set(undefined, () => {});
    this.queue = [];
    this.queueBytes = 0;
    const socket = this.socket;
    this.socket = undefined;
    this.next.set(0, () => {
      // The rest has to happen whatever the socket does.
      this.guard.run(() => socket?.close());
      this.options.onEnded();
      if (reason !== undefined) this.handlers?.onClosed(reason, isRefusal);
      this.handlers = undefined;
    });
  }
}
