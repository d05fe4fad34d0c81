/** The HTTP half of the station: the interface of pushes, the console, and MQTT over WebSocket at `/mqtt`. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import fastify, { type FastifyInstance } from "fastify";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { StationBroker } from "./broker.ts";
import type { ConsolePage } from "./console-page.ts";
import { addPushRoutes, describeSchemaError } from "./push-routes.ts";
import type { PushService } from "./push-service.ts";
import { crossSiteRefusal, refusalOf } from "./request-guard.ts";
import { MQTT_PACKET_BYTES_MAX, REQUEST_BYTES_MAX } from "./station-limits.ts";

/** Where MQTT over WebSocket is. */
export const MQTT_PATH = "/mqtt";

/** The page loads nothing from elsewhere, and runs no script that stands in it. */
const SECURITY_HEADERS = Object.freeze({
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
});

/** Makes the server; the caller makes it listen on `host` and closes it. */
export function createServer(
  host: string,
  broker: StationBroker,
  pushes: PushService,
  page: ConsolePage,
): FastifyInstance {
  const app = fastify({
    bodyLimit: REQUEST_BYTES_MAX,
    // Event streams never end by themselves.
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
    schemaErrorFormatter: (errors, where) => describeSchemaError(errors, where),
  });
  // JSON only: a form of another site can send text.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    const refusal = refusalOf(request.method, request.headers, host);
    if (refusal) return reply.code(403).send({ error: refusal });
  });
  addPushRoutes(app, pushes);
  app.get("/healthz", async () => ({
    status: "ok",
    clients: broker.connectedClients,
    pushes: pushes.count,
    receipts: pushes.counters,
  }));
  const serve = (path: string, type: string, text: string) =>
    app.get(path, async (_request, reply) => reply.type(type).header("cache-control", "no-cache").send(text));
  serve("/", "text/html; charset=utf-8", page.html);
  serve("/console.js", "text/javascript; charset=utf-8", page.script);
  serve("/console.css", "text/css; charset=utf-8", page.style);
  serve("/favicon.ico", "image/svg+xml", FAVICON);
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: "there is nothing at this address" }),
  );
  addMqttOverWebSocket(app, host, broker);
  return app;
}

const FAVICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="3" width="14" height="10" rx="2" ' +
  'fill="#12324a"/><rect x="3" y="5" width="10" height="4" fill="#9fe8c8"/></svg>';

function addMqttOverWebSocket(app: FastifyInstance, host: string, broker: StationBroker): void {
  const sockets = new WebSocketServer({
    noServer: true,
    // A packet and its fixed header; a message may hold several smaller ones.
    maxPayload: MQTT_PACKET_BYTES_MAX + 5,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
  });
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener an error before the handshake would end the process.
    socket.on("error", () => socket.destroy());
    const path = (request.url ?? "").split("?")[0];
    const refusal = refusalOf("GET", request.headers, host) ?? crossSiteRefusal(request.headers);
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (path !== MQTT_PATH) refuseUpgrade(socket, "404 Not Found");
    else if (refusal) refuseUpgrade(socket, "403 Forbidden");
    else if (!offered.includes("mqtt")) refuseUpgrade(socket, "400 Bad Request");
    else
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        broker.accept(createWebSocketStream(webSocket), request);
      });
  });
  app.addHook("preClose", async () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
  });
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
