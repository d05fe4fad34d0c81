/** Where a client is, as far as its connection tells. */
import { Socket } from "node:net";
import type { Client } from "aedes";
import { isLoopback } from "../../node/loopback.ts";

/** The address that it connects from. */
export function addressOf(client: Client): string {
  return socketOf(client)?.remoteAddress ?? "unknown";
}

/** Whether it is on the station's own machine: it comes from loopback, or from the very address that it reached. */
export function isSameMachine(client: Client): boolean {
  return isFromHere(socketOf(client));
}

export function isFromHere(socket: Socket | undefined): boolean {
  const { remoteAddress, localAddress } = socket ?? {};
  return remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress);
}

/** Over WebSocket the socket is that of the request. */
function socketOf({ conn, req }: Client): Socket | undefined {
  return conn instanceof Socket ? conn : req?.socket;
}
