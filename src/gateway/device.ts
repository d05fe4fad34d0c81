/** What all parts of the gateway share. A part gets what it alone needs as parameters. */
import { messageOf } from "../errors.ts";
import type { Inbox } from "../pager/inbox.ts";
import type { Random, Store, WallClock } from "../seams.ts";
import type { Counters } from "./counters.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Settings } from "./settings.ts";
import type { TimeZone } from "./time-zone.ts";
import type { Topics } from "./topics.ts";

/** One object, created once and frozen. */
export interface Device {
  readonly settings: Settings;
  readonly topics: Topics;
  readonly store: Store;
  readonly random: Random;
  readonly wallClock: WallClock;
  /** The local time of the screen and of quiet hours. */
  readonly zone: TimeZone;
  readonly inbox: Inbox;
  readonly counters: Counters;
  readonly events: EventQueue;
}

/** Runs `write`, which uses the store. A failure is counted and logged, and not thrown. The result is then undefined. */
export function keeping<Result>({ counters, events }: Device, write: () => Result): Result | undefined {
  try {
    return write();
  } catch (error) {
    counters.storeFailures += 1;
    events.log(`store: ${messageOf(error)}`);
    return undefined;
  }
}
