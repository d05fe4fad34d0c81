/**
 * Counts runs that ended early and not on purpose. After several in a row the board starts in safe mode, in which the part that ends it
 * may not run.
 */
import type { Store } from "../../../src/seams.ts";

/** The record: one byte, the count. */
const KEY = "early-ends";

/** A run that lasts so long was no early end, in milliseconds. */
export const GOOD_MS = 60_000;

/** After so many early ends in a row comes a start in safe mode. */
export const EARLY_ENDS_MAX = 5;

export class EarlyEnds {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Returns whether this start is one in safe mode. @param wasFault the end of the former run was not wanted */
  handleStart(wasFault: boolean): boolean {
    // A wanted end, or a power cut, says nothing about the program.
    if (!wasFault) return false;
    const count = this.count + 1;
    this.keep(count);
    return count >= EARLY_ENDS_MAX;
  }

  /** The program has run for `GOOD_MS`. */
  handleGood(): void {
    this.keep(0);
  }

  /** The next start is a usual one. If it ends early too, safe mode comes back. */
  handleSafeModeEnd(): void {
    this.keep(EARLY_ENDS_MAX - 1);
  }

  private get count(): number {
    try {
      return this.store.read(KEY)?.[0] ?? 0;
    } catch {
      return 0;
    }
  }

  private keep(count: number): void {
    try {
      if (count > 0) this.store.write(KEY, Uint8Array.of(count));
      else if (this.count > 0) this.store.remove(KEY);
    } catch {
      // A store that refuses does not keep the board from starting.
    }
  }
}
