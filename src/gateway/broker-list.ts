/**
 * The brokers of a device, in order of preference. After `BROKER_ATTEMPTS_MAX` attempts in a row that did not connect it is
 * the next one's turn, round and round. A lesser broker is left for the preferred one after a while, and that while doubles
 * each time the preferred one turns out not to be back.
 */
import { BROKER_ATTEMPTS_MAX, BROKER_RETURN_MAX_MS, BROKER_RETURN_MS } from "../limits.ts";

export class BrokerList<Broker> {
  private readonly brokers: readonly Broker[];
  private index = 0;
  private failedAttempts = 0;
  private returnDueMs: number | undefined;
  private returnDelayMs = BROKER_RETURN_MS;
  /** Where to go back to when the preferred one is tried and is not there. */
  private fallbackIndex: number | undefined;

  /** @param brokers at least one, the preferred one first */
  constructor(brokers: readonly Broker[]) {
    this.brokers = brokers;
  }

  get current(): Broker {
    return this.brokers[this.index] as Broker;
  }

  /** When the preferred broker is to be tried again, or undefined. */
  get returnMs(): number | undefined {
    return this.returnDueMs;
  }

  handleConnected(nowMs: number): void {
    this.failedAttempts = 0;
    this.fallbackIndex = undefined;
    if (this.index === 0) this.returnDelayMs = BROKER_RETURN_MS;
    this.returnDueMs = this.index === 0 ? undefined : nowMs + this.returnDelayMs;
  }

  /** An attempt did not connect. Returns whether it is another broker's turn. */
  handleFailedAttempt(): boolean {
    this.failedAttempts += 1;
    const attemptsMax = this.fallbackIndex === undefined ? BROKER_ATTEMPTS_MAX : 1;
    if (this.failedAttempts < attemptsMax || this.brokers.length === 1) return false;
    this.index = this.fallbackIndex ?? (this.index + 1) % this.brokers.length;
    this.failedAttempts = 0;
    this.fallbackIndex = undefined;
    return true;
  }

  /** The next attempt goes to the preferred broker. */
  beginReturn(): void {
    this.fallbackIndex = this.index;
    this.index = 0;
    this.failedAttempts = 0;
    this.returnDueMs = undefined;
    this.returnDelayMs = Math.min(this.returnDelayMs * 2, BROKER_RETURN_MAX_MS);
  }

  /** It is not the moment to leave: ask again then. */
  postponeReturn(untilMs: number): void {
    this.returnDueMs = untilMs;
  }
}
