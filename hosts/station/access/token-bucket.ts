/** How much, and how fast it comes back. */
export interface BucketSize {
  /** What a full bucket holds: the burst that is allowed. */
  readonly capacity: number;
  readonly perSecond: number;
}

/** Allows a burst and a rate. The clock is the caller's, in milliseconds that never go back. */
export class TokenBucket {
  readonly #size: BucketSize;
  #tokens: number;
  #filledMs: number;

  constructor(size: BucketSize, nowMs: number) {
    this.#size = size;
    this.#tokens = size.capacity;
    this.#filledMs = nowMs;
  }

  /** Whether so many are there; takes none. */
  has(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= count;
  }

  /** Takes what is there, and owes the rest. */
  take(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= count;
  }

  /** Milliseconds until nothing is owed any more; 0 when nothing is. */
  debtMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#size.perSecond) * 1000);
  }

  /** Whether it is as if nothing had ever been taken: it need not be kept. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#size.capacity;
  }

  #fill(nowMs: number): void {
    const { capacity, perSecond } = this.#size;
    this.#tokens = Math.min(capacity, this.#tokens + (perSecond * (nowMs - this.#filledMs)) / 1000);
    this.#filledMs = nowMs;
  }
}

/** A bucket for each name, at most `max` of them: the one that was used longest ago leaves first. */
export class TokenBuckets {
  readonly #size: BucketSize;
  readonly #max: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(size: BucketSize, max: number) {
    this.#size = size;
    this.#max = max;
  }

  get count(): number {
    return this.#buckets.size;
  }

  /** The bucket of this name, a full one where it has none. */
  of(name: string, nowMs: number): TokenBucket {
    const bucket = this.#buckets.get(name) ?? new TokenBucket(this.#size, nowMs);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    for (const [oldest, each] of this.#buckets) {
      if (this.#buckets.size <= this.#max && !each.isFull(nowMs)) break;
      if (oldest === name) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
