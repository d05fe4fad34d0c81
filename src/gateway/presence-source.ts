import { decodePresence, encodePresence, PRESENCE_STATUS, type Presence } from "../payload/presence.ts";
import { readRecord } from "../records.ts";
import type { Device } from "./device.ts";
import type { Outgoing, OutgoingSource } from "./outbox.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** The payload of the will. The device also sends it on a clean end. */
export const OFFLINE = encodePresence({ status: PRESENCE_STATUS.offline, context: "" });

/** The payload before a restart that loads an update. */
export const UPDATING = encodePresence({ status: PRESENCE_STATUS.offline, context: "update" });

/** The last presence of a device whose battery is empty. */
export const BATTERY_EMPTY: Presence = Object.freeze({ status: PRESENCE_STATUS.offline, context: "battery empty" });

export const ONLINE: Presence = Object.freeze({ status: PRESENCE_STATUS.online, context: "" });
export const BUSY: Presence = Object.freeze({ status: PRESENCE_STATUS.busy, context: "" });
const AWAY: Presence = Object.freeze({ status: PRESENCE_STATUS.away, context: "" });
const QUIET: Presence = Object.freeze({ status: PRESENCE_STATUS.busy, context: "quiet hours" });

/**
 * The record of the presence that was chosen by hand: version, then the payload that is sent for it. Older firmware wrote only
 * the payload.
 */
const KEY = "presence";
const VERSION = 1;

/**
 * This device's own presence, retained at the broker. The device sends it after each connection and at each change. A presence
 * chosen by hand takes precedence over quiet hours. Quiet hours take precedence over being away.
 */
export class PresenceSource implements OutgoingSource {
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  /** The carrier counts as away after so many milliseconds without a touch. 0: never. */
  private readonly awayMs: number;
  private chosen: Presence | undefined;
  private farewell: Presence | undefined;
  private touchedMs = 0;
  private isDue = false;
  private isInFlight = false;
  private lastSent: Presence = ONLINE;

  constructor(device: Device, quietHours: QuietHours) {
    this.device = device;
    this.quietHours = quietHours;
    this.awayMs = device.settings.presence.awaySeconds * 1000;
    this.chosen = readPresence(readRecord(device.store, KEY));
  }

  /** The presence that holds now. */
  current(nowMs: number): Presence {
    if (this.farewell) return this.farewell;
    if (this.chosen) return this.chosen;
    if (this.quietHours.isQuiet) return QUIET;
    return this.awayMs > 0 && nowMs - this.touchedMs >= this.awayMs ? AWAY : ONLINE;
  }

  /** When the carrier becomes away, or undefined. */
  timeoutMs(nowMs: number): number | undefined {
    return this.awayMs > 0 && this.current(nowMs) === ONLINE ? this.touchedMs + this.awayMs : undefined;
  }

  handleConnected(): void {
    this.isDue = true;
  }

  /** The device is about to go, and says so with this. */
  handleFarewell(presence: Presence): void {
    this.farewell = presence;
  }

  /** What is sent last before the connection ends. */
  get lastWords(): Uint8Array {
    return this.farewell ? encodePresence(this.farewell) : OFFLINE;
  }

  handleTouched(nowMs: number): void {
    this.touchedMs = nowMs;
  }

  /**
   * Sets the presence by hand, also across reboots. undefined: presence follows the device again. Throws what the store throws.
   * The presence then holds until the device restarts.
   */
  choose(presence: Presence | undefined): void {
    this.chosen = presence;
    if (presence) this.device.store.write(KEY, Uint8Array.of(VERSION, ...encodePresence(presence)));
    else this.device.store.remove(KEY);
  }

  next(nowMs: number): Outgoing | undefined {
    const presence = this.current(nowMs);
    // The session sends a presence in flight again. A newer one follows it.
    if (this.isInFlight || (!this.isDue && isSame(presence, this.lastSent))) return undefined;
    const handleSent = () => {
      this.isDue = false;
      this.isInFlight = true;
      this.lastSent = presence;
    };
    const handleTaken = () => {
      this.isInFlight = false;
    };
    const { presence: topic } = this.device.topics;
    return { topic, payload: encodePresence(presence), qos: 1, retain: true, handleSent, handleTaken };
  }
}

/** Returns undefined for a damaged record. */
function readPresence(record: Uint8Array | undefined): Presence | undefined {
  try {
    return record && decodePresence(record[0] === VERSION ? record.subarray(1) : record);
  } catch {
    return undefined;
  }
}

function isSame(a: Presence, b: Presence): boolean {
  return a.status === b.status && a.context === b.context;
}
