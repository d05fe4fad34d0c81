import { isIP, type Socket } from "node:net";
import type { OpeningPhase } from "../../src/gateway/opening.ts";

/** Reports which step of its opening a socket of Node has reached. An address needs no name server. The step after TCP differs. */
export function followOpening(
  socket: Socket,
  host: string,
  { isSecure, isWebSocket }: { readonly isSecure: boolean; readonly isWebSocket: boolean },
  tell: (phase: OpeningPhase) => void,
): void {
  const isAddress = isIP(host) !== 0;
  process.nextTick(tell, isAddress ? "connect" : "resolve");
  if (!isAddress) socket.once("lookup", () => tell("connect"));
  if (isSecure) socket.once("connect", () => tell("tls"));
  if (isWebSocket) socket.once(isSecure ? "secureConnect" : "connect", () => tell("upgrade"));
}
