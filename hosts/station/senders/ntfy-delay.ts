/** When an ntfy message is to be delivered: a UNIX time, a duration such as `30m` or `2 days`, or words such as `tomorrow, 10am`. */
import { parseDate } from "chrono-node/en";
import { REQUEST_DELAY_SECONDS_MAX, SENDER_DELAY_SECONDS_MIN } from "../shared/limits.ts";
import { quoted, SenderRefused } from "./sender-refused.ts";

const UNIT_SECONDS: Readonly<Record<string, number>> = Object.freeze({ d: 86_400, h: 3_600, m: 60, s: 1 });

/** Returns the seconds from now. Words mean times of the station's own time zone. @throws SenderRefused */
export function ntfyDelaySeconds(text: string, nowMs: number): number {
  const seconds = unixTime(text, nowMs) ?? duration(text) ?? words(text, nowMs);
  if (seconds === undefined)
    throw new SenderRefused(`delay ${quoted(text)}: expected a UNIX time, 30m, 2 days or tomorrow, 10am`, 40_004);
  if (seconds < SENDER_DELAY_SECONDS_MIN)
    throw new SenderRefused(
      `delay: ${Math.round(seconds)} s from now, expected at least ${SENDER_DELAY_SECONDS_MIN}`,
      40_005,
    );
  if (seconds > REQUEST_DELAY_SECONDS_MAX)
    throw new SenderRefused(`delay: more than ${REQUEST_DELAY_SECONDS_MAX / 86_400} days`, 40_006);
  return Math.round(seconds);
}

function unixTime(text: string, nowMs: number): number | undefined {
  return /^\d{9,11}$/.test(text) ? Number(text) - nowMs / 1_000 : undefined;
}

function duration(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)\s*(d|h|m|s)(?:ays?|ours?|ins?|inutes?|ecs?|econds?)?(?![a-z])/gi;
  if (text.replace(part, "").trim() !== "") return undefined;
  let sum = 0;
  for (const [, count, unit = ""] of text.matchAll(part))
    sum += Number(count) * (UNIT_SECONDS[unit.toLowerCase()] ?? 0);
  return sum > 0 ? sum : undefined;
}

function words(text: string, nowMs: number): number | undefined {
  const at = parseDate(text, new Date(nowMs), { forwardDate: true });
  return at ? (at.getTime() - nowMs) / 1_000 : undefined;
}
