import PCF8563 from "embedded:RTC/PCF8563";
import SMBus from "embedded:io/smbus";
import type { Guards } from "../../moddable/guard.ts";
import { BoardClock } from "../board-clock.ts";
import type { I2cPins } from "./i2c-sensor.ts";

/**
 * A clock with a battery, PCF8563 or BM8563, which has the same registers. The SDK's own driver of the BM8563 reads another month than it
 * has written, and does not see that the clock has stopped.
 */
export function clockChip(pins: I2cPins): (guards: Guards) => BoardClock {
  return (guards) => new BoardClock(() => new PCF8563({ clock: { ...pins, io: SMBus } }), guards);
}
