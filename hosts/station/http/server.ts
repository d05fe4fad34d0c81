/** The HTTP server of the station: the interface, the console, and MQTT over WebSocket at `/mqtt`. */
import cookie from "@fastify/cookie";
import etag from "@fastify/etag";
import helmet, { type FastifyHelmetOptions } from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import websocket from "@fastify/websocket";
import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { createWebSocketStream } from "ws";
import type { DeviceUpdates } from "../devices/device-updates.ts";
import type { DeviceWatch } from "../devices/device-watch.ts";
import type { ImageFolder } from "../devices/image-folder.ts";
import type { Directory } from "../directory/directory.ts";
import type { ForeignBroker } from "../foreign-broker/foreign-broker.ts";
import type { Accounts } from "../identity/accounts.ts";
import { originOfRequest } from "../identity/client-address.ts";
import type { LoginGuard } from "../identity/login-guard.ts";
import { Sessions } from "../identity/sessions.ts";
import { authorityOf, type Certificate } from "../mqtt-server/mqtt-listener.ts";
import type { StationBroker } from "../mqtt-server/station-broker.ts";
import type { Webhooks } from "../outgoing/webhooks.ts";
import type { UploadedPictures } from "../pictures/uploaded-pictures.ts";
import type { TopicRules } from "../policy/topic-rules.ts";
import { Viewing } from "../policy/viewing.ts";
import type { PushIntake } from "../push/push-intake.ts";
import type { PushService } from "../push/push-service.ts";
import type { MailServer } from "../senders/mail-server.ts";
import type { EventHub } from "../shared/event-hub.ts";
import { MQTT_PACKET_BYTES_MAX, REQUEST_BYTES_MAX, REQUEST_MS_MAX, WEB_SOCKETS_MAX } from "../shared/limits.ts";
import type { MessageBroker } from "../shared/message-broker.ts";
import type { StoreHealth } from "../store/store-health.ts";
import { addApiSchemas, describeSchemaError, errorAnswers } from "./api-schemas.ts";
import { addAuthentication } from "./authentication.ts";
import type { ConsolePage } from "./console-page.ts";
import { errorWords } from "./error-words.ts";
import { compileLazily } from "./lazy-compilers.ts";
import { addOpenApi } from "./openapi.ts";
import { removalBy } from "./removal.ts";
import { crossSiteRefusal, refusalOf } from "./request-guard.ts";
import { addDeviceRoutes } from "./routes/device-routes.ts";
import { addDirectoryRoutes } from "./routes/directory-routes.ts";
import { addEventRoutes } from "./routes/event-routes.ts";
import { addPagePagerRoutes } from "./routes/page-pager-routes.ts";
import { addPictureRoutes } from "./routes/picture-routes.ts";
import { addPresubscriptionRoutes } from "./routes/presubscription-routes.ts";
import { addPushRoutes } from "./routes/push-routes.ts";
import { addSenderRoutes } from "./routes/sender-routes.ts";
import { addSessionRoutes } from "./routes/session-routes.ts";
import { addTokenRoutes } from "./routes/token-routes.ts";
import { addUpdateRoutes } from "./routes/update-routes.ts";
import { addWebhookRoutes } from "./routes/webhook-routes.ts";

/** The path of MQTT over WebSocket. */
export const MQTT_PATH = "/mqtt";

/** The console loads nothing from other sites, and runs no inline script. */
const SECURITY_HEADERS: FastifyHelmetOptions = Object.freeze({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // Another service of this machine may have no TLS, and a station may lose its certificate.
  strictTransportSecurity: false,
});

