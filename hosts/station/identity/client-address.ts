/** Where a client comes from. */
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import { isLoopback } from "../../common/loopback.ts";

export interface Origin {
  readonly address: string;
  /** It is on the station's machine: its address is loopback, or equals the address that it has reached. */
  readonly isHere: boolean;
}

/** The other end of a connection. */
export function originOf({ remoteAddress, localAddress }: Pick<Socket, "remoteAddress" | "localAddress">): Origin {
  if (remoteAddress === undefined) return { address: "unknown", isHere: false };
  return { address: remoteAddress, isHere: isLoopback(remoteAddress) || remoteAddress === localAddress };
}

/** Who has sent a request. A proxy that the station was told of says it for its clients, which are never on this machine. */
export function originOfRequest({ ip, socket }: Pick<FastifyRequest, "ip" | "socket">): Origin {
  const origin = originOf(socket);
  return ip === origin.address ? origin : { address: ip, isHere: false };
}
