/** Replaces the SDK's module `resetReason`. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

export default function getResetReason(): { reason: number; string: string } {
  return { reason: 1, string: simulatedBoard().script.reset ?? "Power-On" };
}
