/** WT32-ETH01: a bare ESP32 with a socket for Ethernet. No screen, no button. */
import type { BoardParts } from "../../board-parts.ts";
import { ethernet } from "../../ethernet.ts";

export function boardParts(): BoardParts {
  return { logPin: 1, network: ethernet };
}
