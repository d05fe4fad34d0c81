/** What is due when. An entry cannot be taken back: who set it looks whether it still counts when it is due, see `Alarm`. */

interface Deadline {
  readonly atMs: number;
  readonly run: (nowMs: number) => void;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * One thing that is due at a time that changes. However often it changes, there is one entry of it: an entry that comes too early sets
 * itself anew. So a client that comes and goes leaves nothing behind.
 */
export class Alarm {
  readonly #deadlines: Deadlines;
  readonly #due: () => number;
  readonly #run: () => void;
  /** When the entry comes. Infinity: there is none. */
  #setMs = NEVER;

  /** @param due when it is due as things stand, Infinity for never */
  constructor(deadlines: Deadlines, due: () => number, run: () => void) {
    this.#deadlines = deadlines;
    this.#due = due;
    this.#run = run;
  }

  /** What is due may have changed. */
  watch(): void {
    const dueMs = this.#due();
    if (dueMs >= this.#setMs) return;
    this.#setMs = dueMs;
    this.#deadlines.at(dueMs, (nowMs) => {
      // An earlier one was set meanwhile.
      if (this.#setMs !== dueMs) return;
      this.#setMs = NEVER;
      if (this.#due() <= nowMs) this.#run();
      else this.watch();
    });
  }
}

/** A binary heap, the earliest first. */
export class Deadlines {
  readonly #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get next(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  at(atMs: number, run: (nowMs: number) => void): void {
    const heap = this.#heap;
    let index = heap.length;
    const deadline = { atMs, run };
    for (
      let parent = (index - 1) >> 1;
      index > 0 && (heap[parent] as Deadline).atMs > atMs;
      parent = (index - 1) >> 1
    ) {
      heap[index] = heap[parent] as Deadline;
      index = parent;
    }
    heap[index] = deadline;
  }

  /** Runs what is due, the earliest first. What is set meanwhile for now or earlier runs, too. */
  runDue(nowMs: number): void {
    for (let first = this.#heap[0]; first && first.atMs <= nowMs; first = this.#heap[0]) {
      this.#removeFirst();
      first.run(nowMs);
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Deadline;
    const size = heap.length;
    if (size === 0) return;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && (heap[child + 1] as Deadline).atMs < (heap[child] as Deadline).atMs) child += 1;
      if ((heap[child] as Deadline).atMs >= last.atMs) break;
      heap[index] = heap[child] as Deadline;
      index = child;
    }
    heap[index] = last;
  }
}
