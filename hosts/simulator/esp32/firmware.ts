/** Takes the place of `hosts/esp32/firmware.ts`. `board.json` says which program runs; all are this one. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

/** Of RFC 8032, section 7.1, test 1. Everybody knows its secret half. */
const UPDATE_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

export function firmwareText(): { readonly board: string; readonly version: string; readonly updateKey: string } {
  return { board: "m5stack", version: simulatedBoard().script.version ?? "1.2.0", updateKey: UPDATE_KEY };
}
