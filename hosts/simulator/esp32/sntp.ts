/** Replaces the SDK's SNTP client. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const ANSWER_MS = 20;

/** Read on each call. The linker runs this module too, with another global object. */
const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class SNTP {
  static readonly time = 1;
  static readonly retry = 2;
  static readonly error = -1;

  /** Reports one retry before the answer, as over a bad link. */
  constructor(_options: { host: string }, callback: (message: -1 | 1 | 2, value?: number) => void) {
    const answer = simulatedBoard().nextTime();
    trace(`time server: ${answer}\n`);
    if (answer === "throws") throw new Error("no socket");
    Timer.set(() => callback(SNTP.retry), ANSWER_MS);
    Timer.set(() => {
      if (typeof answer === "number") callback(SNTP.time, answer);
      else
        (callback as unknown as (message: number, words: string) => void)(SNTP.error, "no response from SNTP server");
    }, 2 * ANSWER_MS);
  }
}

export default SNTP;
