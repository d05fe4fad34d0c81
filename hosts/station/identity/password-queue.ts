import { PASSWORDS_COMPUTING_MAX, PASSWORDS_WAITING_MAX } from "../shared/limits.ts";
import { AccessError } from "./access-error.ts";

/** Computes few passwords at once: each scrypt takes memory and a thread. The others wait. */
export class PasswordQueue {
  readonly #waiting: (() => void)[] = [];
  #computing = 0;

  /** Rejects with an `AccessError` of status 503 when too many wait. */
  async run<T>(compute: () => Promise<T>): Promise<T> {
    if (this.#computing >= PASSWORDS_COMPUTING_MAX) {
      if (this.#waiting.length >= PASSWORDS_WAITING_MAX)
        throw new AccessError(503, "too many log in at the same time: try again in some seconds");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#computing += 1;
    try {
      return await compute();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#computing -= 1;
    }
  }
}
