/**
 * M5Stack Core (Basic, Gray, Fire): screen of 320 × 240 with three buttons below it, a speaker, and a battery behind an IP5306. Its flash
 * has no room for the SDK's drivers of I2C and PWM.
 */
import Digital from "pins/digital";
import type { BoardParts } from "../../board-parts.ts";
import { battery } from "../../parts/battery.ts";
import { type LevelButton, levelButton } from "../../parts/buttons.ts";
import { connector } from "../../parts/connector.ts";
import { DacSpeaker } from "../../parts/dac-speaker.ts";
import { registersAt } from "../../parts/i2c-device.ts";
import { lightSleep } from "../../parts/light-sleep.ts";
import { ip5306 } from "../../parts/power-chips.ts";
import { SHT3X } from "../../parts/sht3x.ts";
import { wifi } from "../../wifi.ts";

/** On while the pin is high. It cannot be dimmed. */
const LIGHT_PIN = 32;

/** The I2C bus, inside the board and at its connector, port A. */
const BUS = Object.freeze({ data: 21, clock: 22 });
const POWER_CHIP = 0x75;

/** The SDK makes this global on this board. */
declare const button: Readonly<Record<"a" | "b" | "c", LevelButton>>;

export function boardParts(): BoardParts {
  return {
    logPin: 1,
    network: wifi,
    sensorParts: [connector([BUS], [SHT3X])],
    backlight: (percent) => Digital.write(LIGHT_PIN, percent > 0 ? 1 : 0),
    buttons: [levelButton(button.a, 0), levelButton(button.b, 0), levelButton(button.c, 0)],
    sound: (guard) => new DacSpeaker(guard),
    lightSleep,
    battery: battery(() => ip5306(registersAt(BUS, POWER_CHIP))),
  };
}
