/**
 * Tells whether the station's stores can be written. After a failed write, for example on a full disk, a store may end with half a
 * record. Whatever is written behind it can be lost at the next start, though that write reported no error. So the first failure of
 * one store ends writing to all of them until a restart.
 */
export class StoreHealth {
  #failure: string | undefined;
  readonly #listeners = new Set<() => void>();

  /** The reason why nothing more is accepted, in words; undefined while all is well. */
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

/** A store has failed, and nothing is written any more. */
export class StoreFailed extends Error {
  /** The status of the HTTP interface's answers. */
  readonly statusCode = 503;
}
