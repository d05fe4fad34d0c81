/** Stands in for the SDK's driver of a clock chip. The script says what it shows. It traces what it is set to. */
import type { SimulatedBoard } from "./board-script.ts";
import type SMBus from "./smbus.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class PCF8563 {
  private readonly io: SMBus;

  constructor(options: { clock: { io: typeof SMBus; data: number; clock: number } }) {
    this.io = new options.clock.io({ hz: 400_000, address: 0x51, ...options.clock });
    try {
      this.io.readUint8(0);
    } catch (error) {
      this.io.close();
      throw error;
    }
  }

  get time(): number | undefined {
    const { chipSeconds } = simulatedBoard().script;
    return chipSeconds && chipSeconds * 1_000;
  }

  set time(ms: number) {
    trace(`clock chip: ${ms / 1_000}\n`);
  }

  close(): void {
    this.io.close();
  }
}

export default PCF8563;
