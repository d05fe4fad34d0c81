/**
 * The program's allowance of each board's memory. A board's manifest states in `creation` what the engine gets. The
 * program may use four fifths of the chunks and slots and three quarters of the stack; the rest is a reserve. In the
 * simulator the engine aborts above that, because its memory cannot grow.
 */
import { readFileSync } from "node:fs";
import { BOARDS, boardManifest } from "../../esp32/tools/boards.ts";

/** As in the SDK's manifests. Chunks are in bytes, heap and stack in slots. */
export interface Creation {
  /** Bytes for chunks, slots and stack together. 0: each has its own memory. */
  readonly static: number;
  readonly stack: number;
  readonly chunk: { readonly initial: number; readonly incremental: number };
  readonly heap: { readonly initial: number; readonly incremental: number };
}

export interface Allowance {
  /** The boards that have the same memory. */
  readonly boards: readonly string[];
  readonly chunkBytes: number;
  readonly slots: number;
  readonly stackSlots: number;
}

/** The simulator's program, built with this memory and no more. */
export interface AllowedProgram extends Allowance {
  /** Path of its library. */
  readonly program: string;
}

/** A slot has 16 bytes on a board and twice as many in the simulator. So slots are counted, not bytes. */
const BOARD_SLOT_BYTES = 16;
export const SIMULATOR_SLOT_BYTES = 32;

const HEAP_SHARE = 4 / 5;
const STACK_SHARE = 3 / 4;

/** Returns one allowance for all boards with the same memory. */
export function allowances(): readonly Allowance[] {
  const boardsOf = new Map<string, string[]>();
  for (const board of BOARDS) {
    const key = JSON.stringify(creationOf(board));
    boardsOf.set(key, [...(boardsOf.get(key) ?? []), board]);
  }
  return [...boardsOf].map(([creation, boards]) => allowanceOf(JSON.parse(creation) as Creation, boards));
}

export function creationOf(board: string): Creation {
  const { creation } = JSON.parse(readFileSync(boardManifest(board), "utf8")) as { creation: Creation };
  return creation;
}

/** If chunks and slots share their bytes, they share in the ratio of their initial sizes. */
export function allowanceOf({ static: shared, stack, chunk, heap }: Creation, boards: readonly string[]): Allowance {
  const initialBytes = chunk.initial + heap.initial * BOARD_SLOT_BYTES;
  const grown = shared === 0 ? 1 : (shared - stack * BOARD_SLOT_BYTES) / initialBytes;
  return {
    boards,
    chunkBytes: Math.floor(chunk.initial * grown * HEAP_SHARE) & ~7,
    slots: Math.floor(heap.initial * grown * HEAP_SHARE),
    stackSlots: Math.floor(stack * STACK_SHARE),
  };
}

/** Returns the `creation` of the simulator's engine with this allowance. The simulator ignores `static`. */
export function simulatedCreation({ chunkBytes, slots, stackSlots }: Allowance): Creation {
  return {
    static: 0,
    stack: stackSlots,
    chunk: { initial: chunkBytes, incremental: 0 },
    heap: { initial: slots, incremental: 0 },
  };
}
