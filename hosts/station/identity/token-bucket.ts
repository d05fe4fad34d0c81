/** The size of a bucket, and how fast it fills. */
export interface BucketSize {
  /** Tokens in a full bucket: the largest burst. */
  readonly capacity: number;
  readonly perSecond: number;
}

/** Allows a burst and a rate. The caller gives the time, in milliseconds that never go back. */
export class TokenBucket {
  readonly #size: BucketSize;
  #tokens: number;
  #filledMs: number;

  constructor(size: BucketSize, nowMs: number) {
    this.#size = size;
    this.#tokens = size.capacity;
    this.#filledMs = nowMs;
  }

  /** Whether the bucket holds so many tokens. Takes none. */
  has(count: number, nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= count;
  }

  /** Takes so many tokens. A bucket with fewer owes the rest. */
  take(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= count;
  }

  /** Milliseconds until the bucket owes nothing; 0 when it owes nothing now. */
  debtMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#size.perSecond) * 1000);
  }

  /** Whether the bucket is full. A full bucket need not be kept. */
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

/** A bucket for each name, at most `max` of them. At the limit the least recently used one goes. */
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

  /** The bucket of this name. A new one is full. */
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
