import { WebSocket } from "ws";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { TransportHandlers } from "../runner.ts";
import { errorInWords } from "./error-in-words.ts";
import { CLOSE_TIMEOUT_MS, type NodeTransport } from "./tcp-transport.ts";
import { tlsErrorInWords } from "./tls-in-words.ts";
import { tlsOptions } from "./tls-options.ts";

/** MQTT in a WebSocket, subprotocol `mqtt` [MQTT-6.0.0-3], [MQTT-6.0.0-4], with TLS for `wss`. Errors come as `onClosed`. */
export function openWebSocket(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  let listening = true;
  let reason = "the broker closed the connection";
  const tell = (handler: () => void) => {
    if (listening) handler();
  };
  const isSecure = broker.transport === "wss";
  const inWords = (error: unknown) => (isSecure ? tlsErrorInWords(error, broker) : errorInWords(error));
  let socket: WebSocket | undefined;
  try {
    const host = broker.host.includes(":") ? `[${broker.host}]` : broker.host;
    const url = `${isSecure ? "wss" : "ws"}://${host}:${broker.port}${broker.path}`;
    socket = new WebSocket(url, "mqtt", { perMessageDeflate: false, ...(isSecure ? tlsOptions(broker) : {}) });
  } catch (error) {
    reason = inWords(error);
  }
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      tell(() => handlers.onClosed(reason));
      listening = false;
      resolve();
    };
    if (!socket) {
      setImmediate(end);
      return;
    }
    socket.binaryType = "nodebuffer";
    socket.on("open", () => tell(() => handlers.onConnected()));
    socket.on("message", (data, isBinary) => {
      // [MQTT-6.0.0-1]: a text frame is no MQTT.
      if (!isBinary) {
        reason = "the broker sent a text frame [MQTT-6.0.0-1]";
        socket.terminate();
        return;
      }
      tell(() => handlers.onBytes(data as Buffer));
    });
    socket.on("error", (error) => {
      reason = inWords(error);
    });
    socket.on("close", end);
  });
  return {
    closed,
    write(bytes) {
      if (listening && socket?.readyState === WebSocket.OPEN) socket.send(Uint8Array.from(bytes), { binary: true });
    },
    close() {
      listening = false;
      if (!socket || socket.readyState === WebSocket.CLOSED) return;
      if (socket.readyState === WebSocket.CONNECTING) {
        socket.terminate();
        return;
      }
      socket.close(1000);
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      socket.once("close", () => clearTimeout(timer));
    },
  };
}
