import { connect, type Socket } from "node:net";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { Transport, TransportHandlers } from "../runner.ts";
import { errorInWords } from "./error-in-words.ts";

/** How long a peer may take to answer our end of the stream, in milliseconds. Then the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** A transport that can say when nothing of it is left, for an orderly end of the process. */
export interface NodeTransport extends Transport {
  readonly closed: Promise<void>;
}

/** What is different with TLS. */
export interface StreamKind {
  /** Begins to connect. May throw. */
  connect(): Socket;
  /** The event after which bytes may be sent. */
  readonly readyEvent: "connect" | "secureConnect";
  inWords(error: unknown): string;
}

/** A TCP connection. Errors come as `onClosed`, always after this has returned. */
export function openTcp(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  const { host, port } = broker;
  return openStream(
    { connect: () => connect({ host, port, noDelay: true }), readyEvent: "connect", inWords: errorInWords },
    handlers,
  );
}

/** A byte stream over a socket of Node, encrypted or not. */
export function openStream(kind: StreamKind, handlers: TransportHandlers): NodeTransport {
  let socket: Socket | undefined;
  let listening = true;
  let isReady = false;
  let reason = "the broker closed the connection";
  const tell = (handler: () => void) => {
    if (listening) handler();
  };
  const closed = new Promise<void>((resolve) => {
    // A port or an address that node refuses is thrown, not told; it becomes a reason like every other one.
    try {
      socket = kind.connect();
    } catch (error) {
      reason = kind.inWords(error);
      setImmediate(() => {
        tell(() => handlers.onClosed(reason));
        resolve();
      });
      return;
    }
    socket.on(kind.readyEvent, () => {
      isReady = true;
      tell(() => handlers.onConnected());
    });
    socket.on("data", (bytes) => tell(() => handlers.onBytes(bytes)));
    socket.on("error", (error) => {
      reason = kind.inWords(error);
    });
    socket.on("close", () => {
      tell(() => handlers.onClosed(reason));
      listening = false;
      resolve();
    });
  });
  return {
    closed,
    write(bytes) {
      // Node keeps the array until it is sent and the caller uses it again at once: copied, as the seam promises.
      if (listening) socket?.write(Uint8Array.from(bytes));
    },
    close() {
      listening = false;
      if (!socket || socket.destroyed) return;
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
