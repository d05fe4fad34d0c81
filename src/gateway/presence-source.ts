import { decodePresence, encodePresence, PRESENCE_STATUS, type Presence } from "../payload/presence.ts";
import type { Store } from "../seams.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Topics } from "./topics.ts";

/** The will, and what is said on a clean end. */
export const OFFLINE = encodePresence({ status: PRESENCE_STATUS.offline, context: "" });

export const ONLINE: Presence = Object.freeze({ status: PRESENCE_STATUS.online, context: "" });
export const BUSY: Presence = Object.freeze({ status: PRESENCE_STATUS.busy, context: "" });
const AWAY: Presence = Object.freeze({ status: PRESENCE_STATUS.away, context: "" });
const QUIET: Presence = Object.freeze({ status: PRESENCE_STATUS.busy, context: "quiet hours" });

/** The record of what was chosen by hand: the payload that is sent for it. */
const KEY = "presence";

export interface PresenceOptions {
  readonly topics: Topics;
  readonly store: Store;
  readonly quietHours: QuietHours;
  /** Milliseconds without a touch after which the carrier counts as away; 0: never. */
  readonly awayMs: number;
}

/**
 * This device's own presence, retained at the broker: said after each connection and when it changes. What was chosen by hand
 * goes before quiet hours, and these before being away.
 */
export class PresenceSource implements OutgoingSource {
  private readonly options: PresenceOptions;
  private chosen: Presence | undefined;
  private touchedMs = 0;
  private isDue = false;
  private isSent = false;
  private said: Presence = ONLINE;

  constructor(options: PresenceOptions) {
    this.options = options;
    const record = options.store.read(KEY);
    this.chosen = record && readPresence(record);
  }

  /** What is to be said now. */
  current(nowMs: number): Presence {
    const { quietHours, awayMs } = this.options;
    if (this.chosen) return this.chosen;
    if (quietHours.isQuiet) return QUIET;
    return awayMs > 0 && nowMs - this.touchedMs >= awayMs ? AWAY : ONLINE;
  }

  /** When the carrier becomes away, or undefined. */
  timeoutMs(nowMs: number): number | undefined {
    const { awayMs } = this.options;
    return awayMs > 0 && this.current(nowMs) === ONLINE ? this.touchedMs + awayMs : undefined;
  }

  handleConnected(): void {
    this.isDue = true;
  }

  handleTouched(nowMs: number): void {
    this.touchedMs = nowMs;
  }

  /** Chosen by hand, also across reboots; undefined: no longer. Throws what the store throws; it holds even so. */
  choose(presence: Presence | undefined): void {
    this.chosen = presence;
    if (presence) this.options.store.write(KEY, encodePresence(presence));
    else this.options.store.remove(KEY);
  }

  next(nowMs: number): Outgoing | undefined {
    const presence = this.current(nowMs);
    // One that is still in flight is sent again by the session; what is new follows it.
    if (this.isSent || (!this.isDue && isSame(presence, this.said))) return undefined;
    const handleSent = () => {
      this.isDue = false;
      this.isSent = true;
      this.said = presence;
    };
    const handleTaken = () => {
      this.isSent = false;
    };
    const { presence: topic } = this.options.topics;
    return { topic, payload: encodePresence(presence), qos: 1, retain: true, handleSent, handleTaken };
  }
}

/** undefined for a record that is not what was written. */
function readPresence(record: Uint8Array): Presence | undefined {
  try {
    return decodePresence(record);
  } catch {
    return undefined;
  }
}

function isSame(a: Presence, b: Presence): boolean {
  return a.status === b.status && a.context === b.context;
}
