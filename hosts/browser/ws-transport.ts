import type { BrokerSettings } from "../../src/gateway/settings.ts";
import { FrameQueue, TOO_MUCH } from "../common/frame-queue.ts";
import type { Transport, TransportHandlers } from "../runner.ts";

/** The address of the broker. It is encrypted if the settings say so, or if the page came over https: a browser refuses anything else there. */
export function webSocketUrl(broker: BrokerSettings, pageProtocol: string): string {
  const scheme = broker.transport === "wss" || pageProtocol === "https:" ? "wss" : "ws";
  const host = broker.host.includes(":") ? `[${broker.host}]` : broker.host;
  return `${scheme}://${host}:${broker.port}${broker.path}`;
}

/** MQTT in a WebSocket, subprotocol `mqtt` [MQTT-6.0.0-3], [MQTT-6.0.0-4]. Errors come as `onClosed`. */
export function openWebSocket(broker: BrokerSettings, handlers: TransportHandlers): Transport {
  let listening = true;
  let reason = "the broker closed the connection";
  let socket: WebSocket | undefined;
  const frames = new FrameQueue(handlers);
  const tellClosed = () => {
    if (!listening) return;
    listening = false;
    frames.finish(reason);
  };
  try {
    socket = new WebSocket(webSocketUrl(broker, location.protocol), "mqtt");
  } catch (error) {
    // For an address that it refuses, the browser throws.
    reason = error instanceof Error ? error.message : String(error);
    setTimeout(tellClosed);
  }
  if (socket) {
    const open = socket;
    const refuse = (why: string) => {
      reason = why;
      open.close();
    };
    setTimeout(() => {
      if (listening && open.readyState === WebSocket.CONNECTING) handlers.onPhase?.("page");
    });
    open.binaryType = "arraybuffer";
    open.onopen = () => {
      if (listening) handlers.onConnected();
    };
    open.onmessage = ({ data }) => {
      if (!listening) return;
      // [MQTT-6.0.0-1]: a text frame is no MQTT.
      if (!(data instanceof ArrayBuffer)) refuse("the broker sent a text frame [MQTT-6.0.0-1]");
      else if (!frames.add(new Uint8Array(data))) refuse(TOO_MUCH);
    };
    open.onerror = () => {
      // A browser tells a page no more than this.
      reason = "the WebSocket failed";
    };
    open.onclose = tellClosed;
  }
  return {
    write(bytes) {
      if (listening && socket?.readyState === WebSocket.OPEN) socket.send(Uint8Array.from(bytes));
    },
    pause() {
      frames.pause();
    },
    resume() {
      frames.resume();
    },
    close() {
      listening = false;
      frames.discard();
      // A browser sends all that was written before it closes.
      socket?.close(1000);
    },
  };
}
