/** The HTTP interface of pushes: `POST /api/push`, `GET /api/pushes`, `GET /api/pushes/{id}`. */
import type { FastifyInstance } from "fastify";
import type { Viewing } from "../../policy/viewing.ts";
import type { PushIntake } from "../../push/push-intake.ts";
import { PushRefused } from "../../push/push-refused.ts";
import type { PushService } from "../../push/push-service.ts";
import {
  DELIVERIES_INLINE_MAX,
  DELIVERIES_LIST_MAX,
  IDEMPOTENCY_KEY_CHARACTERS_MAX,
  PUSH_LIST_DEFAULT,
  PUSH_LIST_MAX,
} from "../../shared/limits.ts";
import type { Push, PushRequest } from "../../shared/push.ts";
import { pushRate } from "../account-rate.ts";
import { errorAnswers } from "../api-schemas.ts";

export const pushIdSchema = { type: "string", pattern: "^[a-z0-9]{1,23}$" } as const;

export function addPushRoutes(app: FastifyInstance, pushes: PushService, intake: PushIntake, viewing: Viewing): void {
  app.post("/api/push", {
    preHandler: pushRate(intake),
    schema: {
      summary: "Send a push",
      description:
        "Accepted means: it is on the station's disk and goes out as soon as the device can be reached. " +
        "Give an `Idempotency-Key` to be able to ask again after a lost answer: for 24 hours the same key with the same body " +
        "gives the same answer and sends nothing, and with another body status 422.",
      tags: ["push"],
      headers: {
        type: "object",
        properties: {
          "idempotency-key": {
            type: "string",
            minLength: 1,
            maxLength: IDEMPOTENCY_KEY_CHARACTERS_MAX,
            pattern: "^[\\x21-\\x7e]*$",
          },
        },
      },
      body: { $ref: "PushRequest#" },
      response: {
        202: {
          description: "Accepted.",
          type: "object",
          additionalProperties: false,
          required: ["id"],
          properties: { id: { type: "string", description: "names the push in the history and in receipts" } },
        },
        ...errorAnswers(400, 401, 403, 404, 413, 415, 422, 429, 503),
      },
    },
    handler: async (request, reply) => {
      const idempotencyKey = request.headers["idempotency-key"] as string | undefined;
      const { id, isReplayed } = await intake.take(request.account, request.body as PushRequest, { idempotencyKey });
      if (isReplayed) reply.header("idempotency-replayed", "true");
      return reply.code(202).send({ id });
    },
  });
  app.get("/api/pushes", {
    schema: {
      summary: "The history, newest first",
      description:
        "Of those that one sent, or that went to a device of one's own, the latter without the other recipients. An " +
        "administrator sees all of them.",
      tags: ["push"],
      querystring: {
        type: "object",
        additionalProperties: false,
        properties: {
          limit: { type: "string", pattern: "^[1-9][0-9]{0,2}$", description: `how many, at most ${PUSH_LIST_MAX}` },
          before: { ...pushIdSchema, description: "only those that are older than this one" },
        },
      },
      response: {
        200: {
          description: `Each with its first ${DELIVERIES_INLINE_MAX} recipients.`,
          type: "object",
          additionalProperties: false,
          required: ["pushes"],
          properties: { pushes: { type: "array", items: { $ref: "Push#" } } },
        },
        ...errorAnswers(400, 401),
      },
    },
    handler: async (request) => {
      const { limit, before } = request.query as { limit?: string; before?: string };
      const max = Math.min(Number(limit ?? PUSH_LIST_DEFAULT), PUSH_LIST_MAX);
      const see = (push: Push) => viewing.push(request.account, push, DELIVERIES_INLINE_MAX);
      return { pushes: await pushes.list(max, before, see) };
    },
  });
  app.get("/api/pushes/:id", {
    schema: {
      summary: "One push with all its recipients",
      tags: ["push"],
      params: { type: "object", required: ["id"], properties: { id: pushIdSchema } },
      response: { 200: { description: "The push.", $ref: "Push#" }, ...errorAnswers(400, 401, 404) },
    },
    handler: async (request) => {
      const push = pushes.get((request.params as { id: string }).id);
      const seen = push && (await viewing.push(request.account, push, DELIVERIES_LIST_MAX));
      // A push of another account is answered as if it did not exist.
      if (!push || !seen) throw noSuchPush();
      return seen;
    },
  });
  app.delete("/api/pushes/:id", {
    schema: {
      summary: "Take back a push that one sent; an administrator anyone's",
      description:
        "Who has not got it gets it no more. From a device that has it, it is removed when the device hears of it. The history keeps it.",
      tags: ["push"],
      params: { type: "object", required: ["id"], properties: { id: pushIdSchema } },
      response: {
        204: { description: "It is on the station's disk that it is taken back.", type: "null" },
        ...errorAnswers(400, 401, 403, 404, 503),
      },
    },
    handler: async (request, reply) => {
      const push = pushes.get((request.params as { id: string }).id);
      if (!push || !(await viewing.push(request.account, push, 1))) throw noSuchPush();
      if (!viewing.seesAllOf(request.account, push)) throw new PushRefused(403, "id: only who has sent it may do this");
      await pushes.takeBack(push);
      return reply.code(204).send();
    },
  });
}

function noSuchPush(): PushRefused {
  return new PushRefused(404, "id: there is no such push, or no more");
}
