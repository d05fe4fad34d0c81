/**
 * Learns how long a connection may be idle on this network before something on the way forgets it. The interval grows by half while
 * pings are answered after it. Then it is halfway between the longest that went well and the shortest that did not. It rests within
 * `KEEP_ALIVE_STEP_MS` of the longest that the network allows. One lost ping proves nothing. Two in a row at one interval do. After
 * a day, what did not go well is tried again.
 */
import { KEEP_ALIVE_RETRY_MS, KEEP_ALIVE_STEP_MS } from "../limits.ts";

/** What is known of a network, in milliseconds. */
export interface LearnedInterval {
  /** Longest idle time after which a ping was answered. 0: none yet. */
  readonly goodMs: number;
  /** Shortest idle time that killed the connection. undefined: none yet. */
  readonly badMs: number | undefined;
}

export class IntervalLearner {
  private readonly minMs: number;
  private readonly maxMs: number;
  private goodMs: number;
  private badMs: number | undefined;
  private badSinceMs = 0;
  private lostCount = 0;

  /** @param learned what was known of this network before */
  constructor(minMs: number, maxMs: number, learned: LearnedInterval = { goodMs: 0, badMs: undefined }) {
    this.minMs = Math.min(minMs, maxMs);
    this.maxMs = maxMs;
    this.goodMs = learned.goodMs;
    this.badMs = learned.badMs;
  }

  get learned(): LearnedInterval {
    return { goodMs: this.goodMs, badMs: this.badMs };
  }

  /** How long to be idle before the next ping. */
  get intervalMs(): number {
    return Math.max(this.minMs, Math.min(this.candidateMs(), this.maxMs));
  }

  /** A ping after this idle time was answered. Returns whether something was learned. */
  handleAnswered(idleMs: number, nowMs: number): boolean {
    if (this.isFixed) return false;
    this.lostCount = 0;
    const isOld = this.badMs !== undefined && nowMs - this.badSinceMs >= KEEP_ALIVE_RETRY_MS;
    const isNew = idleMs > this.goodMs;
    if (isNew) this.goodMs = idleMs;
    if (isOld || (this.badMs !== undefined && this.badMs <= this.goodMs)) this.badMs = undefined;
    return isOld || isNew;
  }

  /** A ping after this idle time was not answered, or killed the connection. Returns whether something was learned. */
  handleLost(idleMs: number, nowMs: number): boolean {
    if (this.isFixed) return false;
    this.lostCount += 1;
    if (this.lostCount < 2) return false;
    this.lostCount = 0;
    // What went well before does not go well now. Learning begins below it.
    if (idleMs <= this.goodMs) this.goodMs = 0;
    this.badMs = idleMs;
    this.badSinceMs = nowMs;
    return true;
  }

  private get isFixed(): boolean {
    return this.minMs === this.maxMs;
  }

  private candidateMs(): number {
    if (this.goodMs === 0 && this.badMs === undefined) return this.minMs;
    if (this.badMs === undefined) return Math.max(this.goodMs * 1.5, this.goodMs + KEEP_ALIVE_STEP_MS);
    if (this.badMs - this.goodMs <= KEEP_ALIVE_STEP_MS) return this.goodMs;
    return (this.goodMs + this.badMs) / 2;
  }
}
