/** Short texts for the screen. */
import type { Contact } from "../pager/roster.ts";
import { PRESENCE_STATUS, wakeSecondsOf } from "../payload/presence.ts";
import type { Sensor } from "../seams.ts";
import type { TimeZone } from "./time-zone.ts";

/**
 * A presence: its text beside `custom` where it has one, otherwise the meaning of its status. With a zone it says until when a device
 * sleeps.
 */
export function describePresence({ status, context }: Pick<Contact, "status" | "context">, zone?: TimeZone): string {
  const word = STATUS_WORDS[status] ?? `unknown (${status})`;
  const wakeSeconds = wakeSecondsOf({ status, context });
  if (zone && wakeSeconds !== undefined)
    return `${word} until ${describeTime(wakeSeconds, zone.offsetMinutes(wakeSeconds))}`;
  if (status === PRESENCE_STATUS.custom && context !== "") return context;
  return context === "" ? word : `${word}: ${context}`;
}

const STATUS_WORDS: Readonly<Record<number, string>> = Object.freeze({
  0: "no news",
  [PRESENCE_STATUS.online]: "online",
  [PRESENCE_STATUS.offline]: "offline",
  [PRESENCE_STATUS.busy]: "busy",
  [PRESENCE_STATUS.away]: "away",
  [PRESENCE_STATUS.asleep]: "asleep",
  [PRESENCE_STATUS.custom]: "custom",
});

/** The age as one number and a letter. Empty where a time is not known. Both times are in seconds since 1970. */
export function describeAge(seconds: number, nowSeconds: number | undefined): string {
  if (seconds === 0 || nowSeconds === undefined) return "";
  const minutes = Math.max(0, Math.floor((nowSeconds - seconds) / 60));
  if (minutes < 60) return `${minutes}m`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / 1440)}d`;
}

/** Hours and minutes, `HH:MM`. @param seconds since 1970-01-01T00:00:00Z */
export function describeTime(seconds: number, utcOffsetMinutes: number): string {
  const minutes = Math.floor(seconds / 60) + utcOffsetMinutes;
  const ofDay = ((minutes % 1440) + 1440) % 1440;
  return `${String(Math.floor(ofDay / 60)).padStart(2, "0")}:${String(ofDay % 60).padStart(2, "0")}`;
}

/**
 * Day, month and year, `20 Nov 2026`, in the Gregorian calendar. The years are counted from 1 March of year 0, so that the leap
 * day comes last.
 */
export function describeDate(seconds: number, utcOffsetMinutes: number): string {
  const day = Math.floor((seconds / 60 + utcOffsetMinutes) / 1440) + 719_468;
  const era = Math.floor(day / 146_097);
  const ofEra = day - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * ofYear + 2) / 153);
  const ofMonth = ofYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = (march + 2) % 12;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return `${ofMonth} ${"JanFebMarAprMayJunJulAugSepOctNovDec".slice(3 * month, 3 * month + 3)} ${year}`;
}

/** Day of the week, day and month: `Fri 20 Nov`. */
export function describeToday(seconds: number, utcOffsetMinutes: number): string {
  const day = Math.floor((seconds / 60 + utcOffsetMinutes) / 1440);
  // The first day of 1970 was a Thursday.
  const ofWeek = (((day + 4) % 7) + 7) % 7;
  return `${"SunMonTueWedThuFriSat".slice(3 * ofWeek, 3 * ofWeek + 3)} ${withoutYear(describeDate(seconds, utcOffsetMinutes))}`;
}

/** Day and month, `20 Nov`, with the year where it is not this one. */
export function describeDay(seconds: number, nowSeconds: number | undefined, utcOffsetMinutes: number): string {
  const date = describeDate(seconds, utcOffsetMinutes);
  const today = nowSeconds === undefined ? "" : describeDate(nowSeconds, utcOffsetMinutes);
  return date.slice(-4) === today.slice(-4) ? withoutYear(date) : date;
}

/** @param date as `describeDate` writes it */
function withoutYear(date: string): string {
  return date.slice(0, date.lastIndexOf(" "));
}

/** A reading with its unit. The two that everybody knows have no name. */
export function describeReading({ name, unit }: Sensor, value: number): string {
  const rounded = Math.round(10 * value) / 10;
  if (unit === "Cel") return `${rounded} °C`;
  return unit === "%RH" ? `${rounded} %` : `${name} ${rounded} ${unit}`.trim();
}
