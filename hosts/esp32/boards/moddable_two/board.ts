/** Moddable Two: screen of 240 × 320 and one button. */
import type { BoardParts } from "../../board-parts.ts";
import { type PushButtonMaker, pushButton } from "../../parts/buttons.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes this global on this board. */
declare const Host: {
  readonly Button: { readonly Default: PushButtonMaker };
  /** 0 to 100 percent. */
  readonly Backlight: new (
    percent: number,
  ) => { write(percent: number): void };
};

export function boardParts(): BoardParts {
  let light: InstanceType<typeof Host.Backlight> | undefined;
  return {
    logPin: 1,
    network: wifi,
    lightSleep,
    backlight: (percent) => {
      light ??= new Host.Backlight(percent);
      light.write(percent);
    },
    buttons: [pushButton(Host.Button.Default)],
  };
}
