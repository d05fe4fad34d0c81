/**
 * Local time by a POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`. The rule has the offset of standard time, the offset of
 * daylight saving time, and the two moments of the year at which they change. IANA names such as `Europe/Berlin` stand for such
 * rules.
 */
import { ZONES } from "./time-zones.ts";

const DAY_SECONDS = 86_400;

/** A moment of the year: month (1 to 12), week of the month (5: the last), weekday (0: Sunday), seconds after midnight. */
interface YearlyMoment {
  readonly month: number;
  readonly week: number;
  readonly weekday: number;
  readonly seconds: number;
}

/** Offsets are in minutes ahead of UTC. */
interface ZoneRule {
  readonly standardMinutes: number;
  readonly daylight?: { readonly minutes: number; readonly begins: YearlyMoment; readonly ends: YearlyMoment };
}

export class TimeZone {
  private readonly rule: ZoneRule;
  /** The offset that holds from `fromSeconds` to `untilSeconds`, both in seconds since 1970. */
  private minutes = 0;
  private fromSeconds = 0;
  private untilSeconds = 0;

  /** @param text a zone that `isTimeZone` takes; any other text is UTC */
  constructor(text: string) {
    this.rule = readZone(text) ?? { standardMinutes: 0 };
  }

  /** Minutes ahead of UTC at a time in seconds since 1970. */
  offsetMinutes(seconds: number): number {
    this.update(seconds);
    return this.minutes;
  }

  /** When the offset changes next, in seconds since 1970. Infinite: never. */
  nextChangeSeconds(seconds: number): number {
    this.update(seconds);
    return this.untilSeconds;
  }

  private update(seconds: number): void {
    if (seconds >= this.fromSeconds && seconds < this.untilSeconds) return;
    const { standardMinutes, daylight } = this.rule;
    this.minutes = standardMinutes;
    this.fromSeconds = Number.NEGATIVE_INFINITY;
    this.untilSeconds = Number.POSITIVE_INFINITY;
    if (!daylight) return;
    const year = 1970 + Math.floor(seconds / DAY_SECONDS / 365.2425);
    // Near the turn of the year, a change of the year before or after may count.
    for (let near = year - 1; near <= year + 1; near += 1) {
      this.consider(seconds, momentOf(daylight.begins, near) - 60 * standardMinutes, daylight.minutes);
      this.consider(seconds, momentOf(daylight.ends, near) - 60 * daylight.minutes, standardMinutes);
    }
  }

  /** Takes a change into account. The offset changes to `minutes` at `changeSeconds`. */
  private consider(seconds: number, changeSeconds: number, minutes: number): void {
    if (changeSeconds > seconds) {
      this.untilSeconds = Math.min(this.untilSeconds, changeSeconds);
    } else if (changeSeconds > this.fromSeconds) {
      this.fromSeconds = changeSeconds;
      this.minutes = minutes;
    }
  }
}

/** Whether `text` is an IANA name or a POSIX rule with its abbreviations. */
export function isTimeZone(text: string): boolean {
  return readZone(text) !== undefined;
}

/**
 * A rule without daylight saving time.
 * @param minutes ahead of UTC
 */
export function fixedZone(minutes: number): string {
  const distance = Math.abs(minutes);
  return `<>${minutes > 0 ? "-" : ""}${Math.floor(distance / 60)}:${String(distance % 60).padStart(2, "0")}`;
}

function readZone(text: string): ZoneRule | undefined {
  // POSIX also allows `EST5` alone, and `UTC+1`, which means an hour behind UTC. A person who writes that means the opposite.
  // So both are refused.
  const isRule = text.includes(",") || text.startsWith("<");
  return readRule(isRule ? text : ruleOfName(text));
}

/** The rule of an IANA name in the table. Empty where the table has no such name. */
function ruleOfName(name: string): string {
  const slash = name.lastIndexOf("/") + 1;
  const region = name.slice(0, slash);
  const city = name.slice(slash);
  if (city === "" || city.includes(" ")) return "";
  for (const line of ZONES.split("\n")) {
    const [rule = "", ...groups] = line.split(" ");
    for (const group of groups) {
      const at = group.lastIndexOf("/") + 1;
      if (group.slice(0, at) === region && group.slice(at).split(",").includes(city)) return rule;
    }
  }
  return "";
}

/** Ignores the abbreviations of a rule. The rules of the table have none. */
function readRule(text: string): ZoneRule | undefined {
  const [offsets = "", begins, ends, ...rest] = text.split(",");
  const found = offsets.match(
    /^(?:[A-Za-z]{3,}|<[^<>]*>)?([+-]?\d+(?::\d\d)?)(?:[A-Za-z]{3,}|<[^<>]*>)?([+-]?\d+(?::\d\d)?)?$/,
  );
  const standard = minutesOf(found?.[1] ?? "");
  if (!found || standard === undefined || rest.length > 0) return undefined;
  if (begins === undefined) return found[2] === undefined ? { standardMinutes: -standard } : undefined;
  const minutes = found[2] === undefined ? standard - 60 : minutesOf(found[2]);
  const [first, second] = [readMoment(begins), readMoment(ends ?? "")];
  if (minutes === undefined || !first || !second) return undefined;
  return { standardMinutes: -standard, daylight: { minutes: -minutes, begins: first, ends: second } };
}

/** Reads `M3.5.0/2`: the last Sunday of March at 2 o'clock. Without a time, 2 o'clock holds. */
function readMoment(text: string): YearlyMoment | undefined {
  const found = text.match(/^M(\d+)\.(\d)\.(\d)(?:\/(.+))?$/);
  const [month = 0, week = 0, weekday = 0] = found?.slice(1, 4).map(Number) ?? [];
  const minutes = minutesOf(found?.[4] ?? "2");
  const isWhole = month >= 1 && month <= 12 && week >= 1 && week <= 5 && weekday <= 6;
  return isWhole && minutes !== undefined ? { month, week, weekday, seconds: 60 * minutes } : undefined;
}

/** Reads hours, or hours and minutes, with or without a sign. At most a week. */
function minutesOf(text: string): number | undefined {
  const found = text.match(/^([+-]?)(\d{1,3})(?::([0-5]\d))?$/);
  if (!found || Number(found[2]) > 167) return undefined;
  const minutes = 60 * Number(found[2]) + Number(found[3] ?? 0);
  return found[1] === "-" ? -minutes : minutes;
}

/** The moment in seconds since 1970, as a clock of local time counts them. */
function momentOf({ month, week, weekday, seconds }: YearlyMoment, year: number): number {
  const first = firstDayOf(year, month);
  const next = month === 12 ? firstDayOf(year + 1, 1) : firstDayOf(year, month + 1);
  // 1 January 1970 was a Thursday.
  const toWeekday = (weekday - (first + 4) + 7 * 1_000_000) % 7;
  let day = first + toWeekday + 7 * (week - 1);
  if (day >= next) day -= 7;
  return DAY_SECONDS * day + seconds;
}

/**
 * Days from 1970 to the first day of a month in the Gregorian calendar. A year begins on 1 March here, so that the leap day
 * comes last.
 */
function firstDayOf(year: number, month: number): number {
  const ofMarch = month > 2 ? year : year - 1;
  const leapDays = Math.floor(ofMarch / 4) - Math.floor(ofMarch / 100) + Math.floor(ofMarch / 400);
  return 365 * ofMarch + leapDays + Math.floor((153 * ((month + 9) % 12) + 2) / 5) - 719_468;
}
