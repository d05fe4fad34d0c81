/** How often an account may call a route in a minute. */
import type { RateLimitOptions } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { AccessError } from "../identity/access-error.ts";
import { PUSHES_PER_ACCOUNT_A_MINUTE } from "../shared/limits.ts";

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

/** Of all routes together by which pushes come. An administrator may send any number. */
export const PUSH_RATE: RateLimitOptions = Object.freeze({
  ...perMinute(PUSHES_PER_ACCOUNT_A_MINUTE, "pushes"),
  allowList: ({ account }: FastifyRequest) => account.isAdmin,
});
