/** Numbers of the memories. */
export type Memory = 0 | 1 | 2 | 3 | 4;

/**
 * What is free of a memory. 0: slots of the engine, which collects its garbage first. 1: bytes of the engine's chunks. 2 to 4: bytes of
 * the board's internal heap, now, at the least since the start, and in the largest block. undefined where there is no such memory.
 */
export default function freeMemory(what: Memory): number | undefined;
