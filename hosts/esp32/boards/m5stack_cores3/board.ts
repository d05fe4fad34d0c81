/** M5Stack CoreS3: screen of 320 × 240, three buttons that are areas of the touch panel, a speaker, and a battery behind an AXP2101. */
import type { Imu } from "../../../../src/sensor/acceleration.ts";
import type { BoardParts, TouchPanel } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { BME68X } from "../../parts/bme68x.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { chipTemperature } from "../../parts/chip-temperature.ts";
import { clockChip } from "../../parts/clock-chip.ts";
import { connector } from "../../parts/connector.ts";
import { imu } from "../../parts/imu.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { axp2101, setAxp2101Light } from "../../parts/power-chips.ts";
import { SampleSpeaker } from "../../parts/sample-speaker.ts";
import { SHT3X } from "../../parts/sht3x.ts";
import { touchPanel } from "../../parts/touch.ts";
import type { PowerChip } from "../../power-chip.ts";
import { wifi } from "../../wifi.ts";

/** The I2C bus inside the board. */
const INTERNAL = Object.freeze({ data: 12, clock: 11 });

/** The SDK makes these globals on this board; the buttons because of `virtualButton` in the manifest. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;
/** `power-chip.ts` makes it. */
declare const powerChip: PowerChip;
declare const device: {
  readonly sensor: {
    readonly Touch: new (options: { onSample: () => void }) => TouchPanel;
    readonly IMU: new () => Imu;
  };
};

export function boardParts(): BoardParts {
  return {
    logPin: 43,
    network: wifi,
    sensors: [chipTemperature],
    // Its driver measures in m/s².
    sensorParts: [connector([{ data: 2, clock: 1 }], [SHT3X, BME68X]), imu(() => new device.sensor.IMU(), 1)],
    clock: clockChip(INTERNAL),
    buttons: [levelButton(button.a, 1), levelButton(button.b, 1), levelButton(button.c, 1)],
    backlight: (percent) => setAxp2101Light(powerChip, percent),
    touch: touchPanel((onSample) => new device.sensor.Touch({ onSample })),
    sound: (guard) => new SampleSpeaker(guard),
    lightSleep,
    battery: battery(() => axp2101(powerChip)),
  };
}