const addressSchema = {
  type: "object",
  additionalProperties: false,
  required: ["env", "mqttPort"],
  properties: {
    env: { type: "string" },
    mqttPort: { type: "integer" },
    mqttsPort: {
      type: "integer",
      description: "with TLS; where there is one, `mqttPort` is for the station's own machine",
    },
    mailPort: { type: "integer", description: "of SMTP, where the station takes mails" },
    authority: {
      type: "string",
      description: "PEM of the authority of its certificate, where that stands in its own chain",
    },
    broker: {
      type: "object",
      description: "where the station is a client of another broker, which has these ports",
      additionalProperties: false,
      required: ["address", "isConnected", "lacks"],
      properties: {
        address: { type: "string", description: "such as `mqtts://broker.example.org:8883`" },
        isConnected: { type: "boolean" },
        reason: { type: "string", description: "why it is not connected" },
        protocol: { type: "string", enum: ["MQTT 5", "MQTT 3.1.1"] },
        lacks: { type: "array", items: { type: "string" }, description: "what it cannot do, and what is lost by that" },
      },
    },
  },
} as const;

/** The parts of the station that the interface uses. */
export interface ServerParts {
  readonly env: string;
  readonly mqttPort: number;
  /** With TLS. */
  readonly mqttsPort: number | undefined;
  readonly certificate: Certificate | undefined;
  /** Address that the station listens on. */
  readonly host: string;
  /** At which browsers and devices reach the station, without a slash at the end, if a proxy is before it. */
  readonly publicUrl: string | undefined;
  /** Addresses of proxies, or networks of them such as `10.0.0.0/8`. */
  readonly proxies: readonly string[];
  readonly broker: MessageBroker;
  /** That broker, if it is the station's own. */
  readonly own: StationBroker | undefined;
  /** That broker, if the station is its client. */
  readonly foreign: ForeignBroker | undefined;
  readonly pushes: PushService;
  readonly intake: PushIntake;
  readonly watch: DeviceWatch;
  readonly images: ImageFolder;
  readonly pictures: UploadedPictures;
  readonly webhooks: Webhooks;
  readonly updates: DeviceUpdates;
  readonly accounts: Accounts;
  readonly guard: LoginGuard;
  /** Undefined where the station takes no mails. */
  readonly mail: MailServer | undefined;
  readonly rules: TopicRules;
  readonly directory: Directory;
  readonly events: EventHub;
  readonly health: StoreHealth;
  readonly page: ConsolePage;
}

