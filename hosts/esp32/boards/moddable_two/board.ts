/** Moddable Two: screen of 240 × 320 and one button. */
import type { BoardParts } from "../../board-parts.ts";
import { type PushButtonMaker, pushButton } from "../../parts/buttons.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes this global on this board. */
declare const Host: { readonly Button: { readonly Default: PushButtonMaker } };

export function boardParts(): BoardParts {
  return { logPin: 1, network: wifi, buttons: [pushButton(Host.Button.Default)] };
}
