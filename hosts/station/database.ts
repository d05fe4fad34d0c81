/** The database below the broker's persistence: keys and values, read in the order of keys. */
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Buffer }
  | { readonly type: "del"; readonly key: string };

export interface Database {
  /** Reads are answered in the order in which they were asked for. */
  get(key: string): Promise<Buffer | undefined>;
  /** Durable when it resolves, as every write. Writes are done in the order in which they were asked for. */
  put(key: string, value: Buffer): Promise<void>;
  del(key: string): Promise<void>;
  /** Does all operations or none. Without operations it gives a chain with `del` and `write`, as in abstract-level. */
  batch(operations: readonly Operation[]): Promise<void>;
  batch(): { del(key: string): void; write(): Promise<void> };
  clear(range: KeyRange): Promise<void>;
  values(range: KeyRange): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** Every key that begins with `gte`; `lt` is its upper bound. */
export interface KeyRange {
  readonly gte: string;
  readonly lt: string;
}
