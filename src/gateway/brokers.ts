/**
 * The brokers of a device in order of preference, and what is remembered of each. After `BROKER_ATTEMPTS_MAX` attempts in a row
 * that did not connect, the next broker has its turn. After the last one comes the first. After a while the device leaves a
 * fall-back for the preferred broker. That time doubles each time when the preferred broker is not back.
 */
import { BROKER_ATTEMPTS_MAX, BROKER_RETURN_MAX_MS, BROKER_RETURN_MS, BROKER_RETURN_POSTPONE_MS } from "../limits.ts";
import type { Subscription } from "../mqtt/packet.ts";
import type { Store } from "../seams.ts";
import { BrokerRecord } from "./broker-record.ts";
import type { BrokerSettings } from "./settings.ts";

interface Candidate {
  readonly broker: BrokerSettings;
  readonly record: BrokerRecord;
}

export class Brokers {
  private readonly candidates: readonly Candidate[];
  private index = 0;
  private failedAttempts = 0;
  private wasConnected = false;
  private isReturning = false;
  private returnDueMs: number | undefined;
  private returnDelayMs = BROKER_RETURN_MS;
  /** The broker to go back to when the preferred one is tried and does not answer. */
  private fallbackIndex: number | undefined;

  /** @param brokers at least one; the preferred one first */
  constructor(brokers: readonly BrokerSettings[], store: Store, subscriptions: readonly Subscription[]) {
    this.candidates = brokers.map((broker) => ({
      broker,
      record: new BrokerRecord(store, `${broker.host}:${broker.port}`, subscriptions),
    }));
  }

  get current(): Candidate {
    return this.candidates[this.index] as Candidate;
  }

  /** `host:port` of the current broker. */
  get address(): string {
    const { host, port } = this.current.broker;
    return `${host}:${port}`;
  }

  /** When the preferred broker is to be tried again, or undefined. */
  get returnMs(): number | undefined {
    return this.returnDueMs;
  }

  handleConnected(nowMs: number): void {
    this.wasConnected = true;
    this.failedAttempts = 0;
    this.fallbackIndex = undefined;
    if (this.index === 0) this.returnDelayMs = BROKER_RETURN_MS;
    this.returnDueMs = this.index === 0 ? undefined : nowMs + this.returnDelayMs;
  }

  /** The connection, or an attempt at one, has ended. Returns whether the next attempt goes to another broker. */
  handleDisconnected(): boolean {
    const isChanged = this.wasConnected ? this.isReturning : this.handleFailedAttempt();
    this.wasConnected = false;
    this.isReturning = false;
    return isChanged;
  }

  /** Returns whether to leave a fall-back now for the preferred broker. While messages are on their way it is too early. */
  beginReturn(outboxCount: number, nowMs: number): boolean {
    if (this.returnDueMs === undefined || nowMs < this.returnDueMs) return false;
    if (outboxCount > 0) {
      this.returnDueMs = nowMs + BROKER_RETURN_POSTPONE_MS;
      return false;
    }
    this.fallbackIndex = this.index;
    this.index = 0;
    this.failedAttempts = 0;
    this.returnDueMs = undefined;
    this.returnDelayMs = Math.min(this.returnDelayMs * 2, BROKER_RETURN_MAX_MS);
    this.isReturning = true;
    return true;
  }

  private handleFailedAttempt(): boolean {
    this.failedAttempts += 1;
    const attemptsMax = this.fallbackIndex === undefined ? BROKER_ATTEMPTS_MAX : 1;
    if (this.failedAttempts < attemptsMax || this.candidates.length === 1) return false;
    this.index = this.fallbackIndex ?? (this.index + 1) % this.candidates.length;
    this.failedAttempts = 0;
    this.fallbackIndex = undefined;
    return true;
  }
}
