/** Where a client connects from. */
import type { Socket } from "node:net";
import { isLoopback } from "../../node/loopback.ts";

/** The address at the other end. */
export function addressOf(socket: Socket | undefined): string {
  return socket?.remoteAddress ?? "unknown";
}

/** Whether the other end is on the station's machine: its address is loopback, or equals the address that it has reached. */
export function isFromHere(socket: Socket | undefined): boolean {
  const { remoteAddress, localAddress } = socket ?? {};
  return remoteAddress !== undefined && (isLoopback(remoteAddress) || remoteAddress === localAddress);
}
