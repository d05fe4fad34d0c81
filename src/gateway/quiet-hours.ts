import type { Device } from "./device.ts";
import { readText, writeText } from "./text-record.ts";

const DAY_MINUTES = 1_440;

/** The record of the hours that a command has set: their text. */
const KEY = "quiet";

export interface Hours {
  /** Minutes since midnight. */
  readonly from: number;
  /** Less than `from` where the hours go over midnight. */
  readonly to: number;
}

/** Reads `22:00-07:00`, `on` (always), `off` or an empty text (never). Returns undefined for any other text. */
export function parseHours(text: string): Hours | undefined {
  if (text === "on") return { from: 0, to: DAY_MINUTES };
  if (text === "off" || text === "") return { from: 0, to: 0 };
  const found = text.match(/^(\d\d):(\d\d)-(\d\d):(\d\d)$/);
  if (!found) return undefined;
  const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = found.slice(1).map(Number);
  const [from, to] = [60 * h1 + m1, 60 * h2 + m2];
  // From an hour to the same hour may mean a whole day or nothing. So it is refused.
  return h1 < 24 && h2 < 24 && m1 < 60 && m2 < 60 && from !== to ? { from, to } : undefined;
}

/**
 * When the device must not disturb. The hours come from the settings, or from a command since. Without a clock, only `on` is
 * quiet.
 */
export class QuietHours {
  private readonly device: Device;
  private text: string;
  private current: Hours;
  private isQuietNow = false;
  private isLoudNow = false;

  constructor(device: Device) {
    this.device = device;
    const kept = readText(device.store, KEY);
    const text = kept !== undefined && parseHours(kept) ? kept : this.setting;
    this.current = parseHours(text) ?? NEVER;
    this.text = text;
  }

  /** The hours, as `set` takes them. */
  get hours(): string {
    return this.text;
  }

  /** Whether it is quiet now, as of the last `update`. */
  get isQuiet(): boolean {
    return this.isQuietNow;
  }

  /** Whether it is certainly not quiet now, as of the last `update`. Before the clock is set nobody knows. */
  get isLoud(): boolean {
    return this.isLoudNow;
  }

  /**
   * Sets other hours from now on, also across reboots. `setting` goes back to those of the settings. Returns false and changes
   * nothing when `parseHours` does not take the text. Throws what the store throws. The hours then hold until the device
   * restarts.
   */
  set(text: string): boolean {
    const isBack = text === "setting";
    const hours = parseHours(isBack ? this.setting : text);
    if (!hours) return false;
    this.current = hours;
    this.text = isBack ? this.setting : text;
    if (isBack) this.device.store.remove(KEY);
    else writeText(this.device.store, KEY, text);
    return true;
  }

  /** Reads the clock. @param seconds since 1970 */
  update(seconds: number | undefined): void {
    this.isQuietNow = this.isAt(seconds);
    this.isLoudNow = !this.isQuietNow && (seconds !== undefined || this.current.from === this.current.to);
  }

  /** The time until the hours begin or end, in milliseconds, or undefined where they never do. */
  remainingMs(seconds: number | undefined): number | undefined {
    const { from, to } = this.current;
    if (seconds === undefined || to - from === DAY_MINUTES || from === to) return undefined;
    const ofDay = this.secondOfDay(seconds);
    const until = (minutes: number) => (60 * (minutes + DAY_MINUTES) - ofDay) % (60 * DAY_MINUTES) || 60 * DAY_MINUTES;
    // When local time jumps before that, the clock is read again at the jump.
    return 1000 * Math.min(until(from), until(to), this.device.zone.nextChangeSeconds(seconds) - seconds);
  }

  private get setting(): string {
    return this.device.settings.quiet.hours;
  }

  private isAt(seconds: number | undefined): boolean {
    const { from, to } = this.current;
    if (to - from === DAY_MINUTES) return true;
    if (seconds === undefined || from === to) return false;
    const minute = this.secondOfDay(seconds) / 60;
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
  }

  private secondOfDay(seconds: number): number {
    const day = 60 * DAY_MINUTES;
    return (((seconds + 60 * this.device.zone.offsetMinutes(seconds)) % day) + day) % day;
  }
}

const NEVER: Hours = Object.freeze({ from: 0, to: 0 });
