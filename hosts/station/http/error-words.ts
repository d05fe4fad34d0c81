/** What an answer says of an error. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { RETRY_AFTER_SECONDS } from "../shared/limits.ts";

/** Logs what is the station's own fault, and says when to ask again where that helps. */
export function errorWords(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): { readonly status: number; readonly words: string } {
  const status = error.statusCode ?? 500;
  const { retryAfterSeconds = RETRY_AFTER_SECONDS } = error as { readonly retryAfterSeconds?: number };
  if (status === 429 && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfterSeconds);
  if (status !== 500) return { status, words: error.message };
  console.error(`${request.method} ${request.routeOptions.url}: ${error.stack ?? error.message}`);
  return { status, words: "the station could not do it; its log says why" };
}
