/** How many pushes an account may send in a minute, by whichever way they come. */
import { ACCOUNTS_MAX, PUSHES_PER_ACCOUNT_A_MINUTE } from "../shared/limits.ts";

const WINDOW_MS = 60_000;

export class PushRate {
  readonly #now: () => number;
  /** By account, those whose minute began first in front. */
  readonly #windows = new Map<string, { readonly beganMs: number; count: number }>();

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts one more. Returns the seconds until the next may come; 0: this one may. */
  count(account: string): number {
    const nowMs = this.#now();
    for (const [name, { beganMs }] of this.#windows) {
      if (nowMs - beganMs < WINDOW_MS && this.#windows.size <= ACCOUNTS_MAX) break;
      this.#windows.delete(name);
    }
    const window = this.#windows.get(account) ?? { beganMs: nowMs, count: 0 };
    this.#windows.set(account, window);
    if (window.count >= PUSHES_PER_ACCOUNT_A_MINUTE) return Math.ceil((window.beganMs + WINDOW_MS - nowMs) / 1_000);
    window.count += 1;
    return 0;
  }
}
