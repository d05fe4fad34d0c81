/** How often an account may call a route in a minute. */
import type { RateLimitOptions } from "@fastify/rate-limit";
import type { preHandlerAsyncHookHandler } from "fastify";
import { AccessError } from "../identity/access-error.ts";
import type { PushIntake } from "../push/push-intake.ts";

/**
 * For `config.rateLimit` of a route. It counts before the body is read.
 * @param what is asked for so often, in the plural
 */
export function perMinute(max: number, what: string): RateLimitOptions {
  return {
    max,
    timeWindow: 60_000,
    hook: "onRequest",
    keyGenerator: ({ account }) => account.name,
    errorResponseBuilder: (_request, { after }) =>
      new AccessError(429, `${max} ${what} a minute are as many as an account may send: wait ${after}`),
  };
}

/** For `preHandler` of each route by which pushes come. Only requests whose form is right count. */
export function pushRate(intake: PushIntake): preHandlerAsyncHookHandler {
  return async ({ account }) => intake.count(account);
}
