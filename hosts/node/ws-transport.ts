import { WebSocket } from "ws";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import type { TransportHandlers } from "../runner.ts";
import { describeError } from "./describe-error.ts";
import { explainTls } from "./explain-tls.ts";
import { followOpening } from "./follow-opening.ts";
import { CLOSE_TIMEOUT_MS, type Failure, type NodeTransport } from "./tcp-transport.ts";
import { tlsOptions } from "./tls-options.ts";

/** MQTT in a WebSocket, subprotocol `mqtt` [MQTT-6.0.0-3], [MQTT-6.0.0-4], with TLS for `wss`. Errors come as `onClosed`. */
export function openWebSocket(broker: BrokerSettings, handlers: TransportHandlers): NodeTransport {
  let listening = true;
  let failure: Failure = { reason: "the broker closed the connection", isRefusal: false };
  const tell = (handler: () => void) => {
    if (listening) handler();
  };
  const isSecure = broker.transport === "wss";
  const explain = (error: unknown) =>
    isSecure ? explainTls(error, broker) : { reason: describeError(error), isRefusal: false };
  let socket: WebSocket | undefined;
  try {
    const host = broker.host.includes(":") ? `[${broker.host}]` : broker.host;
    const url = `${isSecure ? "wss" : "ws"}://${host}:${broker.port}${broker.path}`;
    socket = new WebSocket(url, "mqtt", {
      perMessageDeflate: false,
      ...(isSecure ? tlsOptions(broker) : {}),
      finishRequest(request) {
        request.once("socket", (stream) =>
          followOpening(stream, broker.host, { isSecure, isWebSocket: true }, (phase) =>
            tell(() => handlers.onPhase?.(phase)),
          ),
        );
        request.end();
      },
    });
  } catch (error) {
    failure = explain(error);
  }
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      tell(() => handlers.onClosed(failure.reason, failure.isRefusal));
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
        failure = { reason: "the broker sent a text frame [MQTT-6.0.0-1]", isRefusal: false };
        socket.terminate();
        return;
      }
      tell(() => handlers.onBytes(data as Buffer));
    });
    socket.on("error", (error) => {
      failure = explain(error);
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
