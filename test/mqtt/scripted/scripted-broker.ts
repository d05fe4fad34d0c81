/**
 * A broker on a socket that says what a script tells it, byte for byte, as mosquitto's `test/lib` does. Its client is the engine over
 * the TCP transport of the Node host.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { openTcp } from "../../../hosts/node/tcp-transport.ts";
import type { Transport } from "../../../hosts/runner.ts";
import { parseSettings } from "../../../src/gateway/settings.ts";
import type { QoS } from "../../../src/mqtt/packet.ts";
import { Session } from "../../../src/mqtt/session.ts";
import type { SessionEvent } from "../../../src/mqtt/session-types.ts";
import { fromHex, toHex } from "../../vectors/vector.ts";
import { PLAIN } from "../session-bench.ts";

const WAIT_MS = 5_000;

/** The broker's end of one connection. It gives what the client sends, packet by packet. */
export class ScriptedConnection {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      this.#wake();
    });
    for (const event of ["end", "close", "error"])
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
  }

  send(hex: string): void {
    this.#socket.write(fromHex(hex));
  }

  end(): void {
    this.#socket.destroy();
  }

  /** The next packet as hexadecimal digits, or "end". */
  async next(): Promise<string> {
    for (;;) {
      const packet = this.#take();
      if (packet !== undefined) return packet;
      if (this.#hasEnded) return "end";
      await this.#news();
    }
  }

  #take(): string | undefined {
    let length = 0;
    for (let index = 1; index < Math.min(5, this.#bytes.length); index += 1) {
      const byte = this.#bytes[index] as number;
      length += (byte & 0x7f) * 2 ** (7 * (index - 1));
      if (byte >= 0x80) continue;
      const end = index + 1 + length;
      if (this.#bytes.length < end) return undefined;
      const packet = toHex(this.#bytes.subarray(0, end));
      this.#bytes = this.#bytes.subarray(end);
      return packet;
    }
    return undefined;
  }

  async #news(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      timer = setTimeout(() => reject(new Error(`nothing came for ${WAIT_MS} ms`)), WAIT_MS);
    });
    clearTimeout(timer);
  }
}

export class ScriptedBroker {
  readonly #server: Server;
  readonly #connections: ScriptedConnection[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      const connection = new ScriptedConnection(socket.setNoDelay(true));
      this.#connections.push(connection);
      server.emit("scripted");
    });
  }

  static async listen(): Promise<ScriptedBroker> {
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ScriptedBroker(server);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** The next connection of the client. */
  async accept(): Promise<ScriptedConnection> {
    while (this.#connections.length === 0)
      await once(this.#server, "scripted", { signal: AbortSignal.timeout(WAIT_MS) });
    return this.#connections.shift() as ScriptedConnection;
  }

  close(): void {
    for (const connection of this.#connections) connection.end();
    this.#server.close();
  }
}

/** The engine on a socket. It takes every message at once and comes back a millisecond after a connection has ended. */
export class SocketClient {
  readonly events: SessionEvent[] = [];
  readonly #session: Session;
  readonly #port: number;
  #transport: Transport | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: number, level: 4 | 5) {
    this.#port = port;
    this.#session = new Session(
      {
        ...PLAIN,
        subscriptions: [{ topicFilter: "a", qos: 2 }],
        protocol: level === 5 ? "5" : "3.1.1",
        backoff: { baseMs: 1, maxMs: 1 },
      },
      () => 1,
    );
    this.#session.start(performance.now());
    this.#drain();
  }

  publish(qos: QoS): void {
    this.#session.publish({ topic: "t", payload: Uint8Array.of(0x78), qos, retain: false }, performance.now());
    this.#drain();
  }

  stop(): void {
    this.#session.stop(performance.now());
    this.#drain();
    clearTimeout(this.#timer);
    this.#transport?.close();
  }

  #drain(): void {
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (let event = this.#session.pollEvent(); event; event = this.#session.pollEvent()) {
        this.#handle(event);
        isBusy = true;
      }
      for (let bytes = this.#session.pollTransmit(); bytes; bytes = this.#session.pollTransmit()) {
        this.#transport?.write(bytes);
        isBusy = true;
      }
    }
    clearTimeout(this.#timer);
    const wakeMs = this.#session.pollTimeout();
    if (wakeMs === undefined) return;
    const wake = () => {
      this.#session.handleTimeout(performance.now());
      this.#drain();
    };
    this.#timer = setTimeout(wake, Math.max(0, wakeMs - performance.now()));
  }

  #handle(event: SessionEvent): void {
    this.events.push(event);
    if (event.type === "open") this.#open();
    if (event.type === "close") {
      const last = this.#session.pollTransmit();
      if (last) this.#transport?.write(last);
      this.#transport?.close();
      this.#transport = undefined;
    }
    if (event.type === "message" && event.token > 0) this.#session.acknowledge(event.token);
  }

  #open(): void {
    const mine: Transport = openTcp(
      { ...BROKER, port: this.#port },
      {
        onConnected: () => this.#on(mine, () => this.#session.handleConnected(performance.now())),
        onBytes: (bytes) => this.#on(mine, () => this.#session.handleBytes(bytes, performance.now())),
        onClosed: (reason) => this.#on(mine, () => this.#session.handleClosed(reason, performance.now())),
      },
    );
    this.#transport = mine;
  }

  #on(transport: Transport, act: () => void): void {
    if (transport !== this.#transport) return;
    act();
    this.#drain();
  }
}

const parsed = parseSettings({ "broker.host": "127.0.0.1" });
if ("errors" in parsed) throw new Error(parsed.errors.join());
const BROKER = parsed.settings.broker;