/** Makes the server; the caller makes it listen on `host` and closes it. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { env, host, mqttPort, mqttsPort, broker, own, foreign, pushes, intake, guard, events, page } = parts;
  const publicHost = parts.publicUrl && new URL(parts.publicUrl).host;
  // Node gives the body of a request the larger one of both times, and looks at them only from time to time.
  const timing = {
    headersTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionsCheckingInterval: REQUEST_MS_MAX / 4,
  };
  const app = fastify({
    ...(parts.certificate ? { https: { ...parts.certificate, ...timing } } : { http: timing }),
    bodyLimit: REQUEST_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    // What they say of their clients is believed, and nobody else.
    trustProxy: parts.proxies.length > 0 && [...parts.proxies],
    // Event streams never end by themselves.
    forceCloseConnections: true,
    schemaErrorFormatter: (errors, where) => describeSchemaError(errors, where),
  });
  compileLazily(app);
  // Only JSON is accepted, and pictures at one place: a form of another site can send text.
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, words } = errorWords(error, request, reply);
    void reply.code(status).send({ error: words });
  });
  await app.register(helmet, SECURITY_HEADERS);
  app.addHook("onRequest", async (request, reply) => {
    const refusal = refusalOf(request.method, request.headers, host, publicHost);
    if (refusal) return reply.code(403).send({ error: refusal });
    return undefined;
  });
  const sessions = new Sessions();
  await app.register(cookie);
  addAuthentication(app, parts.accounts, sessions, guard);
  await addOpenApi(app);
  await app.register(rateLimit, { global: false });
  addApiSchemas(app);
  addSessionRoutes(app, guard, sessions, parts.publicUrl);
  const viewing = new Viewing(parts.env, parts.rules, parts.directory, parts.accounts, pushes);
  addPushRoutes(app, pushes, intake, viewing);
  await addSenderRoutes(app, intake, parts.pictures, parts.publicUrl);
  addPictureRoutes(app, parts.pictures, parts.publicUrl);
  addEventRoutes(app, events, pushes, viewing);
  addDeviceRoutes(app, { ...parts, viewing });
  addUpdateRoutes(app, parts);
  addTokenRoutes(app, parts.accounts);
  addWebhookRoutes(app, parts.webhooks);
  const remove = removalBy(parts);
  parts.accounts.listen((name) => {
    sessions.closeAll(name);
    broker.disconnect(name, "its account is another one");
  });
  addDirectoryRoutes(app, parts.accounts, parts.directory, remove);
  const authority = parts.certificate ? { authority: authorityOf(parts.certificate) } : {};
  app.get("/api/station", {
    schema: {
      summary: "Where devices find this station",
      tags: ["devices"],
      response: { 200: { description: "Its topics begin with `env`.", ...addressSchema }, ...errorAnswers(401) },
    },
    handler: async () => ({
      env,
      mqttPort,
      mqttsPort,
      mailPort: parts.mail?.port,
      ...authority,
      ...(foreign && { broker: foreign.status }),
    }),
  });
  if (own) {
    await addMqttOverWebSocket(app, own, publicHost);
    addPagePagerRoutes(app, parts.accounts, parts.directory, remove);
  }
  addPresubscriptionRoutes(app, parts.env, parts.directory);
  app.get("/healthz", { schema: { hide: true } }, async (_request, reply) => {
    const reason = parts.health.failure;
    return reply.code(reason === undefined ? 200 : 503).send({
      ...(reason === undefined ? { status: "ok" } : { status: "failed", reason }),
      ...(foreign && { broker: foreign.status }),
      clients: own?.connectedClients,
      pushes: pushes.count,
      receipts: pushes.counters,
      refused: own?.refused,
      mails: parts.mail?.counters,
      slowReaders: own?.readers,
      unread: parts.watch.counters,
    });
  });
  await app.register(async (files) => {
    // The faces have a megabyte. A browser that has them asks whether they are still the same.
    await files.register(etag);
    for (const { path, type, content } of page.files)
      files.get(path, { schema: { hide: true } }, async (_request, reply) =>
        reply.type(type).header("cache-control", "no-cache").send(content),
      );
  });
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: "there is nothing at this address" }),
  );
  return app;
}

/** Who logs in is the broker's business. A page of another site may not even try. */
async function addMqttOverWebSocket(app: FastifyInstance, broker: StationBroker, publicHost?: string): Promise<void> {
  await app.register(websocket, {
    options: {
      // Room for one packet and its fixed header. A message may hold several smaller packets.
      maxPayload: MQTT_PACKET_BYTES_MAX + 5,
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has("mqtt") ? "mqtt" : false),
    },
    preClose: (done) => {
      for (const client of app.websocketServer.clients) client.terminate();
      app.websocketServer.close(() => done());
    },
  });
  app.route({
    method: "GET",
    url: MQTT_PATH,
    schema: { hide: true },
    handler: async (_request, reply) => reply.code(404).send({ error: "MQTT over WebSocket is here" }),
    preValidation: async ({ headers }, reply) => {
      const refusal = crossSiteRefusal(headers, publicHost);
      if (refusal) return reply.code(403).send({ error: refusal });
      const offered = (headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
      if (!offered.includes("mqtt")) return reply.code(400).send({ error: "expected the WebSocket protocol mqtt" });
      if (app.websocketServer.clients.size >= WEB_SOCKETS_MAX)
        return reply
          .code(503)
          .send({ error: `${WEB_SOCKETS_MAX} WebSockets are open, which is as many as there may be` });
      return undefined;
    },
    wsHandler: (socket, request) => broker.accept(createWebSocketStream(socket), originOfRequest(request)),
  });
}
