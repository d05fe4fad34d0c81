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

/** A TCP connection. Errors come as `onClosed`, always after this has returned. */
export function openTcp(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  let socket: Socket | undefined;
  let listening = true;
  let reason = "the broker closed the connection";
  const tell = (handler: () => void) => {
    if (listening) handler();
  };
  const closed = new Promise<void>((resolve) => {
    // A port or an address that node refuses is thrown, not told; it becomes a reason like every other one.
    try {
      socket = connect({ host: broker.host, port: broker.port, noDelay: true });
    } catch (error) {
      reason = errorInWords(error);
      setImmediate(() => {
        tell(() => handlers.onClosed(reason));
        resolve();
      });
      return;
    }
    socket.on("connect", () => tell(() => handlers.onConnected()));
    socket.on("data", (bytes) => tell(() => handlers.onBytes(bytes)));
    socket.on("error", (error) => {
      reason = errorInWords(error);
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
      if (socket.connecting) {
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
