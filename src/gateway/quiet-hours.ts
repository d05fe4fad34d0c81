import type { Device } from "./device.ts";
import { readText, writeText } from "./text-record.ts";

const DAY_MINUTES = 1_440;

/** The record of hours that were set on the device or by a command: their text. */
const KEY = "quiet";

export interface Hours {
  /** Minutes of the day. */
  readonly from: number;
  /** Before `from` where they go over midnight. */
  readonly to: number;
}

/** `22:00-07:00`; `on`: always; `off` or empty: never. undefined for anything else. */
export function parseHours(text: string): Hours | undefined {
  if (text === "on") return { from: 0, to: DAY_MINUTES };
  if (text === "off" || text === "") return { from: 0, to: 0 };
  const found = text.match(/^(\d\d):(\d\d)-(\d\d):(\d\d)$/);
  if (!found) return undefined;
  const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = found.slice(1).map(Number);
  const [from, to] = [60 * h1 + m1, 60 * h2 + m2];
  // From an hour to itself is a whole day to one reader and nothing to another.
  return h1 < 24 && h2 < 24 && m1 < 60 && m2 < 60 && from !== to ? { from, to } : undefined;
}

/** When the device is not to disturb: from the settings, or as it was told since. Without a clock only `on` is quiet. */
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

  /** As `set` takes them. */
  get hours(): string {
    return this.text;
  }

  /** As of the last `update`. */
  get isQuiet(): boolean {
    return this.isQuietNow;
  }

  /** As of the last `update`, whether it is known that it is no quiet hour: before the clock is set nobody knows. */
  get isLoud(): boolean {
    return this.isLoudNow;
  }

  /**
   * Other hours from now on, also across reboots; `setting` goes back to those of the settings. False, and nothing is changed,
   * for what `parseHours` does not take. Throws what the store throws; the hours then hold until the device starts again.
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

  /** Looks at the clock. @param seconds since 1970 */
  update(seconds: number | undefined): void {
    this.isQuietNow = this.isAt(seconds);
    this.isLoudNow = !this.isQuietNow && (seconds !== undefined || this.current.from === this.current.to);
  }

  /** How long until they may begin or end, in milliseconds, or undefined. */
  remainingMs(seconds: number | undefined): number | undefined {
    const { from, to } = this.current;
    if (seconds === undefined || to - from === DAY_MINUTES || from === to) return undefined;
    const ofDay = this.secondOfDay(seconds);
    const until = (minutes: number) => (60 * (minutes + DAY_MINUTES) - ofDay) % (60 * DAY_MINUTES) || 60 * DAY_MINUTES;
    // Where local time jumps before that, the clock is looked at then.
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
