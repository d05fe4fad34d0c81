/**
 * What the program may take of a board's memory. Each board's manifest states what the engine gets there: the `creation`. Four
 * fifths of its chunks and slots and three quarters of its stack are the program's; the rest is to spare. In the simulator the
 * engine aborts above that, since nothing can grow there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../moddable/tools/command.ts";

/** As the SDK's manifests have it. Chunks in bytes, heap and stack in slots. */
export interface Creation {
  /** Bytes for chunks, slots and stack together; 0: each has its own. */
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

/** The simulator's program with that memory and no more. */
export interface AllowedProgram extends Allowance {
  /** Path of its library. */
  readonly program: string;
}

/** A slot has 16 bytes on a board. The simulator's slots are twice as large: slots are counted, not bytes. */
const BOARD_SLOT_BYTES = 16;
export const SIMULATOR_SLOT_BYTES = 32;

const HEAP_SHARE = 4 / 5;
const STACK_SHARE = 3 / 4;

/** One for all boards with the same memory, in the order of the manifest. */
export function allowances(): readonly Allowance[] {
  const { platforms } = JSON.parse(readFileSync(join(ROOT, "hosts", "esp32", "manifest.json"), "utf8")) as {
    platforms: Record<string, { readonly creation?: Creation }>;
  };
  const boardsOf = new Map<string, string[]>();
  for (const [platform, { creation }] of Object.entries(platforms)) {
    if (!creation) continue;
    const key = JSON.stringify(creation);
    boardsOf.set(key, [...(boardsOf.get(key) ?? []), platform.replace("esp32/", "")]);
  }
  return [...boardsOf].map(([creation, boards]) => allowanceOf(JSON.parse(creation) as Creation, boards));
}

/** Where chunks and slots share their bytes, each gets the part that its beginning is of both. */
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

/** The same for the engine of the simulator, in which `static` means nothing. */
export function simulatedCreation({ chunkBytes, slots, stackSlots }: Allowance): Creation {
  return {
    static: 0,
    stack: stackSlots,
    chunk: { initial: chunkBytes, incremental: 0 },
    heap: { initial: slots, incremental: 0 },
  };
}
