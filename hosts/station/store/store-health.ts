/**
 * Tells whether the station's store takes writes. After a write that failed, for example on a full disk, nothing is accepted until a
 * write has succeeded again.
 */
export class StoreHealth {
  #failure: string | undefined;
  readonly #listeners = new Set<(isSound: boolean) => void>();

  /** The reason why nothing is accepted, in words; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Calls back when the store fails, and when it is sound again. */
  listen(listener: (isSound: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** A write has failed. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#failure = `a write to the disk failed (${reason}); nothing more is accepted until the disk takes writes again`;
    console.error(`station: ${this.#failure}`);
    for (const listener of this.#listeners) listener(false);
  }

  /** A write has succeeded. */
  recover(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    console.error("station: the disk takes writes again");
    for (const listener of this.#listeners) listener(true);
  }

  /** Throws a `StoreFailed` while nothing is accepted. */
  require(): void {
    if (this.#failure !== undefined) throw new StoreFailed(this.#failure);
  }
}

/** The store does not take writes. */
export class StoreFailed extends Error {
  /** The status of the HTTP interface's answers. */
  readonly statusCode = 503;
}
