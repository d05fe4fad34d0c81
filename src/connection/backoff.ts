import { BACKOFF_BASE_MS, BACKOFF_MAX_MS, TRIAL_WAIT_MAX_MS } from "../limits.ts";
import type { Random } from "../seams.ts";

/** Bounds of the wait before a reconnect, in milliseconds. */
export interface BackoffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before the next attempt to connect. The wait is random between 0 and a ceiling, and the ceiling doubles with each
 * attempt ("full jitter"). So devices that lost the same broker do not come back together.
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

  /** The broker refuses this client, whenever it comes. The next waits have the highest ceiling. */
  refused(): void {
    this.ceilingMs = this.limits.maxMs;
  }

  /** The broker has answered by ending the connection. The next wait is at most `TRIAL_WAIT_MAX_MS`. */
  hurry(): void {
    this.ceilingMs = Math.min(this.ceilingMs, TRIAL_WAIT_MAX_MS);
  }

  /** A connection has lasted long enough. The next wait is short again. */
  reset(): void {
    this.ceilingMs = this.limits.baseMs;
  }
}
