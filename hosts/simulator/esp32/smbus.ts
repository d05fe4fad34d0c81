/** Stands in for the SDK's `embedded:io/smbus`. */
import I2C from "./i2c.ts";

class SMBus extends I2C {
  readUint8(register: number): number {
    this.write(Uint8Array.of(register));
    return 0;
  }
}

export default SMBus;
