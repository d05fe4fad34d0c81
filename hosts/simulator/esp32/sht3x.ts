/** Stands in for the SDK's driver of the SHT3x. It measures 21.456 degrees and 40 %. Like the driver it stays open when it finds nothing. */
import type I2C from "./i2c.ts";

const COMMAND = Uint8Array.of(0x30, 0xa2);

class SHT3x {
  private readonly io: I2C;

  constructor(options: { sensor: { io: typeof I2C; data: number; clock: number; address: number; hz: number } }) {
    this.io = new options.sensor.io(options.sensor);
    this.io.write(COMMAND);
  }

  sample(): { thermometer: { temperature?: number }; hygrometer: { humidity?: number } } {
    this.io.write(COMMAND);
    return { thermometer: { temperature: 21.456 }, hygrometer: { humidity: 40 } };
  }

  close(): void {
    this.io.close();
  }
}

export default SHT3x;
