/** What the manifest of a board must state. */

/** The memory of an engine: chunks and the total in bytes, heap and stack in slots. */
interface Creation {
  readonly static?: unknown;
  readonly stack?: unknown;
  readonly chunk?: Area;
  readonly heap?: Area;
}

interface Area {
  readonly initial?: unknown;
  readonly incremental?: unknown;
}

/**
 * The values of the memory that a board's manifest does not state, one sentence each. The SDK would fill in a missing value.
 * Its values differ from board to board, are too small for some, and may change with its version.
 */
export function creationViolations(board: string, text: string): string[] {
  const { creation = {} } = JSON.parse(text) as { creation?: Creation };
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  const { static: whole, stack, chunk, heap } = creation;
  const stated = {
    static: whole,
    stack,
    "chunk.initial": chunk?.initial,
    "chunk.incremental": chunk?.incremental,
    "heap.initial": heap?.initial,
    "heap.incremental": heap?.incremental,
  };
  return Object.entries(stated)
    .filter(([, value]) => !isCount(value))
    .map(([name, value]) => `${board}: creation ${name}: ${value}, expected a whole number`);
}
