/** M5Stack Core2: screen of 320 × 240, three buttons that are areas of the touch panel, speaker, motor and a battery. */
import type { Imu } from "../../../../src/sensor/acceleration.ts";
import type { BoardParts, Switch, TouchPanel } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { BME68X } from "../../parts/bme68x.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { clockChip } from "../../parts/clock-chip.ts";
import { connector } from "../../parts/connector.ts";
import { imu } from "../../parts/imu.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { MixerSpeaker } from "../../parts/mixer-speaker.ts";
import { axp192Or2101 } from "../../parts/power-chips.ts";
import { SHT3X } from "../../parts/sht3x.ts";
import { touchPanel } from "../../parts/touch.ts";
import type { PowerChip } from "../../power-chip.ts";
import { wifi } from "../../wifi.ts";

/** The I2C bus inside the board. */
const INTERNAL = Object.freeze({ data: 21, clock: 22 });

/** The SDK makes these globals on this board. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;
declare const vibration: Switch;
/** 0 to 100 percent. At 0 the light is as low as it goes. */
declare const power: PowerChip & { brightness: number };
declare const device: {
  readonly sensor: {
    readonly Touch: new (options: { onSample: () => void }) => TouchPanel;
    readonly IMU: new () => Imu;
  };
};

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    sensorParts: [connector([{ data: 32, clock: 33 }], [SHT3X, BME68X]), imu(() => new device.sensor.IMU())],
    clock: clockChip(INTERNAL),
    buttons: [levelButton(button.a, 1), levelButton(button.b, 1), levelButton(button.c, 1)],
    backlight: (percent) => {
      power.brightness = percent;
    },
    touch: touchPanel((onSample) => new device.sensor.Touch({ onSample })),
    sound: () => new MixerSpeaker(),
    vibration: () => vibration,
    lightSleep,
    // Version 1.1 of the board has an AXP2101.
    battery: battery(() => axp192Or2101(power)),
  };
}
