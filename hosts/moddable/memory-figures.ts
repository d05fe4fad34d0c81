import freeMemory from "memory";
import type { Sensor } from "../../src/seams.ts";

/** A smaller change of the heap is not told, in bytes. */
const HEAP_STEP_BYTES = 4_096;
const CHUNK_STEP_BYTES = 1_024;
const SLOT_STEP = 64;

/**
 * What is free of the engine's memory, at the least since the start, and of the board's heap. The engine is asked after it has
 * collected its garbage.
 */
export function memoryFigures(): readonly Sensor[] {
  const figures = [
    figure(
      "slots-least",
      "count",
      SLOT_STEP,
      leastOf(() => freeMemory(0)),
    ),
    figure(
      "chunks-least",
      "B",
      CHUNK_STEP_BYTES,
      leastOf(() => freeMemory(1)),
    ),
  ];
  if (freeMemory(2) === undefined) return figures;
  return [
    ...figures,
    figure("heap-free", "B", HEAP_STEP_BYTES, () => freeMemory(2)),
    figure("heap-least", "B", CHUNK_STEP_BYTES, () => freeMemory(3)),
    figure("heap-block", "B", HEAP_STEP_BYTES, () => freeMemory(4)),
  ];
}

function figure(name: string, unit: string, deadband: number, sample: () => number | undefined): Sensor {
  return { name, unit, deadband, isDiagnostic: true, sample };
}

function leastOf(sample: () => number | undefined): () => number {
  let least = Number.POSITIVE_INFINITY;
  return () => {
    least = Math.min(least, sample() ?? least);
    return least;
  };
}
