/** Hours and minutes, `HH:MM`, at an offset from UTC in minutes. @param seconds since 1970-01-01T00:00:00Z */
export function timeOfDay(seconds: number, utcOffsetMinutes: number): string {
  const minutes = Math.floor(seconds / 60) + utcOffsetMinutes;
  const ofDay = ((minutes % 1440) + 1440) % 1440;
  return `${String(Math.floor(ofDay / 60)).padStart(2, "0")}:${String(ofDay % 60).padStart(2, "0")}`;
}
