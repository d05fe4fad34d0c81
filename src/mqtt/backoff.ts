import { ACCUSED_WAIT_MAX_MS, BACKOFF_BASE_MS, BACKOFF_MAX_MS } from "../limits.ts";
import type { Random } from "../seams.ts";

/** Bounds of the wait before a reconnect, in milliseconds. */
export interface BackoffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next attempt to connect: uniform between 0 and a ceiling that doubles with each attempt
 * ("full jitter"), so that devices that lost the same broker do not come back together.
 */
export class Backoff {
  private readonly limits: BackoffLimits;
  private readonly random: Random;
  private ceilingMs: number;

  constructor(random: Random, limits: BackoffLimits = { baseMs: BACKOFF_BASE_MS, maxMs: BACKOFF_MAX_MS }) {
    this.limits = limits;
    this.random = random;
    this.ceilingMs = limits.baseMs;
  }

  /** The next wait, in milliseconds. The ceiling of the one after it is twice as high. */
  nextDelayMs(): number {
    const delayMs = this.random() * this.ceilingMs;
    this.ceilingMs = Math.min(this.ceilingMs * 2, this.limits.maxMs);
    return delayMs;
  }

  /** The broker refuses what we are, not when we come: go to the ceiling at once. */
  refused(): void {
    this.ceilingMs = this.limits.maxMs;
  }

  /** The broker has answered by ending the connection: the next wait is not long. */
  hurry(): void {
    this.ceilingMs = Math.min(this.ceilingMs, ACCUSED_WAIT_MAX_MS);
  }

  /** A connection has stood long enough: the next wait is short again. */
  reset(): void {
    this.ceilingMs = this.limits.baseMs;
  }
}
