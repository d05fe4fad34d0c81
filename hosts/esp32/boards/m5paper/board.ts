/** M5Paper: e-paper of 960 × 540 with a touch panel, a wheel that turns two ways and is pressed, and a battery. */
import type { BoardParts, TouchPanel } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { BME68X } from "../../parts/bme68x.ts";
import { type PushButtonMaker, pushButton } from "../../parts/buttons.ts";
import { clockChip } from "../../parts/clock-chip.ts";
import { connector } from "../../parts/connector.ts";
import { type EPaperPanel, ePaper } from "../../parts/e-paper.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { SHT3X } from "../../parts/sht3x.ts";
import { deepSleep } from "../../parts/sleep.ts";
import { touchPanel } from "../../parts/touch.ts";
import { wifi } from "../../wifi.ts";

/** The I2C buses: one at the connector, port A, and one inside the board, with an SHT30. */
const CONNECTOR = Object.freeze({ data: 25, clock: 32 });
const INTERNAL = Object.freeze({ data: 21, clock: 22 });

/** The wheel when it is pressed. */
const WAKE_PIN = 38;
/** Without it a board that runs on its battery switches itself off. */
const POWER_PIN = 2;

/** The SDK makes these globals on this board. */
declare const screen: EPaperPanel;
declare const device: {
  readonly sensor: { readonly Touch: new (options: { onSample: () => void }) => TouchPanel };
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
    sensorParts: [connector([CONNECTOR, INTERNAL], [SHT3X, BME68X])],
    clock: clockChip(INTERNAL),
    screenKind: "grey",
    afterPicture: ePaper(screen),
    touch: touchPanel((onSample) => new device.sensor.Touch({ onSample })),
    buttons: [pushButton(button.A), pushButton(button.B), pushButton(button.C)],
    sleep: deepSleep({ wake: WAKE_PIN, held: POWER_PIN }),
    lightSleep,
    battery: battery(() => ({ level: readBattery })),
  };
}

function readBattery(): number {
  const gauge = new device.peripheral.battery.Default();
  const level = gauge.read();
  gauge.close();
  return level;
}
