import { REFUSAL_LINES } from "../station-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Writes what was refused to the log, but not as fast as someone can be refused. */
export class RefusalLog {
  readonly #bucket = new TokenBucket(REFUSAL_LINES, performance.now());
  #leftOut = 0;

  write(line: string): void {
    const nowMs = performance.now();
    if (!this.#bucket.has(1, nowMs)) {
      this.#leftOut += 1;
      return;
    }
    this.#bucket.take(1, nowMs);
    const more = this.#leftOut > 0 ? ` (and ${this.#leftOut} more before it)` : "";
    this.#leftOut = 0;
    console.error(`refused: ${line}${more}`);
  }
}
