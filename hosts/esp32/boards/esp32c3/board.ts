/** A development board with a bare ESP32-C3: no screen, a button on pin 0, and a light (NeoPixel) on pin 8. */
import type { BoardParts } from "../../board-parts.ts";
import { type PushButtonMaker, pushButton } from "../../parts/buttons.ts";
import { chipTemperature } from "../../parts/chip-temperature.ts";
import { Light, type LightMaker } from "../../parts/light.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { deepSleep } from "../../parts/sleep.ts";
import { wifi } from "../../wifi.ts";

/** The button. */
const WAKE_PIN = 0;

/** The SDK makes this global on this board. */
declare const Host: {
  readonly Button: { readonly Default: PushButtonMaker };
  readonly LED: { readonly Default: LightMaker };
};

export function boardParts(): BoardParts {
  return {
    logPin: 21,
    network: wifi,
    sensors: [chipTemperature],
    buttons: [pushButton(Host.Button.Default)],
    sleep: deepSleep({ wake: WAKE_PIN }),
    lightSleep,
    light: () => new Light(Host.LED.Default),
  };
}
