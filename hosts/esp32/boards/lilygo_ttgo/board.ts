/** LILYGO T-Display: screen of 240 × 135 and two buttons. */
import Digital from "pins/digital";
import type { BoardParts } from "../../board-parts.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { wifi } from "../../wifi.ts";

/** On while the pin is high. It cannot be dimmed. */
const LIGHT_PIN = 4;

/** The SDK makes this global on this board. */
declare const button: Readonly<Record<"a" | "b", LevelButton>>;

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    lightSleep,
    backlight: (percent) => Digital.write(LIGHT_PIN, percent > 0 ? 1 : 0),
    buttons: [levelButton(button.a, 0), levelButton(button.b, 0)],
  };
}
