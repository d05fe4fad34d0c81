/**
 * M5Stack Core (Basic, Gray, Fire): screen of 320 × 240 with three buttons below it. Its speaker is not driven: on
 * the emulated board the driver took 17 KB of memory and did not give it back, and pages waited.
 */
import type { BoardParts } from "../../board-parts.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes this global on this board. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    buttons: [levelButton(button.a, 0), levelButton(button.b, 0), levelButton(button.c, 0)],
  };
}
