import { randomBytes } from "node:crypto";

/** Gives ids of pushes, which sort in the order of acceptance. */
export class PushIds {
  /** Counts the pushes of one millisecond. */
  #ms = 0;
  #count = 0;

  /** An id: 8 characters of time, 2 of a counter, 8 random ones. Ids sort by time until the year 2059. */
  next(atMs: number): string {
    const nowMs = Math.max(atMs, this.#ms);
    this.#count = nowMs === this.#ms ? this.#count + 1 : 0;
    this.#ms = nowMs;
    const count = (this.#count % 1_296).toString(36).padStart(2, "0");
    return nowMs.toString(36).padStart(8, "0") + count + randomBytes(6).toString("hex").slice(0, 8);
  }
}
