/** Holds the manifest of the boards against what each of them needs. */

/** The memory of an engine: bytes of chunks and of all together, slots of heap and stack. */
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
 * What of the memory of a board is not stated in its manifest, one sentence each. What is left out would come from the
 * SDK, whose values are other ones for each board, too small for some, and may change with its version.
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
