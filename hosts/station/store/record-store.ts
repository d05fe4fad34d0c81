/** Records by key, in transactions. */

export type Change = ReadonlyMap<string, Uint8Array | undefined>;

export interface RecordStore {
  /** All records, in no order. */
  records(): Iterable<readonly [key: string, bytes: Uint8Array]>;
  /**
   * One transaction: undefined removes a record. When it returns, all of it is on the disk, and stays there whatever happens to the
   * process. When it throws, nothing of it is.
   */
  write(change: Change): void;
  close(): void;
}
