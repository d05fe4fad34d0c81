/** How many pushes an account may send in a minute, by whichever route. An administrator may send any number. */
import type { RateLimitOptions } from "@fastify/rate-limit";
import { AccessError } from "../identity/access-error.ts";
import { PUSHES_PER_ACCOUNT_A_MINUTE } from "../shared/limits.ts";

/** For `config.rateLimit` of a route. */
export function pushRate(): RateLimitOptions {
  return {
    max: PUSHES_PER_ACCOUNT_A_MINUTE,
    timeWindow: 60_000,
    // Its account is known by then. All routes share its count.
    hook: "preHandler",
    groupId: "pushes",
    keyGenerator: ({ account }) => account.name,
    allowList: ({ account }) => account.isAdmin,
    errorResponseBuilder: (_request, { max, after }) =>
      new AccessError(429, `${max} pushes a minute are as many as an account may send: wait ${after}`),
  };
}
