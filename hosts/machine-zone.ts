import { isTimeZone } from "../src/gateway/time-zone.ts";

/** The setting by which a screen shows the time of this machine: its zone, or where that has no known name its offset of now. */
export function machineZone(): Readonly<Record<string, unknown>> {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone)
    ? { "screen.timeZone": timeZone }
    : { "screen.utcOffset": -new Date().getTimezoneOffset() };
}
