/**
 * A development board with an ESP32-C3 and a screen of 240 × 320 (ILI9341) that is wired to it. The pins of the screen stand in
 * `manifest.json`: clock 6, data 7, chip select 10, data or command 5, reset 4, backlight 3. Three buttons connect pins 0, 1 and 9
 * to ground. Pin 9 is the boot button of the board. The light (NeoPixel) is on pin 8.
 */
import type { BoardParts } from "../../board-parts.ts";
import { chipTemperature } from "../../parts/chip-temperature.ts";
import { Light, type LightMaker } from "../../parts/light.ts";
import { pinButton } from "../../parts/pin-button.ts";
import { wifi } from "../../wifi.ts";

/** The SDK makes this global on this board. */
declare const Host: { readonly LED: { readonly Default: LightMaker } };

export function boardParts(): BoardParts {
  return {
    logPin: 21,
    network: wifi,
    sensors: [chipTemperature],
    buttons: [pinButton(0), pinButton(1), pinButton(9)],
    light: () => new Light(Host.LED.Default),
  };
}
