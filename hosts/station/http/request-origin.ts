import type { FastifyRequest } from "fastify";

/** The station's own address, as whoever makes this request has reached it, without a slash at the end. */
export function originOf({ protocol, headers }: FastifyRequest): string {
  return `${protocol}://${headers.host ?? ""}`;
}
