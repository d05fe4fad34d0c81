/**
 * A TCP proxy between a pager and a broker that fails as networks do. It cuts connections at any byte, goes silent while both ends
 * believe that they are connected, and refuses connections. It parses and keeps the packets that pass.
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
  readonly #protocolLevel: 4 | 5 | "other";
  readonly #brokerPort: number;
  readonly #links = new Set<Link>();
  readonly #packets: SeenPacket[] = [];
  /** Gets all bytes as they come, before they are parsed. */
  onBytes: (direction: Direction, bytes: Uint8Array) => void = () => {};
  #port = 0;
  #connections = 0;
  #cut: { direction: Direction; bytesLeft: number; resolve: () => void } | undefined;

  private constructor(brokerPort: number, protocolLevel: 4 | 5 | "other") {
    this.#brokerPort = brokerPort;
    this.#protocolLevel = protocolLevel;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @param protocolLevel as in CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5; `other`: another protocol, of which nothing is parsed */
  static async start(brokerPort: number, protocolLevel: 4 | 5 | "other" = 4): Promise<CuttingProxy> {
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

  /** Connections that are open now. */
  get open(): number {
    return this.#links.size;
  }

  /** The packets that have passed whole so far, in order. */
  packets(direction: Direction, ...commands: Packet["cmd"][]): SeenPacket[] {
    return this.#packets.filter((seen) => seen.direction === direction && commands.includes(seen.packet.cmd));
  }

  /** Cuts after `bytes` more in one direction, on this connection or a later one. Resolves after the cut. */
  cutAfter(direction: Direction, bytes: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cut = { direction, bytesLeft: bytes, resolve };
    });
  }

  /** Cuts all connections now. */
  cut(): void {
    for (const link of this.#links) drop(link);
  }

  /** The open connections pass nothing more, and neither end learns of it. New connections work. */
  silence(): void {
    for (const link of this.#links) link.silent = true;
  }

  /** Refuses new connections, and cuts the open ones. */
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
    const level = this.#protocolLevel;
    const parser = mqttPacket.parser({ protocolVersion: level === "other" ? 4 : level });
    const parse = (bytes: Buffer) => {
      if (level !== "other") parser.parse(bytes);
    };
    parser.on("packet", (packet) => this.#packets.push({ connection, direction, packet }));
    parser.on("error", () => {});
    from.on("data", (bytes: Buffer) => {
      if (link.silent || to.destroyed) return;
      this.onBytes(direction, bytes);
      const cut = this.#cut?.direction === direction ? this.#cut : undefined;
      if (!cut || bytes.length < cut.bytesLeft) {
        if (cut) cut.bytesLeft -= bytes.length;
        parse(bytes);
        to.write(bytes);
        return;
      }
      this.#cut = undefined;
      const passed = bytes.subarray(0, cut.bytesLeft);
      parse(passed);
      // Exactly these bytes arrive before the connection ends.
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
