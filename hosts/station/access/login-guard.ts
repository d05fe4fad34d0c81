/**
 * Slows down guessing. Failed logins are counted for each address and each account. An address that has logged in to an account
 * before is exempt from the limit of that account. So nobody can lock out its user.
 */
import { LOGIN_FAILURES_PER_ACCOUNT, LOGIN_FAILURES_PER_ADDRESS, LOGIN_PLACES_MAX } from "../station-limits.ts";
import type { Account, Accounts } from "./accounts.ts";
import { TokenBuckets } from "./token-bucket.ts";

export class LoginGuard {
  readonly #verifier: Accounts;
  readonly #addresses = new TokenBuckets(LOGIN_FAILURES_PER_ADDRESS, LOGIN_PLACES_MAX);
  readonly #accounts = new TokenBuckets(LOGIN_FAILURES_PER_ACCOUNT, LOGIN_PLACES_MAX);
  /** Address and account of each login that succeeded, the oldest first. */
  readonly #known = new Set<string>();

  constructor(accounts: Accounts) {
    this.#verifier = accounts;
  }

  /**
   * The account with this name and password. `wrong`: there is none. `held`: there were too many failures, and the password was
   * not looked at. Rejects as `Accounts.verify`.
   */
  async logIn(name: string, password: string, address: string): Promise<Account | "wrong" | "held"> {
    let isHeld = false;
    const mayTry = () => {
      isHeld = !this.#mayTry(name, address, performance.now());
      return !isHeld;
    };
    const account = await this.#verifier.verify(name, password, mayTry);
    if (account) this.#succeeded(name, address);
    else if (!isHeld) this.#failed(name, address, performance.now());
    return account ?? (isHeld ? "held" : "wrong");
  }

  #mayTry(account: string, address: string, nowMs: number): boolean {
    if (!this.#addresses.of(address, nowMs).has(1, nowMs)) return false;
    return this.#known.has(placeOf(account, address)) || this.#accounts.of(account, nowMs).has(1, nowMs);
  }

  #failed(account: string, address: string, nowMs: number): void {
    this.#addresses.of(address, nowMs).take(1, nowMs);
    if (!this.#known.has(placeOf(account, address))) this.#accounts.of(account, nowMs).take(1, nowMs);
  }

  #succeeded(account: string, address: string): void {
    const place = placeOf(account, address);
    this.#known.delete(place);
    this.#known.add(place);
    const [oldest] = this.#known;
    if (this.#known.size > LOGIN_PLACES_MAX && oldest !== undefined) this.#known.delete(oldest);
  }
}

function placeOf(account: string, address: string): string {
  return `${address} ${account}`;
}
