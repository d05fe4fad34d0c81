/** Stands in for the SDK's driver `button`. Pins are counted from the left of the board. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class Button {
  private readonly input: { readonly isDown: boolean };

  constructor(options: { pin: number; invert: boolean; onPush: () => void }) {
    this.input = simulatedBoard().wireButton(options.onPush);
  }

  get pressed(): boolean {
    return this.input.isDown;
  }
}

export default Button;
