/**
 * Byte streams over ECMA-419 TCP. What the SDK throws becomes `onClosed`; a socket is closed only outside its own
 * callbacks, because it may still have one to call.
 */
import TCP from "embedded:io/socket/tcp";
// biome-ignore lint/style/useNodejsImportProtocol: this is a module of the Moddable SDK, not Node's.
import Net from "net";
import Timer from "timer";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { Transport, TransportHandlers } from "../runner.ts";
import { OneTimer } from "./clock.ts";

/** Bytes waiting for the peer to take them. When there are more the connection is closed. Range: above one packet. */
const QUEUE_BYTES_MAX = 16_384;

/** Bytes taken from the socket at once: what the SDK's simulator buffers, and about one segment on a board. */
const READ_BYTES = 1_536;

/** How long `close` lets a slow peer take what was written, in milliseconds. */
const LINGER_MS = 2_000;

/** The part of ECMA-419's TCP that is used. A TLS socket has the same shape and is made by another constructor. */
interface Socket {
  read(buffer: Uint8Array): void;
  /** The SDK's typings say void; its code gives the bytes that may still be written. */
  write(bytes: Uint8Array): unknown;
  close(): void;
}

interface SocketOptions {
  address: string;
  port: number;
  nodelay: boolean;
  onReadable: (bytes: number) => void;
  onWritable: (bytes: number) => void;
  onError: () => void;
}

/** Opens the transports of one device and knows which of them have not ended yet. */
export class Network {
  readonly #open = new Set<TcpTransport>();
  /** Shared by all: its bytes are only looked at while they are told. */
  readonly #received = new Uint8Array(READ_BYTES);

  /** Begins to open a connection; errors are told by `onClosed`, never thrown. */
  openTransport(broker: BrokerSettings, handlers: TransportHandlers): Transport {
    const transport = new TcpTransport(broker, handlers, this.#received, () => this.#open.delete(transport));
    this.#open.add(transport);
    return transport;
  }

  /** True when nothing waits to be sent any more and every socket is closed. */
  get idle(): boolean {
    return this.#open.size === 0;
  }
}

class TcpTransport implements Transport {
  readonly #broker: BrokerSettings;
  readonly #onEnded: () => void;
  readonly #received: Uint8Array;
  readonly #linger = new OneTimer();
  #handlers: TransportHandlers | undefined;
  #socket: Socket | undefined;
  #connected = false;
  #ended = false;
  #writableBytes = 0;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;

  constructor(broker: BrokerSettings, handlers: TransportHandlers, received: Uint8Array, onEnded: () => void) {
    this.#received = received;
    this.#broker = broker;
    this.#handlers = handlers;
    this.#onEnded = onEnded;
    // Nothing is told before openTransport has returned, not even that the address is wrong.
    Timer.set(() => this.#resolve(), 0);
  }

  write(bytes: Uint8Array): void {
    if (!this.#handlers || this.#ended || bytes.length === 0) return;
    if (this.#queueBytes + bytes.length > QUEUE_BYTES_MAX) {
      this.#end("the peer takes no bytes");
      return;
    }
    this.#queue.push(bytes.slice());
    this.#queueBytes += bytes.length;
    this.#flush();
  }

  close(): void {
    this.#handlers = undefined;
    if (this.#queueBytes === 0 || !this.#connected) this.#end();
    else this.#linger.set(LINGER_MS, () => this.#end());
  }

  #resolve(): void {
    if (this.#ended) return;
    const host = this.#broker.host === "localhost" ? "127.0.0.1" : this.#broker.host;
    if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
      this.#connect(host);
      return;
    }
    try {
      Net.resolve(host, (_host, address) => {
        if (this.#ended) return;
        if (address) this.#connect(address);
        else this.#end(`${host} has no address`);
      });
    } catch (error) {
      this.#end(`${host} cannot be resolved: ${error}`);
    }
  }

  #connect(address: string): void {
    const options: SocketOptions = {
      address,
      port: this.#broker.port,
      nodelay: true,
      onReadable: (bytes) => this.#readable(bytes),
      onWritable: (bytes) => this.#writable(bytes),
      onError: () => this.#end(this.#connected ? "closed by the peer" : `no connection to ${address}`),
    };
    try {
      this.#socket = new TCP(options);
    } catch (error) {
      this.#end(`no connection to ${address}: ${error}`);
    }
  }

  #readable(bytes: number): void {
    for (let rest = bytes; rest > 0 && this.#socket && !this.#ended; ) {
      const length = Math.min(rest, READ_BYTES);
      const view = length === READ_BYTES ? this.#received : this.#received.subarray(0, length);
      this.#socket.read(view);
      rest -= length;
      this.#handlers?.onBytes(view);
    }
  }

  #writable(bytes: number): void {
    if (this.#ended) return;
    this.#writableBytes = bytes;
    if (!this.#connected) {
      this.#connected = true;
      this.#handlers?.onConnected();
    }
    this.#flush();
  }

  #flush(): void {
    while (this.#socket && this.#writableBytes > 0) {
      const first = this.#queue[0];
      if (!first) break;
      const part = first.length > this.#writableBytes ? first.subarray(0, this.#writableBytes) : first;
      let left: unknown;
      try {
        left = this.#socket.write(part);
      } catch (error) {
        this.#end(`not written: ${error}`);
        return;
      }
      this.#writableBytes = typeof left === "number" ? left : this.#writableBytes - part.length;
      this.#queueBytes -= part.length;
      if (part.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(part.length);
    }
    if (!this.#handlers && this.#queueBytes === 0) this.#end();
  }

  /** With a reason it is told, later: the caller may be in the middle of something, and may close it until then. */
  #end(reason?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#linger.set(undefined, () => {});
    this.#queue = [];
    this.#queueBytes = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    Timer.set(() => {
      socket?.close();
      this.#onEnded();
      if (reason !== undefined) this.#handlers?.onClosed(reason);
      this.#handlers = undefined;
    }, 0);
  }
}
