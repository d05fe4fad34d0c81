/** A value that was read, and where each part of it stands. */
export interface Placed {
  readonly value: unknown;
  /** Path of keys and indexes, each with `/` before it, to the offset of the value's first byte; the whole is "". */
  readonly places: ReadonlyMap<string, number>;
}
