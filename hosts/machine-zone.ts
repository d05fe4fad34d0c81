import { isTimeZone } from "../src/gateway/time-zone.ts";

/**
 * Returns the setting for the time on the screen: the time zone of this machine. If its name is not known, it is the
 * present offset from UTC.
 */
export function machineZone(): Readonly<Record<string, unknown>> {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone)
    ? { "screen.timeZone": timeZone }
    : { "screen.utcOffset": -new Date().getTimezoneOffset() };
}
