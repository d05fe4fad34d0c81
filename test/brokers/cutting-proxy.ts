/**
 * A TCP proxy that stands between a pager and a broker and does what networks do: cuts at any byte in either direction,
 * goes silent while both ends believe that they are connected, and refuses. It reads along and keeps the packets.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import mqttPacket, { type Packet } from "mqtt-packet";

export type Direction = "toBroker" | "toPager";

export interface SeenPacket {
  /** Number of the connection, from 1. */
  readonly connection: number;
  readonly direction: Direction;
  readonly packet: Packet;
}

interface Link {
  readonly pager: Socket;
  readonly broker: Socket;
  silent: boolean;
}

export class CuttingProxy {
  readonly #server: Server;
  readonly #protocolLevel: 4 | 5;
  readonly #brokerPort: number;
  readonly #links = new Set<Link>();
  readonly #packets: SeenPacket[] = [];
  /** Sees what comes out of a socket, before anything is made of it. */
  onBytes: (direction: Direction, bytes: Uint8Array) => void = () => {};
  #port = 0;
  #connections = 0;
  #cut: { direction: Direction; bytesLeft: number; resolve: () => void } | undefined;

  private constructor(brokerPort: number, protocolLevel: 4 | 5) {
    this.#brokerPort = brokerPort;
    this.#protocolLevel = protocolLevel;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @param protocolLevel as in CONNECT, for reading the packets that pass */
  static async start(brokerPort: number, protocolLevel: 4 | 5 = 4): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(brokerPort, protocolLevel);
    await proxy.#listen(0);
    proxy.#port = (proxy.#server.address() as { port: number }).port;
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that were accepted so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that stand now. */
  get open(): number {
    return this.#links.size;
  }

  /** What has passed whole so far, in order. */
  packets(direction: Direction, ...commands: Packet["cmd"][]): SeenPacket[] {
    return this.#packets.filter((seen) => seen.direction === direction && commands.includes(seen.packet.cmd));
  }

  /** Lets `bytes` more pass in one direction, on this connection or the next ones, and cuts there. Resolves when cut. */
  cutAfter(direction: Direction, bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cut = { direction, bytesLeft: bytes, resolve };
    });
  }

  /** Cuts all connections now. */
  cut(): void {
    for (const link of this.#links) drop(link);
  }

  /** From now on nothing passes on the connections that stand, and nobody is told. New ones work. */
  silence(): void {
    for (const link of this.#links) link.silent = true;
  }

  /** Refuses new connections, and cuts those that stand. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Accepts connections again, at the same port. */
  async accept(): Promise<void> {
    await this.#listen(this.#port);
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.refuse();
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen(port, "127.0.0.1", () => {
        this.#server.removeListener("error", reject);
        resolve();
      });
    });
  }

  #accept(pager: Socket): void {
    this.#connections += 1;
    const broker = connect(this.#brokerPort, "127.0.0.1");
    const link: Link = { pager, broker, silent: false };
    this.#links.add(link);
    this.#forward(link, pager, broker, "toBroker", this.#connections);
    this.#forward(link, broker, pager, "toPager", this.#connections);
    for (const socket of [pager, broker]) {
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        if (link.silent && socket === broker) return;
        this.#links.delete(link);
        drop(link);
      });
    }
  }

  #forward(link: Link, from: Socket, to: Socket, direction: Direction, connection: number): void {
    const parser = mqttPacket.parser({ protocolVersion: this.#protocolLevel });
    parser.on("packet", (packet) => this.#packets.push({ connection, direction, packet }));
    parser.on("error", () => {});
    from.on("data", (bytes: Buffer) => {
      if (link.silent || to.destroyed) return;
      this.onBytes(direction, bytes);
      const cut = this.#cut?.direction === direction ? this.#cut : undefined;
      if (!cut || bytes.length < cut.bytesLeft) {
        if (cut) cut.bytesLeft -= bytes.length;
        parser.parse(bytes);
        to.write(bytes);
        return;
      }
      this.#cut = undefined;
      const passed = bytes.subarray(0, cut.bytesLeft);
      parser.parse(passed);
      // Flushed first, so that exactly these bytes arrive before the end.
      to.write(passed, () => {
        drop(link);
        cut.resolve();
      });
      link.silent = true;
    });
    from.on("end", () => {
      if (!link.silent) to.end();
    });
  }
}

function drop(link: Link): void {
  link.pager.destroy();
  link.broker.destroy();
}
