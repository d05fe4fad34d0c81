/** `GET /api/events`: all events of the station as a stream of server-sent events. */
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AccessError } from "../../identity/access-error.ts";
import type { Viewing } from "../../policy/viewing.ts";
import type { PushService } from "../../push/push-service.ts";
import type { EventHub, StationEvent } from "../../shared/event-hub.ts";
import {
  DELIVERIES_INLINE_MAX,
  EVENT_BACKLOG_BYTES_MAX,
  EVENT_COMMENT_MS,
  EVENT_STREAMS_MAX,
  EVENT_STREAMS_PER_ACCOUNT_MAX,
} from "../../shared/limits.ts";
import { errorAnswers } from "../api-schemas.ts";
import { pushIdSchema } from "./push-routes.ts";

export function addEventRoutes(app: FastifyInstance, events: EventHub, pushes: PushService, viewing: Viewing): void {
  /** By account. */
  const open = new Map<string, number>();
  app.get("/api/events", {
    schema: {
      summary: "What happens, as server-sent events",
      description:
        "`push`: a new push. `delivery`: what has changed at one recipient: `{id, delivery, progress}`. `presence`: " +
        "`{device, presence}`. `telemetry`: `{device, readings}`. `firmware`: `{device, firmware}`. `directory`: people, devices or groups have changed. Of each what " +
        "one may see. With " +
        `\`id\` only what is of that push, and its state as it is first. A push comes with its first ${DELIVERIES_INLINE_MAX} recipients.`,
      tags: ["push"],
      querystring: { type: "object", additionalProperties: false, properties: { id: pushIdSchema } },
      response: {
        200: {
          description: "Goes on until one side ends it.",
          content: { "text/event-stream": { schema: { type: "string" } } },
        },
        ...errorAnswers(400, 401, 429, 503),
      },
    },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const { name, isAdmin } = request.account;
      const own = open.get(name) ?? 0;
      const all = [...open.values()].reduce((sum, count) => sum + count, 0);
      if (own >= EVENT_STREAMS_PER_ACCOUNT_MAX)
        throw new AccessError(429, `${own} event streams of ${name} are open, which is as many as there may be`);
      if (all >= EVENT_STREAMS_MAX && !isAdmin)
        throw new AccessError(503, `${all} event streams are open, which is as many as there may be`);
      const { id } = request.query as { id?: string };
      reply.hijack();
      open.set(name, own + 1);
      const response = reply.raw;
      const headers = reply.getHeaders() as Record<string, string>;
      response.writeHead(200, {
        ...headers,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
      });
      response.write("retry: 1000\n\n");
      // Events that happen while the state is read come after it.
      const early: StationEvent[] = [];
      let take = (event: StationEvent): void => {
        early.push(event);
      };
      const stopListening = events.listen((event) => {
        if (id !== undefined && idOf(event) !== id) return;
        const seen = viewing.event(request.account, event);
        if (seen) take(seen);
      });
      const timer = setInterval(() => response.write(": still here\n\n"), EVENT_COMMENT_MS);
      const stopWatching = app.whenLoggedOut(request, () => response.end());
      response.on("close", () => {
        stopWatching();
        const left = (open.get(name) ?? 1) - 1;
        if (left > 0) open.set(name, left);
        else open.delete(name);
        clearInterval(timer);
        stopListening();
      });
      try {
        const push = id === undefined ? undefined : pushes.get(id);
        const seen = push && (await viewing.push(request.account, push, DELIVERIES_INLINE_MAX));
        if (seen) sendEvent(response, { type: "push", push: seen });
      } catch (error) {
        // The answer has begun, so no error can be sent. The stream ends; otherwise it would stand still and collect events.
        response.end();
        console.error(`GET ${request.url}: ${error instanceof Error ? error.message : error}`);
        return;
      }
      take = (event) => sendEvent(response, event);
      for (const event of early) take(event);
    },
  });
}

function idOf(event: StationEvent): string | undefined {
  return event.type === "push" ? event.push.id : event.type === "delivery" ? event.id : undefined;
}

function sendEvent(response: ServerResponse, event: StationEvent): void {
  const { type, ...rest } = event;
  const data = event.type === "push" ? event.push : rest;
  response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  if (response.writableLength > EVENT_BACKLOG_BYTES_MAX) response.destroy();
}
