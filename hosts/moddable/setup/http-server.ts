/** Serves HTTP over ECMA-419 sockets. What is said, `http.ts` and `portal.ts` decide. */
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { OneTimer } from "../clock.ts";
import type { Guard, Guards } from "../guard.ts";
import { type HttpAnswer, type HttpBody, HttpReader, type HttpRequest, httpHead } from "./http.ts";

/** More connections at once are closed. */
const CONNECTIONS_MAX = 6;

/** A connection ends after this time, in milliseconds. */
const CONNECTION_MS = 10_000;

/** So long the peer may still read what was written, in milliseconds. */
const LINGER_MS = 500;

const PIECE_BYTES = 512;

export class HttpServer {
  private readonly listener: Listener;
  private readonly handle: (request: HttpRequest) => HttpAnswer;
  private readonly guards: Guards;
  private readonly connections = new Set<Connection>();

  /** @param port 0 chooses a free one. Throws if there is no socket. */
  constructor(port: number, handle: (request: HttpRequest) => HttpAnswer, guards: Guards) {
    this.handle = handle;
    this.guards = guards;
    const guard = guards.of("web server");
    // The SDK throws for a connection that has gone already.
    const accept = () => guard.run(() => this.accept());
    this.listener = new Listener({ port, onReadable: (count) => repeat(count, accept) });
  }

  get port(): number {
    return this.listener.port;
  }

  private accept(): void {
    const from = this.listener.read();
    if (!from) return;
    if (this.connections.size >= CONNECTIONS_MAX) {
      from.close();
      return;
    }
    const connection = new Connection(from, this.handle, this.guards, () => this.connections.delete(connection));
    this.connections.add(connection);
  }
}

function repeat(count: number, act: () => void): void {
  for (let left = count; left > 0; left -= 1) act();
}

class Connection {
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private readonly tcp: TCP;
  private readonly handle: (request: HttpRequest) => HttpAnswer;
  private readonly reader = new HttpReader();
  private readonly onEnded: () => void;
  private writableBytes = 0;
  /** What is to be written, in this order. undefined: the request is not whole. */
  private parts: HttpBody[] | undefined;
  private offset = 0;
  private isWithoutBody = false;

  constructor(from: TCP, handle: (request: HttpRequest) => HttpAnswer, guards: Guards, onEnded: () => void) {
    this.guard = guards.of("web page", { handleFailure: () => this.end(0) });
    this.timer = new OneTimer(this.guard);
    this.handle = handle;
    this.onEnded = onEnded;
    this.tcp = new TCP({
      from,
      onReadable: (bytes) => this.guard.run(() => this.readable(bytes)),
      onWritable: (bytes) => this.guard.run(() => this.writable(bytes)),
      onError: () => this.guard.run(() => this.end(0)),
    });
    this.end(CONNECTION_MS);
  }

  private readable(count: number): void {
    for (let left = count; left > 0; left -= PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
      this.tcp.read(piece);
      // What comes behind the request is of no interest.
      if (!this.parts) this.handlePiece(piece);
    }
  }

  private handlePiece(piece: Uint8Array): void {
    const input = this.reader.handleBytes(piece);
    if (input === undefined) return;
    const answer = typeof input === "number" ? { status: input } : this.handle(input);
    this.isWithoutBody = typeof input !== "number" && input.method === "HEAD";
    const head = ArrayBuffer.fromString(httpHead(answer));
    this.parts = answer.body && !this.isWithoutBody ? [head, answer.body] : [head];
    this.write();
  }

  private writable(bytes: number): void {
    this.writableBytes = bytes;
    this.write();
  }

  private write(): void {
    const { parts } = this;
    if (!parts) return;
    for (let part = parts[0]; part && this.writableBytes > 0; part = parts[0]) {
      const end = Math.min(part.byteLength, this.offset + Math.min(this.writableBytes, PIECE_BYTES));
      const left = this.tcp.write(new Uint8Array(part.slice(this.offset, end))) as unknown;
      // SDK 8.2.3 returns undefined when the connection has gone.
      if (typeof left !== "number") {
        this.end(0);
        return;
      }
      this.writableBytes = left;
      this.offset = end;
      if (end === part.byteLength) {
        parts.shift();
        this.offset = 0;
      }
    }
    if (parts.length === 0) this.end(LINGER_MS);
  }

  /** Closes the socket after this time, and never in its own callbacks. */
  private end(delayMs: number): void {
    this.timer.set(delayMs, () => {
      this.onEnded();
      this.tcp.close();
    });
  }
}
