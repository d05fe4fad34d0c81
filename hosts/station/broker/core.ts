/** What all parts of the broker share. */
import type { Random, WallClock } from "../../../src/seams.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Hooks } from "./hooks.ts";
import type { Limits } from "./limits.ts";
import type { Retained } from "./retained.ts";
import type { Sessions } from "./sessions.ts";
import type { SubscriptionTable } from "./subscription-table.ts";
import type { Will } from "./will.ts";
import type { Writes } from "./writes.ts";

export interface DueWill {
  readonly will: Will;
  readonly clientIdentifier: string;
}

export interface Core {
  /** The time of the input that is handled, in milliseconds of a clock that never jumps. */
  nowMs: number;
  readonly wallSeconds: number | undefined;
  readonly limits: Limits;
  readonly hooks: Hooks;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly deadlines: Deadlines;
  readonly writes: Writes;
  readonly retained: Retained;
  readonly sessions: Sessions;
  readonly subscriptions: SubscriptionTable;
  /** A transaction was refused, and none was on the store since: nothing is accepted that has to be written. */
  isRefusing: boolean;
  /** Wills that are due. They are published at the end of the input that made them so, in its transaction. */
  readonly dueWills: DueWill[];
  /** What slow readers have cost themselves: messages of QoS 0 that were dropped, connections that were closed. */
  readonly slowReaders: { dropped: number; closed: number };
  /** Of all messages on the store: what waits in queues, and what is retained. */
  keptBytes: number;
  /** Of the message that was made last. */
  lastMessageNumber: number;
}
