/**
 * Whether the station's stores keep what they are given. After a write that failed, as on a full disk, a store may hold half a
 * record at its end. What is written behind that can be gone at the next start, although it was written without an error. So
 * the first failure of one store ends writing to all of them until a restart, which reads again what is whole.
 */
export class StoreHealth {
  #failure: string | undefined;
  readonly #listeners = new Set<() => void>();

  /** Why nothing more is accepted, in words; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Calls back once, at the first failure. */
  listen(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** A write has failed. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#failure = `a write to the disk failed (${reason}); nothing more is accepted until the station is started again`;
    console.error(`station: ${this.#failure}`);
    for (const listener of this.#listeners) listener();
  }

  /** Throws a `StoreFailed` after the first failure. */
  require(): void {
    if (this.#failure !== undefined) throw new StoreFailed(this.#failure);
  }
}

/** Nothing is written any more. */
export class StoreFailed extends Error {
  /** What the HTTP interface answers. */
  readonly statusCode = 503;
}
