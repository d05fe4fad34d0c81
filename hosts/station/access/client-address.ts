/** Where a client connects from. */
import { Socket } from "node:net";
import type { Client } from "aedes";
import { isLoopback } from "../../node/loopback.ts";

/** The client's address. */
export function addressOf(client: Client): string {
  return socketOf(client)?.remoteAddress ?? "unknown";
}

/** Whether the client is on the station's machine: its address is loopback, or equals the address that it has reached. */
export function isSameMachine(client: Client): boolean {
  return isFromHere(socketOf(client));
}

export function isFromHere(socket: Socket | undefined): boolean {
  const { remoteAddress, localAddress } = socket ?? {};
  return remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress);
}

/** A client over WebSocket has the socket of its HTTP request. */
function socketOf({ conn, req }: Client): Socket | undefined {
  return conn instanceof Socket ? conn : req?.socket;
}
