/** Replaces the SDK's module `time`. Its ticks have 32 bits with a sign, as on a board, and overflow soon. */
import type { SimulatedBoard } from "./board-script.ts";

const OVERFLOW_AFTER_MS = 3_000;

/** Read on each call. The linker runs this module too, with another global object. */
const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

const Time = Object.freeze({
  get ticks(): number {
    const { startedMs, computerMs } = simulatedBoard();
    return (2 ** 31 - OVERFLOW_AFTER_MS + computerMs() - startedMs) | 0;
  },

  delta: (start: number, end: number): number => (end - start) | 0,

  set(seconds: number): void {
    simulatedBoard().setClock(seconds);
  },
});

export default Time;
