/** Takes the place of a board's file. `board.json` names the board, so that one program runs as each of them. */

import type { BoardParts } from "../../esp32/board-parts.ts";
import { boardParts as esp32c3 } from "../../esp32/boards/esp32c3/board.ts";
import { boardParts as esp32c3_ili9341 } from "../../esp32/boards/esp32c3_ili9341/board.ts";
import { boardParts as lilygo_ttgo } from "../../esp32/boards/lilygo_ttgo/board.ts";
import { boardParts as m5paper } from "../../esp32/boards/m5paper/board.ts";
import { boardParts as m5stack } from "../../esp32/boards/m5stack/board.ts";
import { boardParts as m5stack_core2 } from "../../esp32/boards/m5stack_core2/board.ts";
import { boardParts as m5stack_cores3 } from "../../esp32/boards/m5stack_cores3/board.ts";
import { boardParts as m5stick_cplus } from "../../esp32/boards/m5stick_cplus/board.ts";
import { boardParts as moddable_two } from "../../esp32/boards/moddable_two/board.ts";
import { boardParts as nodemcu } from "../../esp32/boards/nodemcu/board.ts";
import { boardParts as wt32_eth01 } from "../../esp32/boards/wt32_eth01/board.ts";
import type { SimulatedBoard } from "./board-script.ts";

const BOARDS: Readonly<Record<string, () => BoardParts>> = Object.freeze({
  esp32c3,
  esp32c3_ili9341,
  lilygo_ttgo,
  m5paper,
  m5stack,
  m5stack_core2,
  m5stack_cores3,
  m5stick_cplus,
  moddable_two,
  nodemcu,
  wt32_eth01,
});

export function boardParts(): BoardParts {
  const { simulatedBoard } = globalThis as unknown as { simulatedBoard: SimulatedBoard };
  const { board = "m5stack", sound } = simulatedBoard.script;
  const makeParts = BOARDS[board];
  if (!makeParts) throw new Error(`${board}: no such board`);
  if (sound !== "none") return makeParts();
  const { sound: _none, ...parts } = makeParts();
  return parts;
}
