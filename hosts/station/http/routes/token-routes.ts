/** The HTTP interface of tokens, which programs send in place of a login. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AccessError } from "../../identity/access-error.ts";
import type { Accounts, TokenInfo } from "../../identity/accounts.ts";
import { TOKEN_LABEL_CHARACTERS_MAX } from "../../shared/limits.ts";
import { errorAnswers, TEXT_PATTERN } from "../api-schemas.ts";

const closed = { type: "object", additionalProperties: false } as const;
const label = { type: "string", minLength: 1, maxLength: TOKEN_LABEL_CHARACTERS_MAX, pattern: TEXT_PATTERN } as const;
const tokenInfoSchema = {
  ...closed,
  required: ["id", "owner", "label", "createdAtMs"],
  properties: {
    id: { type: "string" },
    owner: { type: "string", description: "the account that it stands for" },
    label,
    createdAtMs: { type: "integer" },
  },
} as const;

export function addTokenRoutes(app: FastifyInstance, accounts: Accounts): void {
  app.get("/api/tokens", {
    schema: {
      summary: "One's own tokens; an administrator sees all",
      tags: ["session"],
      response: {
        200: {
          description: "Without the tokens themselves, of which only hashes are kept.",
          ...closed,
          required: ["tokens"],
          properties: { tokens: { type: "array", items: tokenInfoSchema } },
        },
        ...errorAnswers(401),
      },
    },
    handler: async (request) => ({ tokens: tokensFor(accounts, request) }),
  });
  app.post("/api/tokens", {
    schema: {
      summary: "Make a token that stands for one's own account",
      tags: ["session"],
      body: { ...closed, required: ["label"], properties: { label } },
      response: {
        201: {
          description: "The token, told this once.",
          ...closed,
          required: ["token"],
          properties: { token: { type: "string" } },
        },
        ...errorAnswers(400, 401, 403, 404, 409),
      },
    },
    handler: async (request, reply) => {
      const token = await accounts.issueToken(request.account.name, (request.body as { label: string }).label);
      return reply.code(201).send({ token });
    },
  });
  app.delete("/api/tokens/:id", {
    schema: {
      summary: "End a token",
      tags: ["session"],
      params: { type: "object", required: ["id"], properties: { id: { type: "string", minLength: 1, maxLength: 64 } } },
      response: {
        204: { description: "It is worth nothing from now on.", type: "null" },
        ...errorAnswers(401, 403, 404),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params as { id: string };
      // A token of another account is answered as if it did not exist.
      if (!tokensFor(accounts, request).some((token) => token.id === id))
        throw new AccessError(404, `there is no token ${JSON.stringify(id)}`);
      await accounts.revokeToken(id);
      return reply.code(204).send();
    },
  });
}

function tokensFor(accounts: Accounts, { account }: FastifyRequest): readonly TokenInfo[] {
  const tokens = accounts.listTokens();
  return account.isAdmin ? tokens : tokens.filter(({ owner }) => owner === account.name);
}
