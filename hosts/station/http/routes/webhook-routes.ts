/** The HTTP interface of webhooks, by which programs hear of the receipts of an account's pushes. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AccessError } from "../../identity/access-error.ts";
import type { Webhooks } from "../../outgoing/webhooks.ts";
import { HOOK_TESTS_PER_ACCOUNT_A_MINUTE, PUSH_ADDRESS_CHARACTERS_MAX } from "../../shared/limits.ts";
import type { ReceiptStatus } from "../../shared/push.ts";
import { RECEIPT_STATUSES } from "../../shared/webhook.ts";
import { perMinute } from "../account-rate.ts";
import { errorAnswers } from "../api-schemas.ts";

const closed = { type: "object", additionalProperties: false } as const;
const states = {
  type: "array",
  minItems: 1,
  uniqueItems: true,
  items: { type: "string", enum: RECEIPT_STATUSES },
  description: "the receipts that it hears of; all when left out",
} as const;
const url = { type: "string", minLength: 8, maxLength: PUSH_ADDRESS_CHARACTERS_MAX } as const;
const happening = {
  ...closed,
  required: ["atMs", "words"],
  properties: { atMs: { type: "integer" }, words: { type: "string", description: "such as `answered 200`" } },
} as const;
const webhookSchema = {
  ...closed,
  required: ["id", "account", "url", "states", "createdAtMs", "waiting", "lost"],
  properties: {
    id: { type: "string" },
    account: { type: "string", description: "it hears of the pushes of this account" },
    url,
    states,
    createdAtMs: { type: "integer" },
    waiting: { type: "integer", description: "events that it was not told yet" },
    lost: { type: "integer", description: "events that it was never told: they were too old, or too many" },
    taken: { ...happening, description: "the last that it took" },
    failed: { ...happening, description: "the last that it did not take" },
  },
} as const;
const byId = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string", minLength: 1, maxLength: 64 } },
} as const;

export function addWebhookRoutes(app: FastifyInstance, webhooks: Webhooks): void {
  app.get("/api/webhooks", {
    schema: {
      summary: "One's own webhooks; an administrator sees all",
      tags: ["webhooks"],
      response: {
        200: {
          description: "Without their secrets.",
          ...closed,
          required: ["webhooks"],
          properties: { webhooks: { type: "array", items: webhookSchema } },
        },
        ...errorAnswers(401),
      },
    },
    handler: async (request) => ({ webhooks: webhooksFor(webhooks, request) }),
  });
  app.post("/api/webhooks", {
    schema: {
      summary: "Be told of each receipt of one's own pushes",
      description:
        "The station sends `POST` with `{type, timestamp, data}`, such as `push.answered`, signed as the Standard Webhooks " +
        "specification says, until it is answered with a status from 200 to 299.",
      tags: ["webhooks"],
      body: { ...closed, required: ["url"], properties: { url, states } },
      response: {
        201: {
          description: "The secret that signs it, told this once.",
          ...closed,
          required: ["id", "secret"],
          properties: { id: { type: "string" }, secret: { type: "string", description: "`whsec_` and base64" } },
        },
        ...errorAnswers(400, 401, 403, 404, 409, 503),
      },
    },
    handler: async (request, reply) => {
      const { url, states = RECEIPT_STATUSES } = request.body as { url: string; states?: readonly ReceiptStatus[] };
      return reply.code(201).send(await webhooks.add(request.account.name, url, states));
    },
  });
  app.delete("/api/webhooks/:id", {
    schema: {
      summary: "End a webhook",
      tags: ["webhooks"],
      params: byId,
      response: {
        204: { description: "It is told nothing more.", type: "null" },
        ...errorAnswers(401, 403, 404, 503),
      },
    },
    handler: async (request, reply) => {
      await webhooks.remove(idFor(webhooks, request));
      return reply.code(204).send();
    },
  });
  app.post("/api/webhooks/:id/test", {
    config: { rateLimit: perMinute(HOOK_TESTS_PER_ACCOUNT_A_MINUTE, "tests") },
    schema: {
      summary: "Send a webhook something of the type `test`, once",
      tags: ["webhooks"],
      params: byId,
      response: {
        200: {
          description: "What came of it.",
          ...closed,
          required: ["isTaken", "words"],
          properties: { isTaken: { type: "boolean" }, words: { type: "string" } },
        },
        ...errorAnswers(401, 403, 404, 429),
      },
    },
    handler: async (request) => {
      const { result, words } = await webhooks.test(idFor(webhooks, request));
      return { isTaken: result === "taken", words };
    },
  });
}

function webhooksFor(webhooks: Webhooks, { account }: FastifyRequest) {
  return webhooks.list(account.isAdmin ? undefined : account.name);
}

/** One of another account is answered as if it did not exist. */
function idFor(webhooks: Webhooks, request: FastifyRequest): string {
  const { id } = request.params as { id: string };
  if (!webhooksFor(webhooks, request).some((hook) => hook.id === id))
    throw new AccessError(404, `there is no webhook ${JSON.stringify(id)}`);
  return id;
}
