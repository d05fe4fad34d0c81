/** Stands in for the SDK's `embedded:io/i2c`. The script says what answers. Like the driver it opens an address once at a time. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class I2C {
  private readonly place: string;

  constructor(options: { data: number; clock: number; address: number; hz: number }) {
    const { data, clock, address, hz } = options;
    const { opened } = simulatedBoard().i2c;
    this.place = `${data}:${clock} ${address.toString(16)}`;
    if (!(hz > 0)) throw new Error("invalid hz");
    if (opened.has(this.place)) throw new Error("duplicate address");
    opened.add(this.place);
  }

  write(_bytes: Uint8Array): void {
    const { i2c, isBroken } = simulatedBoard();
    if (isBroken("i2c") || !i2c.plugged.has(this.place)) throw new Error("I2C: no answer");
  }

  /** What is read without a register is an SHT3x. It measures 21.456 degrees and 40 %. */
  read(into: Uint8Array): void {
    this.write(into);
    into.set([0x61, 0x37, 0x72, 0x66, 0x66, 0x93]);
  }

  /** What has registers is the gauge of the battery. */
  writeRead(bytes: Uint8Array, into: Uint8Array): void {
    this.write(bytes);
    into[0] = simulatedBoard().readRegister(bytes[0] as number);
  }

  close(): void {
    simulatedBoard().i2c.opened.delete(this.place);
  }
}

export default I2C;
