/** Stands in for the SDK's `embedded:io/i2c`. Nothing is at its pins. */
class I2C {
  constructor(_options: { data: number; clock: number; address: number; hz: number }) {
    throw new Error("I2C: no answer");
  }
}

export default I2C;
