/** A few deadlines and the earliest of them: each wait of a state machine stands here under the number of its reason. */
export class Timers {
  /** By reason; Infinity: not set. */
  readonly #deadlines: number[];

  /** @param count reasons are 0 to `count` - 1 */
  constructor(count: number) {
    this.#deadlines = new Array(count).fill(NEVER);
  }

  /** Sets or moves the deadline of this reason; undefined clears it. */
  set(reason: number, atMs: number | undefined): void {
    this.#deadlines[reason] = atMs ?? NEVER;
  }

  clear(reason: number): void {
    this.#deadlines[reason] = NEVER;
  }

  clearAll(): void {
    this.#deadlines.fill(NEVER);
  }

  /** The earliest deadline, or undefined. */
  next(): number | undefined {
    const reason = this.#earliest();
    return reason < 0 ? undefined : this.#deadlines[reason];
  }

  /** Takes out the earliest reason whose deadline has come, or returns undefined. */
  takeDue(nowMs: number): number | undefined {
    const reason = this.#earliest();
    if (reason < 0 || (this.#deadlines[reason] as number) > nowMs) return undefined;
    this.clear(reason);
    return reason;
  }

  /** Its reason, or -1. Asked for after every event: it allocates nothing. */
  #earliest(): number {
    const deadlines = this.#deadlines;
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
