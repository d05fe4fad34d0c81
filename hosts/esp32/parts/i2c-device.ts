import I2C from "embedded:io/i2c";
import type { I2cPins } from "./i2c-sensor.ts";

/** What drivers of the SDK take as `sensor`. */
export interface I2cDevice extends I2cPins {
  readonly io: typeof I2C;
  readonly address: number;
  readonly hz: number;
}

/** Standard mode of I2C, for sensors at a cable, in hertz. */
export const HERTZ = 100_000;

/**
 * Makes a driver for what is at this address. A driver of the SDK that throws while it is made leaves its connection open, and then the
 * address counts as in use until the board starts again. So this closes it.
 */
export function openI2cDriver<Driver>(pins: I2cPins, address: number, make: (device: I2cDevice) => Driver): Driver {
  const opened: I2C[] = [];
  class Io extends I2C {
    constructor(options: ConstructorParameters<typeof I2C>[0]) {
      super(options);
      opened.push(this);
    }
  }
  try {
    return make({ ...pins, io: Io, address, hz: HERTZ });
  } catch (error) {
    for (const io of opened) io.close();
    throw error;
  }
}

/** The registers of a chip at this address. A connection is open only while one is read. */
export function registersAt(pins: I2cPins, address: number): { readByte(register: number): number } {
  return {
    readByte(register) {
      const io = new I2C({ ...pins, address, hz: HERTZ });
      try {
        const byte = Uint8Array.of(register);
        io.writeRead(byte, byte);
        return byte[0] as number;
      } finally {
        io.close();
      }
    },
  };
}
