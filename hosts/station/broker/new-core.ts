/** Makes the parts of a broker that has nothing yet. */
import type { Random, WallClock } from "../../../src/seams.ts";
import type { Core } from "./core.ts";
import { Deadlines } from "./deadlines.ts";
import { type Hooks, OPEN_HOOKS } from "./hooks.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { Retained } from "./retained.ts";
import { Sessions } from "./sessions.ts";
import { SubscriptionTable } from "./subscription-table.ts";
import { Writes } from "./writes.ts";

export interface CoreOptions {
  /** Also chooses client identifiers that nobody can guess, so a host gives a strong one. */
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly limits?: Partial<Limits>;
  readonly hooks?: Partial<Hooks>;
}

export function newCore({ random, wallClock, limits, hooks }: CoreOptions, nowMs: number): Core {
  const core = {
    nowMs,
    limits: Object.freeze({ ...LIMITS, ...limits }),
    hooks: Object.freeze({ ...OPEN_HOOKS, ...hooks }),
    random,
    wallClock,
    deadlines: new Deadlines(),
    writes: new Writes(),
    subscriptions: new SubscriptionTable(),
    dueWills: [],
    slowReaders: { dropped: 0, closed: 0 },
    isRefusing: false,
    keptBytes: 0,
    get wallSeconds() {
      return wallClock();
    },
    lastMessageNumber: 0,
  };
  const made = core as typeof core & { retained: Retained; sessions: Sessions };
  made.retained = new Retained(made);
  made.sessions = new Sessions(made);
  return made;
}
