/** A few named deadlines and the earliest of them: each wait of a state machine stands here under its reason. */
export class Timers<Reason extends string> {
  readonly #deadlines = new Map<Reason, number>();

  /** Sets or moves the deadline of this reason. */
  set(reason: Reason, atMs: number): void {
    this.#deadlines.set(reason, atMs);
  }

  clear(reason: Reason): void {
    this.#deadlines.delete(reason);
  }

  /** Sets the deadline, or clears it where there is none. */
  setOrClear(reason: Reason, atMs: number | undefined): void {
    if (atMs === undefined) this.#deadlines.delete(reason);
    else this.#deadlines.set(reason, atMs);
  }

  clearAll(): void {
    this.#deadlines.clear();
  }

  isSet(reason: Reason): boolean {
    return this.#deadlines.has(reason);
  }

  /** The earliest deadline, or undefined. */
  next(): number | undefined {
    let earliest: number | undefined;
    for (const atMs of this.#deadlines.values()) if (earliest === undefined || atMs < earliest) earliest = atMs;
    return earliest;
  }

  /** Takes out the earliest reason whose deadline has come, or returns undefined. */
  takeDue(nowMs: number): Reason | undefined {
    let due: Reason | undefined;
    let earliest = nowMs;
    for (const [reason, atMs] of this.#deadlines) {
      if (atMs < earliest || (atMs === earliest && due === undefined)) {
        due = reason;
        earliest = atMs;
      }
    }
    if (due !== undefined) this.#deadlines.delete(due);
    return due;
  }
}
