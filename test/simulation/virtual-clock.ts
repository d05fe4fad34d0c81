/**
 * Time in whole milliseconds that passes only on request. Actions that are due at the same time run in the order in which they were
 * set.
 */

interface Action {
  readonly atMs: number;
  readonly run: () => void;
}

/** More actions in one millisecond mean that the firmware spins. */
const ACTIONS_PER_MS_MAX = 10_000;

export class VirtualClock {
  readonly #actions: Action[] = [];
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs an action once, `delayMs` from now. Returns a function that cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const action: Action = { atMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)), run };
    let index = this.#actions.length;
    while (index > 0 && (this.#actions[index - 1] as Action).atMs > action.atMs) index -= 1;
    this.#actions.splice(index, 0, action);
    return () => {
      const found = this.#actions.indexOf(action);
      if (found >= 0) this.#actions.splice(found, 1);
    };
  }

  /** Lets time pass until `atMs`, or until `done` is true after an action. */
  runUntil(atMs: number, done: () => boolean = () => false): void {
    let spins = 0;
    for (let next = this.#actions[0]; next && next.atMs <= atMs; next = this.#actions[0]) {
      this.#actions.shift();
      spins = next.atMs > this.#nowMs ? 0 : spins + 1;
      if (spins > ACTIONS_PER_MS_MAX) throw new Error(`time stands still at ${this.#nowMs} ms`);
      this.#nowMs = next.atMs;
      next.run();
      if (done()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }
}
