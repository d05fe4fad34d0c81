/** The deadlines of a session, each under the number of its reason, and the earliest of them. */
import {
  AUTH_TIMEOUT_MS,
  BUSY_TIMEOUT_MS,
  CONNACK_TIMEOUT_MS,
  OPEN_TIMEOUT_MS,
  PUBACK_TIMEOUT_MS,
  SUBACK_TIMEOUT_MS,
  TAKE_TIMEOUT_MS,
} from "../limits.ts";

export const RECONNECT = 0;
export const STABLE = 1;
export const KEEP_ALIVE = 2;
export const EXPIRY = 3;
export const RESUBSCRIBE = 4;
/** From here on a deadline ends the connection. `MISSED` says what is missed then, and after how many milliseconds. */
export const OPEN = 5;
export const CONNACK = 6;
/** From here on a wait may begin anew before its end. It is looked up again. */
export const SUBACK = 7;
export const AUTH = 8;
export const ANSWER = 9;
export const TAKE = 10;
const MISSED: readonly (readonly [string, number])[] = Object.freeze([
  ["open connection", OPEN_TIMEOUT_MS],
  ["CONNACK", CONNACK_TIMEOUT_MS],
  ["SUBACK", SUBACK_TIMEOUT_MS],
  ["AUTH", AUTH_TIMEOUT_MS],
  ["PUBACK", PUBACK_TIMEOUT_MS],
  ["word of the application on a message", TAKE_TIMEOUT_MS],
] as const);

/** What was missed at a deadline that ends the connection, in words. undefined: this deadline does not end it. */
export function missedAt(reason: number): string | undefined {
  const missed = MISSED[reason - OPEN];
  return missed && `no ${missed[0]} after ${missed[1] / 1000} s`;
}

export class Timers {
  /** By reason. Infinity: not set. */
  private readonly deadlines: number[] = new Array(TAKE + 1).fill(NEVER);

  /** Sets or moves the deadline of this reason. undefined clears it. */
  set(reason: number, atMs: number | undefined): void {
    this.deadlines[reason] = atMs ?? NEVER;
  }

  /**
   * Sets the deadline of a reason that ends the connection. The time runs while nothing is read.
   * @param sinceMs when the wait began; undefined clears the deadline @param readMs when something was read last
   */
  watch(reason: number, sinceMs: number | undefined, readMs = 0): void {
    const timeoutMs = MISSED[reason - OPEN]?.[1] ?? 0;
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
