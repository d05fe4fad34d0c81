/** Time that passes only when it is told to. Actions due at the same time run in the order in which they were set. */

interface Action {
  readonly atMs: number;
  readonly run: () => void;
}

export class VirtualClock {
  readonly #actions: Action[] = [];
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs an action once, `delayMs` from now. Returns what takes it back. */
  after(delayMs: number, run: () => void): () => void {
    const action: Action = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    let index = this.#actions.length;
    while (index > 0 && (this.#actions[index - 1] as Action).atMs > action.atMs) index -= 1;
    this.#actions.splice(index, 0, action);
    return () => {
      const found = this.#actions.indexOf(action);
      if (found >= 0) this.#actions.splice(found, 1);
    };
  }

  /** Lets time pass until `atMs`, or until `done` says so after an action. */
  runUntil(atMs: number, done: () => boolean = () => false): void {
    for (let next = this.#actions[0]; next && next.atMs <= atMs; next = this.#actions[0]) {
      this.#actions.shift();
      this.#nowMs = next.atMs;
      next.run();
      if (done()) return;
    }
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }
}
