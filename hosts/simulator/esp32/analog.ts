/** Stands in for the SDK's `embedded:io/analog`. The line of input `volts <pin> <share of the range>` sets a voltage. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class Analog {
  readonly resolution = 12;
  private share = 0;

  constructor(options: { pin: number }) {
    simulatedBoard().commands.set(`volts ${options.pin}`, ([share = ""]) => {
      this.share = Number(share);
    });
  }

  read(): number {
    if (simulatedBoard().isBroken("analog")) throw new Error("ADC: timeout");
    return Math.round(this.share * (2 ** this.resolution - 1));
  }
}

export default Analog;
