/** LILYGO T-Display: screen of 240 × 135 and two buttons. */
import type { BoardParts } from "../../board-parts.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes this global on this board. */
declare const button: Readonly<Record<"a" | "b", LevelButton>>;

export function boardParts(): BoardParts {
  return { logPin: 1, network: wifi, buttons: [levelButton(button.a, 0), levelButton(button.b, 0)] };
}
