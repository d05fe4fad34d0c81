import { REFUSAL_LINES } from "../shared/limits.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Logs refusals at a limited rate, so that nobody can fill the disk with them. */
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
