/** Takes the place of the SDK's `embedded:io/i2c` on a board whose flash has no room for it. See `soft-i2c.c`. */
class I2C {
  constructor({ data, clock, address }) {
    this.data = data;
    this.clock = clock;
    this.address = address;
  }

  read(into) {
    this.transfer(undefined, into);
  }

  write(bytes) {
    this.transfer(bytes, undefined);
  }

  writeRead(bytes, into) {
    this.transfer(bytes, into);
  }

  transfer(bytes, into) {
    if (!native("fp_soft_i2c_transfer").call(undefined, this.data, this.clock, this.address, bytes, into))
      throw new Error("I2C: no answer");
  }

  close() {}
}

export default I2C;
