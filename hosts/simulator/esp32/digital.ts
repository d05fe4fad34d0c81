/**
 * Stands in for the SDK's `embedded:io/digital`. It traces the levels of outputs. The line of input `pin <pin> <level>` changes an input,
 * which is low at the start.
 */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

interface Options {
  readonly pin: number;
  readonly mode: number;
  readonly initialValue?: 0 | 1;
  readonly edge?: number;
  readonly onReadable?: () => void;
}

class Digital {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly Output = 4;
  static readonly Rising = 1;
  static readonly Falling = 2;
  private readonly pin: number;
  private level = 0;

  constructor({ pin, mode, onReadable }: Options) {
    this.pin = pin;
    if (mode === Digital.Output) return;
    if (mode !== Digital.Input && mode !== Digital.InputPullUp) throw new Error("invalid mode");
    simulatedBoard().commands.set(`pin ${pin}`, ([level]) => {
      this.level = Number(level);
      onReadable?.();
    });
  }

  read(): number {
    if (simulatedBoard().isBroken("digital")) throw new Error("GPIO: timeout");
    return this.level;
  }

  write(level: number): void {
    trace(`pin ${this.pin}: ${level}\n`);
  }
}

export default Digital;
