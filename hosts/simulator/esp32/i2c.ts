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

  close(): void {
    simulatedBoard().i2c.opened.delete(this.place);
  }
}

export default I2C;
