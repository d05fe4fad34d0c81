/** M5StickC Plus: screen of 240 × 135, two buttons, a buzzer, a red light and a battery behind an AXP192. */
import Digital from "embedded:io/digital";
import type { Imu } from "../../../../src/sensor/acceleration.ts";
import type { BoardParts } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { Buzzer } from "../../parts/buzzer.ts";
import { clockChip } from "../../parts/clock-chip.ts";
import { connector } from "../../parts/connector.ts";
import { imu } from "../../parts/imu.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { PinSwitch } from "../../parts/pin-switch.ts";
import { axp192 } from "../../parts/power-chips.ts";
import { SHT3X } from "../../parts/sht3x.ts";
import type { PowerChip } from "../../power-chip.ts";
import { wifi } from "../../wifi.ts";

const BUZZER_PIN = 2;
/** The light is on while the pin is low. */
const LIGHT_PIN = 10;

/** The I2C bus inside the board. */
const INTERNAL = Object.freeze({ data: 21, clock: 22 });

/** The SDK makes these globals on this board. */
declare const button: Readonly<Record<"a" | "b", LevelButton>>;
declare const device: { readonly sensor: { readonly IMU: new () => Imu } };
/** 0 to 100 percent. At 0 the light is as low as it goes. */
declare const power: PowerChip & { brightness: number };

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    sensorParts: [connector([{ data: 32, clock: 33 }], [SHT3X]), imu(() => new device.sensor.IMU())],
    clock: clockChip(INTERNAL),
    buttons: [levelButton(button.a, 0), levelButton(button.b, 0)],
    backlight: (percent) => {
      power.brightness = percent;
    },
    sound: (guard) => new Buzzer(BUZZER_PIN, guard),
    light: () => new PinSwitch(new Digital({ pin: LIGHT_PIN, mode: Digital.Output, initialValue: 1 }), 0),
    lightSleep,
    battery: battery(() => axp192(power)),
  };
}
