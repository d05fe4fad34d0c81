/** Stands in for the SDK's driver of the SHT3x. It measures 21.456 degrees and 40 %. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class SHT3x {
  constructor(options: { sensor: { data: number; clock: number } }) {
    this.check();
    trace(`SHT3x at ${options.sensor.data} and ${options.sensor.clock}\n`);
  }

  sample(): { thermometer: { temperature?: number }; hygrometer: { humidity?: number } } {
    this.check();
    return { thermometer: { temperature: 21.456 }, hygrometer: { humidity: 40 } };
  }

  close(): void {}

  private check(): void {
    if (simulatedBoard().isBroken("i2c")) throw new Error("I2C: no answer");
  }
}

export default SHT3x;
