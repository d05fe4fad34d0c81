/** What follows from the receipts of a push elsewhere in the station. */
import type { Push, Receipt } from "../shared/push.ts";
import type { RecordChange } from "../store/records.ts";

/** It is written in the transaction of the receipts: both are on the disk, or neither. */
export interface Consequence {
  readonly changes: readonly RecordChange[];
  /** Is called when that is on the disk. */
  happened(): void;
}

export interface ReceiptFollower {
  /** Of new receipts of one device. undefined: nothing follows. */
  consequenceOf(push: Push, device: string, receipts: readonly Receipt[]): Consequence | undefined;
}
