/**
 * Slows down guessing. The pace of a guesser is his own: failures are counted for each account at each address, and one wrong password
 * in 5 seconds never reaches the limit. Far wider limits hold for an address and for an account. Where an account has logged in before,
 * the limit of that account does not hold. The same wrong password again, as of a device that nobody has told the new one, counts once.
 */
import { createHmac, randomBytes } from "node:crypto";
import {
  LOGIN_FAILURES,
  LOGIN_FAILURES_PER_ACCOUNT,
  LOGIN_FAILURES_PER_ADDRESS,
  LOGIN_PLACES_MAX,
} from "../shared/limits.ts";
import type { Account, Accounts } from "./accounts.ts";
import { TokenBuckets } from "./token-bucket.ts";

export class LoginGuard {
  readonly #verifier: Accounts;
  readonly #places = new TokenBuckets(LOGIN_FAILURES, LOGIN_PLACES_MAX);
  readonly #addresses = new TokenBuckets(LOGIN_FAILURES_PER_ADDRESS, LOGIN_PLACES_MAX);
  readonly #accounts = new TokenBuckets(LOGIN_FAILURES_PER_ACCOUNT, LOGIN_PLACES_MAX);
  /** Address and account of each login that succeeded, the oldest first. */
  readonly #known = new Set<string>();
  /** What was wrong last, by address and account, the oldest first. */
  readonly #wrong = new Map<string, string>();
  readonly #key = randomBytes(32);

  constructor(accounts: Accounts) {
    this.#verifier = accounts;
  }

  /**
   * The account with this name and password. `wrong`: there is none. `held`: there were too many failures, and the password was
   * not looked at. Rejects as `Accounts.verify`.
   */
  async logIn(name: string, password: string, address: string): Promise<Account | "wrong" | "held"> {
    const place = placeOf(name, address);
    const attempt = this.#digest(name, password);
    if (this.#wrong.get(place) === attempt) return "wrong";
    let isHeld = false;
    const mayTry = () => {
      isHeld = !this.#mayTry(name, address, performance.now());
      return !isHeld;
    };
    const account = await this.#verifier.verify(name, password, mayTry);
    if (account) remember(this.#known, place);
    else if (!isHeld) {
      this.#failed(name, address, performance.now());
      this.#wrong.delete(place);
      this.#wrong.set(place, attempt);
      forgetOldest(this.#wrong);
    }
    return account ?? (isHeld ? "held" : "wrong");
  }

  #mayTry(account: string, address: string, nowMs: number): boolean {
    const place = placeOf(account, address);
    if (!this.#places.of(place, nowMs).has(1, nowMs) || !this.#addresses.of(address, nowMs).has(1, nowMs)) return false;
    return this.#known.has(place) || this.#accounts.of(account, nowMs).has(1, nowMs);
  }

  #failed(account: string, address: string, nowMs: number): void {
    const place = placeOf(account, address);
    this.#places.of(place, nowMs).take(1, nowMs);
    this.#addresses.of(address, nowMs).take(1, nowMs);
    if (!this.#known.has(place)) this.#accounts.of(account, nowMs).take(1, nowMs);
  }

  /** Another one after each change of the password: what was wrong may be right then. */
  #digest(name: string, password: string): string {
    const credential = this.#verifier.credentialOf(name) ?? "";
    return createHmac("sha256", this.#key).update(`${credential} ${password}`).digest("base64");
  }
}

function remember(places: Set<string>, place: string): void {
  places.delete(place);
  places.add(place);
  forgetOldest(places);
}

function forgetOldest(places: Set<string> | Map<string, unknown>): void {
  const [oldest] = places.keys();
  if (places.size > LOGIN_PLACES_MAX && oldest !== undefined) places.delete(oldest);
}

function placeOf(account: string, address: string): string {
  return `${address} ${account}`;
}
