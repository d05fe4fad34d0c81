/** The deadlines of a session, each under the number of its reason, and the earliest of them. Each line has its own table of reasons. */
import { BUSY_TIMEOUT_MS } from "../limits.ts";

/** What is missed at a deadline that ends the connection, in words, and after how many milliseconds. */
export type Missed = readonly [what: string, timeoutMs: number];

export class Timers {
  /** By reason. Infinity: not set. */
  private readonly deadlines: number[];
  private readonly firstMissed: number;
  private readonly missed: readonly Missed[];

  /**
   * @param firstMissed number of the first reason whose deadline ends the connection. Those before it do not
   * @param missed what is missed, for each reason from `firstMissed` on
   */
  constructor(firstMissed: number, missed: readonly Missed[]) {
    this.firstMissed = firstMissed;
    this.missed = missed;
    this.deadlines = new Array(firstMissed + missed.length).fill(NEVER);
  }

  /** What was missed at a deadline that ends the connection, in words. undefined: this deadline does not end it. */
  missedAt(reason: number): string | undefined {
    const missed = this.missed[reason - this.firstMissed];
    return missed && `no ${missed[0]} after ${missed[1] / 1000} s`;
  }

  /** Sets or moves the deadline of this reason. undefined clears it. */
  set(reason: number, atMs: number | undefined): void {
    this.deadlines[reason] = atMs ?? NEVER;
  }

  /**
   * Sets the deadline of a reason that ends the connection. The time runs while nothing is read.
   * @param sinceMs when the wait began; undefined clears the deadline @param readMs when something was read last
   */
  watch(reason: number, sinceMs: number | undefined, readMs = 0): void {
    const timeoutMs = this.missed[reason - this.firstMissed]?.[1] ?? 0;
    // A board's clock begins at 0, so 0 is a time.
    if (sinceMs === undefined) this.set(reason, undefined);
    else this.set(reason, Math.min(Math.max(sinceMs, readMs) + timeoutMs, sinceMs + BUSY_TIMEOUT_MS));
  }

  isDue(reason: number, nowMs: number): boolean {
    return (this.deadlines[reason] as number) <= nowMs;
  }

  clearAll(): void {
    this.deadlines.fill(NEVER);
  }

  /** The earliest deadline. undefined: none is set. */
  next(): number | undefined {
    const reason = this.earliest();
    return reason < 0 ? undefined : this.deadlines[reason];
  }

  /** Takes out the earliest reason whose deadline has come. undefined: none has come. */
  takeDue(nowMs: number): number | undefined {
    const reason = this.earliest();
    if (reason < 0 || (this.deadlines[reason] as number) > nowMs) return undefined;
    this.set(reason, undefined);
    return reason;
  }

  /** The reason of the earliest deadline, or -1. This is asked for after every event, and allocates nothing. */
  private earliest(): number {
    const deadlines = this.deadlines;
    let earliest = -1;
    let atMs = NEVER;
    for (let reason = 0; reason < deadlines.length; reason += 1) {
      if ((deadlines[reason] as number) >= atMs) continue;
      earliest = reason;
      atMs = deadlines[reason] as number;
    }
    return earliest;
  }
}

const NEVER = Number.POSITIVE_INFINITY;
