/** What the program was seen to use of the memory that it is allowed. The tests write it to a file, a line of JSON each. */
import { appendFileSync, readFileSync } from "node:fs";

export interface Use {
  readonly used: number;
  readonly of: number;
}

export interface MemoryFigures {
  /** The boards with this memory. */
  readonly boards: readonly string[];
  readonly when: string;
  /** In use after a collection, in bytes. */
  readonly chunkBytes: Use;
  /** In use after a collection. */
  readonly slots: Use;
  /** The most that was in use at any time. */
  readonly stackSlots: Use;
}

/** The same for one view, after an hour of use. */
export interface ViewFigures {
  readonly view: string;
  readonly chunkBytes: Use;
  readonly slots: Use;
}

export function addFigures(path: string, figures: MemoryFigures | ViewFigures): void {
  appendFileSync(path, `${JSON.stringify(figures)}\n`);
}

export function readFigures(path: string): {
  readonly boards: readonly MemoryFigures[];
  readonly views: readonly ViewFigures[];
} {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  const all = lines.map((line) => JSON.parse(line) as MemoryFigures | ViewFigures);
  return { boards: all.filter((each) => "boards" in each), views: all.filter((each) => "view" in each) };
}
