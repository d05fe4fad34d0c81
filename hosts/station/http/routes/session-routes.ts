/** Login and logout at the console: `/api/session`. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { UID_BYTES_MAX } from "../../../../src/limits.ts";
import { AccessError } from "../../identity/access-error.ts";
import type { LoginGuard } from "../../identity/login-guard.ts";
import type { Sessions } from "../../identity/sessions.ts";
import { PASSWORD_BYTES_MAX } from "../../shared/limits.ts";
import { errorAnswers } from "../api-schemas.ts";
import { sessionTokenOf, setSessionCookie } from "../authentication.ts";

const sessionSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "isAdmin"],
  properties: { name: { type: "string" }, isAdmin: { type: "boolean" } },
} as const;

/** @param publicUrl at which browsers reach the station, if a proxy is before it */
export function addSessionRoutes(
  app: FastifyInstance,
  guard: LoginGuard,
  sessions: Sessions,
  publicUrl: string | undefined,
): void {
  const isSecure = ({ protocol }: FastifyRequest) => protocol === "https" || publicUrl?.startsWith("https:") === true;
  app.get("/api/session", {
    schema: {
      summary: "Who is logged in",
      tags: ["session"],
      response: { 200: { description: "The account.", ...sessionSchema }, ...errorAnswers(401) },
    },
    handler: async (request) => {
      const { name, isAdmin } = request.account;
      return { name, isAdmin };
    },
  });
  app.post("/api/session", {
    schema: {
      summary: "Log in at the console",
      description: "Answers with a cookie. Programs use a token instead.",
      tags: ["session"],
      security: [],
      body: {
        type: "object",
        additionalProperties: false,
        required: ["name", "password"],
        properties: {
          name: { type: "string", minLength: 1, maxLength: UID_BYTES_MAX },
          password: { type: "string", minLength: 1, maxLength: PASSWORD_BYTES_MAX },
        },
      },
      response: { 200: { description: "Logged in.", ...sessionSchema }, ...errorAnswers(400, 401, 403, 415, 429, 503) },
    },
    handler: async (request, reply) => {
      const { name, password } = request.body as { name: string; password: string };
      const account = await guard.logIn(name, password, request.ip);
      if (account === "held") throw new AccessError(429, "too many wrong passwords: wait a minute");
      if (account === "wrong" || account.kind === "device") throw new AccessError(401, "name or password is wrong");
      const former = sessionTokenOf(request);
      if (former !== undefined) sessions.close(former);
      const token = sessions.open(account.name, Date.now());
      setSessionCookie(reply, token, isSecure(request));
      return { name: account.name, isAdmin: account.isAdmin };
    },
  });
  app.delete("/api/session", {
    schema: {
      summary: "Log out",
      tags: ["session"],
      response: { 204: { description: "Logged out.", type: "null" }, ...errorAnswers(401, 403) },
    },
    handler: async (request, reply) => {
      const token = sessionTokenOf(request);
      if (token !== undefined) sessions.close(token);
      setSessionCookie(reply, undefined, isSecure(request));
      return reply.code(204).send();
    },
  });
}
