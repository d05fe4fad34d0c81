/** Types of webhooks in the HTTP interface. Shared with the console, so nothing here needs Node. */
import type { ReceiptStatus } from "./push.ts";

export const RECEIPT_STATUSES: readonly ReceiptStatus[] = Object.freeze([
  "stored",
  "shown",
  "read",
  "answered",
  "expired",
  "dropped",
]);

/** What came of a call, in words such as `answered 200`. */
export interface HookHappening {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly words: string;
}

/** A webhook without its secret, which is told once. */
export interface WebhookInfo {
  readonly id: string;
  /** It hears of the pushes of this account. */
  readonly account: string;
  readonly url: string;
  /** The receipts that it hears of. */
  readonly states: readonly ReceiptStatus[];
  readonly createdAtMs: number;
  /** Events that it was not told yet. */
  readonly waiting: number;
  /** Events that it was never told: they were too old, or too many. */
  readonly lost: number;
  /** The last that it took. */
  readonly taken?: HookHappening;
  /** The last that it did not take. */
  readonly failed?: HookHappening;
}
