import type { Device } from "./device.ts";
import { readText, writeText } from "./text-record.ts";

const DAY_MINUTES = 1_440;
const DAY_SECONDS = 60 * DAY_MINUTES;

const NEVER: Hours = Object.freeze([]);

/** The record of the hours that a command has set: their text. */
const KEY = "quiet";

/**
 * Spans of time, each as one number: days of the week on which it begins (bit 0: Sunday), then its begin and its end in minutes since
 * midnight, 11 bits each. An end before the begin is on the next day.
 */
export type Hours = readonly number[];

const DAYS = "SunMonTueWedThuFriSat";
const EVERY_DAY = 127;
const ALWAYS = (EVERY_DAY << 22) | DAY_MINUTES;
const SPANS_MAX = 4;

/**
 * Reads `22:00-07:00`, or spans for days of the week, each of which begins on its days: `Sun-Thu 22:00-06:30, Fri-Sat 23:30-09:00`.
 * Also reads `on` (always), `off` and an empty text (never). Returns undefined for any other text.
 */
export function parseHours(text: string): Hours | undefined {
  if (text === "on") return [ALWAYS];
  if (text === "off" || text === "") return NEVER;
  const spans: number[] = [];
  for (const part of text.split(",")) {
    const words = part.trim().split(" ");
    const days = words.length === 1 ? EVERY_DAY : parseDays(words[0] as string);
    const span = words.length > 2 || days === 0 ? undefined : parseSpan(days, words.at(-1) as string);
    if (span === undefined || spans.length === SPANS_MAX) return undefined;
    spans.push(span);
  }
  return spans;
}

/** Reads `Mon` or `Fri-Sun`. Returns a bit for each day, and 0 for any other text. */
function parseDays(text: string): number {
  const [first = "", last = first, ...more] = text.split("-");
  const [from, to] = [dayOf(first), dayOf(last)];
  if (from < 0 || to < 0 || more.length > 0) return 0;
  let days = 0;
  for (let day = from; ; day = (day + 1) % 7) {
    days |= 1 << day;
    if (day === to) return days;
  }
}

function dayOf(name: string): number {
  const at = name.length === 3 ? DAYS.indexOf(name) : -1;
  return at % 3 === 0 ? at / 3 : -1;
}

function parseSpan(days: number, text: string): number | undefined {
  const found = text.match(/^(\d\d):(\d\d)-(\d\d):(\d\d)$/);
  if (!found) return undefined;
  const [h1 = 0, m1 = 0, h2 = 0, m2 = 0] = found.slice(1).map(Number);
  const [from, to] = [60 * h1 + m1, 60 * h2 + m2];
  // From an hour to the same hour may mean a whole day or nothing. So it is refused.
  return h1 < 24 && h2 < 24 && m1 < 60 && m2 < 60 && from !== to ? (days << 22) | (from << 11) | to : undefined;
}

function beginOf(span: number): number {
  return (span >> 11) & 2047;
}

function endOf(span: number): number {
  return span & 2047;
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
    this.isLoudNow = !this.isQuietNow && (seconds !== undefined || this.current.length === 0);
  }

  /** The time until the hours may begin or end, in milliseconds, or undefined where they never do. */
  remainingMs(seconds: number | undefined): number | undefined {
    if (seconds === undefined || this.current.length === 0 || this.isAlways) return undefined;
    const ofDay = modulo(this.localSeconds(seconds), DAY_SECONDS);
    // When local time jumps before that, the clock is read again at the jump.
    let least = this.device.zone.nextChangeSeconds(seconds) - seconds;
    const until = (minutes: number) => modulo(60 * minutes - ofDay, DAY_SECONDS) || DAY_SECONDS;
    for (const span of this.current) least = Math.min(least, until(beginOf(span)), until(endOf(span)));
    return 1000 * least;
  }

  private get setting(): string {
    return this.device.settings.quiet.hours;
  }

  private isAt(seconds: number | undefined): boolean {
    if (this.isAlways || seconds === undefined) return this.isAlways;
    const local = this.localSeconds(seconds);
    const minute = modulo(local, DAY_SECONDS) / 60;
    // The first day of 1970 was a Thursday.
    const today = modulo(Math.floor(local / DAY_SECONDS) + 4, 7);
    return this.current.some((span) => {
      const begin = beginOf(span);
      const end = endOf(span);
      const isInside = begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
      // In the morning it has begun the day before.
      const day = minute < begin ? (today + 6) % 7 : today;
      return isInside && ((span >> (22 + day)) & 1) === 1;
    });
  }

  private get isAlways(): boolean {
    return this.current[0] === ALWAYS;
  }

  private localSeconds(seconds: number): number {
    return seconds + 60 * this.device.zone.offsetMinutes(seconds);
  }
}

/** Of numbers below 0 too. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
