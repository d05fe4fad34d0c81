import { WebSocket } from "ws";
import type { BrokerSettings } from "../../src/gateway/settings.ts";
import { describeError } from "../common/describe-error.ts";
import { FrameQueue, TOO_MUCH } from "../common/frame-queue.ts";
import type { TransportHandlers } from "../runner.ts";
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
  const frames = new FrameQueue(handlers);
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
      tell(() => frames.finish(failure.reason, failure.isRefusal));
      listening = false;
      resolve();
    };
    if (!socket) {
      setImmediate(end);
      return;
    }
    socket.binaryType = "nodebuffer";
    socket.on("open", () => tell(() => handlers.onConnected()));
    const refuse = (reason: string) => {
      failure = { reason, isRefusal: false };
      socket.terminate();
    };
    socket.on("message", (data, isBinary) => {
      // [MQTT-6.0.0-1]: a text frame is no MQTT.
      if (!isBinary) refuse("the broker sent a text frame [MQTT-6.0.0-1]");
      else if (listening && !frames.add(data as Buffer)) refuse(TOO_MUCH);
    });
    socket.on("error", (error) => {
      failure = explain(error);
    });
    socket.on("close", end);
  });
  const resume = () => {
    if (socket?.isPaused) socket.resume();
  };
  return {
    closed,
    write(bytes) {
      if (listening && socket?.readyState === WebSocket.OPEN) socket.send(Uint8Array.from(bytes), { binary: true });
    },
    pause() {
      frames.pause();
      socket?.pause();
    },
    resume() {
      frames.resume();
      resume();
    },
    close() {
      listening = false;
      frames.discard();
      resume();
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
