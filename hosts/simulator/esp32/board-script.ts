/** What an attempt to join the network comes to. */
export type WifiAnswer = "joined" | "refused" | "no address" | "throws";

/** What a time server answers: seconds, or not. */
export type TimeAnswer = number | "error" | "throws";

/** How the made-up drivers of `simulated-board.ts` answer. */
export interface BoardScript {
  /** One for each attempt; the last one stands for all that follow. */
  readonly wifi?: readonly WifiAnswer[];
  readonly time?: readonly TimeAnswer[];
  readonly flash?: "refuses to open" | "refuses to write";
  readonly touch?: "is missing" | "fails";
  /** The SDK's name of the last reset. */
  readonly reset?: string;
  /** The clock begins in 1970, as after power-on. */
  readonly clock?: "unset";
}

/** The board, as the global `simulatedBoard`: drivers that the linker runs before there is a board cannot import it. */
export interface SimulatedBoard {
  readonly script: BoardScript;
  /** What happens to the board, by the line that tells it. */
  readonly happenings: Map<string, () => void>;
  nextTime(): TimeAnswer;
  nextWifi(): WifiAnswer;
  /** The computer's clock, which nobody sets. */
  computerMs(): number;
  readonly startedMs: number;
  setClock(seconds: number): void;
}
