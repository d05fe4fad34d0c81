/** What the broker's persistence is written on: keys and values in collections that are read in order. */
export type Operation =
  | { readonly type: "put"; readonly key: string; readonly value: Buffer }
  | { readonly type: "del"; readonly key: string };

export interface Database {
  /** Two reads that are asked for in order are answered in order. */
  get(key: string): Promise<Buffer | undefined>;
  /** Durable when it resolves, as all that writes; what is asked for in order is done in order. */
  put(key: string, value: Buffer): Promise<void>;
  del(key: string): Promise<void>;
  /** All of them or none. Without operations: a chain with `del` and `write`, as abstract-level has it. */
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
