/**
 * M5Stack Core (Basic, Gray, Fire): screen of 320 × 240 with three buttons below it. Its speaker is not driven: the
 * SDK's driver takes memory that the board needs for TLS, and does not give it back.
 */
import Digital from "pins/digital";
import type { BoardParts } from "../../board-parts.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { wifi } from "../../wifi.ts";

/** On while the pin is high. It cannot be dimmed. */
const LIGHT_PIN = 32;

/** The SDK makes this global on this board. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    backlight: (percent) => Digital.write(LIGHT_PIN, percent > 0 ? 1 : 0),
    buttons: [levelButton(button.a, 0), levelButton(button.b, 0), levelButton(button.c, 0)],
  };
}
