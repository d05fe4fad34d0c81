/** M5Paper: e-paper of 960 × 540, a wheel that turns two ways and is pressed, and a battery. */
import type { BoardParts } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { type PushButtonMaker, pushButton } from "../../parts/buttons.ts";
import { deepSleep } from "../../parts/sleep.ts";
import { wifi } from "../../wifi.ts";

/** The wheel when it is pressed. */
const WAKE_PIN = 38;
/** Without it a board that runs on its battery switches itself off. */
const POWER_PIN = 2;

/** The SDK makes this global on this board. */
declare const device: {
  readonly peripheral: {
    readonly button: Readonly<Record<"A" | "B" | "C", PushButtonMaker>>;
    readonly battery: { readonly Default: new () => { read(): number; close(): void } };
  };
};

export function boardParts(): BoardParts {
  const { button } = device.peripheral;
  return {
    logPin: 1,
    network: wifi,
    buttons: [pushButton(button.A), pushButton(button.B), pushButton(button.C)],
    sleep: deepSleep({ wake: WAKE_PIN, held: POWER_PIN }),
    battery: battery({ level: readBattery }),
  };
}

function readBattery(): number {
  const gauge = new device.peripheral.battery.Default();
  const level = gauge.read();
  gauge.close();
  return level;
}
