/** Which broker is connected to, and what is remembered of each. */
import { BROKER_RETURN_POSTPONE_MS } from "../limits.ts";
import type { Subscription } from "../mqtt/packet.ts";
import type { Store } from "../seams.ts";
import { BrokerList } from "./broker-list.ts";
import { BrokerRecord } from "./broker-record.ts";
import type { BrokerSettings } from "./settings.ts";

interface Candidate {
  readonly broker: BrokerSettings;
  readonly record: BrokerRecord;
}

export class BrokerChoice {
  private readonly list: BrokerList<Candidate>;
  private wasConnected = false;
  private isReturning = false;

  /** @param brokers at least one, the preferred one first */
  constructor(brokers: readonly BrokerSettings[], store: Store, subscriptions: readonly Subscription[]) {
    this.list = new BrokerList(
      brokers.map((broker) => ({
        broker,
        record: new BrokerRecord(store, `${broker.host}:${broker.port}`, subscriptions),
      })),
    );
  }

  get current(): Candidate {
    return this.list.current;
  }

  /** `host:port` of the current one. */
  get address(): string {
    const { host, port } = this.current.broker;
    return `${host}:${port}`;
  }

  /** When the preferred broker is to be tried again, or undefined. */
  get returnMs(): number | undefined {
    return this.list.returnMs;
  }

  handleConnected(nowMs: number): void {
    this.wasConnected = true;
    this.list.handleConnected(nowMs);
  }

  /** The connection, or the attempt at one, has ended. Returns whether the next attempt goes to another broker. */
  handleDisconnected(): boolean {
    const isChanged = this.wasConnected ? this.isReturning : this.list.handleFailedAttempt();
    this.wasConnected = false;
    this.isReturning = false;
    return isChanged;
  }

  /** Whether a lesser broker is to be left now for the preferred one; with messages on their way it is not the moment. */
  beginReturn(outboxCount: number, nowMs: number): boolean {
    const { returnMs } = this.list;
    if (returnMs === undefined || nowMs < returnMs) return false;
    if (outboxCount > 0) {
      this.list.postponeReturn(nowMs + BROKER_RETURN_POSTPONE_MS);
      return false;
    }
    this.list.beginReturn();
    this.isReturning = true;
    return true;
  }
}
