/** Replaces the tones of the digital-to-analog converter. It traces them. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

let isSounding = false;

function start(hertz: number): void {
  if (simulatedBoard().isBroken("sound")) throw new Error("DAC: in use");
  if (hertz < 130) throw new Error("no tone");
  isSounding = true;
  trace(`dac: ${hertz} Hz\n`);
}

function stop(): void {
  if (isSounding) trace("dac: quiet\n");
  isSounding = false;
}

export default Object.freeze({ start, stop });
