/** The HTTP interface of pushes: `POST /api/push`, `GET /api/pushes`, `GET /api/events`. */
import type { ServerResponse } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isUid } from "../../src/payload/uid.ts";
import type { Push, PushRequest } from "./push.ts";
import { PushRefused, type PushService } from "./push-service.ts";
import { EVENT_BACKLOG_BYTES_MAX, EVENT_COMMENT_MS, EVENT_STREAMS_MAX, PUSH_LIST_MAX } from "./station-limits.ts";

/** What a text of a push may not hold: the halves of characters, which UTF-8 cannot say, and U+0000. */
const TEXT_PATTERN = "^[^\\u0000]*$";

const pushSchema = {
  type: "object",
  additionalProperties: false,
  required: ["to", "text"],
  properties: {
    to: { type: "string", minLength: 1, maxLength: 64 },
    text: { type: "string", minLength: 1, maxLength: 4_000, pattern: TEXT_PATTERN },
    title: { type: "string", minLength: 1, maxLength: 200, pattern: TEXT_PATTERN },
    priority: { type: "integer", minimum: 1, maximum: 5 },
    expirySeconds: { type: "integer", minimum: 1, maximum: 31_536_000 },
    collapseKey: { type: "string", minLength: 1, maxLength: 64, pattern: TEXT_PATTERN },
    uri: { type: "string", minLength: 1, maxLength: 1_000, pattern: TEXT_PATTERN },
    choices: {
      type: "array",
      minItems: 1,
      maxItems: 3,
      items: { type: "string", minLength: 1, maxLength: 40, pattern: TEXT_PATTERN },
    },
  },
} as const;

const headersSchema = {
  type: "object",
  properties: { "idempotency-key": { type: "string", minLength: 1, maxLength: 128 } },
} as const;

const idQuerySchema = {
  type: "object",
  additionalProperties: false,
  properties: { id: { type: "string", minLength: 1, maxLength: 23 } },
} as const;

/** Adds the routes. Every error is answered as `{"error": "<field>: <what is wrong>"}`. */
export function addPushRoutes(app: FastifyInstance, pushes: PushService): void {
  app.setErrorHandler((error: FastifyError | PushRefused, request, reply) => {
    const statusCode = error.statusCode ?? 500;
    if (statusCode >= 500 && !(error instanceof PushRefused))
      console.error(`${request.method} ${request.url}: ${error.message}`);
    const text = statusCode === 500 ? "the station could not do it; its log says why" : error.message;
    void reply.code(statusCode).send({ error: text });
  });
  app.post("/api/push", {
    schema: { body: pushSchema, headers: headersSchema },
    handler: async (request, reply) => {
      const body = request.body as PushRequest;
      if (!isUid(body.to))
        throw new PushRefused(400, "to: expected 1 to 64 bytes without /, +, # and control characters");
      const push = await pushes.push(body, request.headers["idempotency-key"] as string | undefined);
      return reply.code(202).send({ id: push.id });
    },
  });
  app.get("/api/pushes", {
    schema: { querystring: idQuerySchema },
    handler: async (request) => {
      const { id } = request.query as { id?: string };
      const found =
        id === undefined ? pushes.list(PUSH_LIST_MAX) : [pushes.get(id)].filter((push) => push !== undefined);
      return { pushes: found };
    },
  });
  addEventStream(app, pushes);
}

/** Says of a schema's error which field it is and what is expected there. */
export function describeSchemaError(
  errors: readonly { instancePath: string; message?: string; params: Record<string, unknown> }[],
  where: string,
): Error {
  const [first] = errors;
  const path = (first?.instancePath ?? "").slice(1).replaceAll("/", ".");
  const missing = first?.params.missingProperty;
  const unknown = first?.params.additionalProperty;
  if (typeof missing === "string") return new Error(`${missing}: is missing`);
  if (typeof unknown === "string") return new Error(`${unknown}: there is no such field`);
  if (first?.params.pattern === TEXT_PATTERN) return new Error(`${path}: may not hold U+0000`);
  return new Error(`${path || where}: ${first?.message ?? "is not valid"}`);
}

function addEventStream(app: FastifyInstance, pushes: PushService): void {
  let open = 0;
  app.get("/api/events", {
    schema: { querystring: idQuerySchema },
    handler: (request: FastifyRequest, reply: FastifyReply) => {
      if (open >= EVENT_STREAMS_MAX) {
        void reply
          .code(503)
          .send({ error: `${EVENT_STREAMS_MAX} event streams are open, which is as many as there may be` });
        return;
      }
      const { id } = request.query as { id?: string };
      reply.hijack();
      const response = reply.raw;
      open += 1;
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.write("retry: 1000\n\n");
      const stopListening = pushes.listen((push) => {
        if (id === undefined || push.id === id) sendEvent(response, push);
      });
      // The state as it is, so that nothing is missed between the push and this request.
      const now = id === undefined ? undefined : pushes.get(id);
      if (now) sendEvent(response, now);
      const timer = setInterval(() => response.write(": still here\n\n"), EVENT_COMMENT_MS);
      response.on("close", () => {
        open -= 1;
        clearInterval(timer);
        stopListening();
      });
    },
  });
}

function sendEvent(response: ServerResponse, push: Push): void {
  response.write(`event: push\ndata: ${JSON.stringify(push)}\n\n`);
  if (response.writableLength > EVENT_BACKLOG_BYTES_MAX) response.destroy();
}
