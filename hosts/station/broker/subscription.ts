/** A subscription of a session (3.8.3.1). */
import type { QoS } from "./message.ts";

export interface Subscription {
  /** As the client wrote it, with `$share/{group}/` where it is shared. */
  readonly filter: string;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
  /** 0: none. */
  readonly identifier: number;
  /** The host has added it. The client may replace it, or take it back. */
  readonly isAdded: boolean;
  /** The client has taken back what the host had added. The host does not add it again. It matches nothing. */
  readonly isDeclined: boolean;
  /** Retained messages are still to be sent for it. */
  readonly isRetainedOwed: boolean;
}

/** What the host adds to a session by itself. */
export interface AddedSubscription {
  readonly filter: string;
  readonly qos: QoS;
}

export function addedSubscription({ filter, qos }: AddedSubscription): Subscription {
  return {
    filter,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    identifier: 0,
    isAdded: true,
    isDeclined: false,
    isRetainedOwed: false,
  };
}
