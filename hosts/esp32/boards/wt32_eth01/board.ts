/** WT32-ETH01: a bare ESP32 with a socket for Ethernet. No screen, no button. It has free pins, and its radio is free to hear sensors. */
import type { BoardParts } from "../../board-parts.ts";
import { ethernet } from "../../ethernet.ts";
import { bthome } from "../../parts/bthome.ts";
import { inputs } from "../../parts/inputs.ts";
import { sht3x } from "../../parts/sht3x.ts";

export function boardParts(): BoardParts {
  return { logPin: 1, network: ethernet, sensorParts: [inputs, bthome, sht3x] };
}
