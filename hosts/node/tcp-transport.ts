import { connect, type Socket } from "node:net";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import { describeError } from "../common/describe-error.ts";
import type { Transport, TransportHandlers } from "../runner.ts";
import { followOpening } from "./follow-opening.ts";

/** Milliseconds that a peer may take to close after our end of stream. Then the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** A transport that tells when its socket is gone, for an orderly end of the process. */
export interface NodeTransport extends Transport {
  readonly closed: Promise<void>;
}

/** Why a connection ended, in words; `isRefusal` as `TransportHandlers.onClosed` has it. */
export interface Failure {
  readonly reason: string;
  readonly isRefusal: boolean;
}

/** The differences between TCP and TLS. */
export interface StreamKind {
  readonly isSecure: boolean;
  /** Begins to connect. May throw. */
  connect(): Socket;
  /** Begins TLS on a socket. May throw. Only of a kind that begins without it. */
  secure?(socket: Socket): Socket;
  explain(error: unknown): Failure;
}

/** A TCP connection. Errors come as `onClosed`, always after this has returned. */
export function openTcp(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  const { host, port } = broker;
  const kind: StreamKind = {
    isSecure: false,
    connect: () => connect({ host, port, noDelay: true }),
    explain: (error) => ({ reason: describeError(error), isRefusal: false }),
  };
  return openStream(kind, host, handlers);
}

/** A byte stream over a socket of Node, encrypted or not. */
export function openStream(kind: StreamKind, host: string, handlers: TransportHandlers): NodeTransport {
  let socket: Socket | undefined;
  let listening = true;
  let isReady = false;
  let listen: (open: Socket) => void = () => {};
  let failure: Failure = { reason: "the broker closed the connection", isRefusal: false };
  const tell = (handler: () => void) => {
    if (listening) handler();
  };
  const closed = new Promise<void>((resolve) => {
    // For a port or an address that it refuses, Node throws. That becomes a reason like any other.
    try {
      socket = kind.connect();
    } catch (error) {
      failure = kind.explain(error);
      setImmediate(() => {
        tell(() => handlers.onClosed(failure.reason, failure.isRefusal));
        resolve();
      });
      return;
    }
    const { isSecure } = kind;
    followOpening(socket, host, { isSecure, isWebSocket: false }, (phase) => tell(() => handlers.onPhase?.(phase)));
    listen = (open) => {
      open.on("encrypted" in open ? "secureConnect" : "connect", () => {
        isReady = true;
        tell(() => handlers.onConnected());
      });
      open.on("data", (bytes) => tell(() => handlers.onBytes(bytes)));
      open.on("error", (error) => {
        failure = kind.explain(error);
        // After the handshake Node reports a wrong record, but does not close the socket.
        open.destroy();
      });
      open.on("close", () => {
        tell(() => handlers.onClosed(failure.reason, failure.isRefusal));
        listening = false;
        resolve();
      });
    };
    listen(socket);
  });
  return {
    closed,
    write(bytes) {
      // The bytes are copied, as the seam promises: Node keeps the array until it is sent, and the caller uses it again at once.
      if (listening) socket?.write(Uint8Array.from(bytes));
    },
    pause() {
      socket?.pause();
    },
    resume() {
      socket?.resume();
    },
    ...(kind.secure && {
      secure() {
        if (!socket || !listening) return;
        const plain = socket;
        // What comes now is for TLS.
        for (const event of ["data", "error", "close"]) plain.removeAllListeners(event);
        tell(() => handlers.onPhase?.("tls"));
        try {
          socket = kind.secure?.(plain) ?? plain;
          listen(socket);
        } catch (error) {
          failure = kind.explain(error);
          plain.on("close", () => tell(() => handlers.onClosed(failure.reason, failure.isRefusal)));
          plain.destroy();
        }
      },
    }),
    close() {
      listening = false;
      if (!socket || socket.destroyed) return;
      // The end of what the peer sends is behind what was not read.
      socket.resume();
      if (!isReady) {
        socket.destroy();
        return;
      }
      const ending = socket;
      ending.end();
      const timer = setTimeout(() => ending.destroy(), CLOSE_TIMEOUT_MS);
      ending.once("close", () => clearTimeout(timer));
    },
  };
}
