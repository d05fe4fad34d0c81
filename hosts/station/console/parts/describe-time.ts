/** Times and counts as people read them. */

/** Hours, minutes and seconds. */
export function clockOf(ms: number): string {
  return new Date(ms).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
}

/** As `clockOf`. For another day than today the date stands before it. */
export function momentOf(ms: number): string {
  const date = new Date(ms);
  if (date.toDateString() === new Date().toDateString()) return clockOf(ms);
  return `${date.toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${clockOf(ms)}`;
}

/** The time since then, in its largest unit. */
export function agoOf(ms: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  return seconds < 5 ? "now" : `${spanOf(seconds)} ago`;
}

/** A span of time in its largest unit. */
export function spanOf(seconds: number): string {
  // With two clocks, or a time that was read a moment ago, the span may be negative.
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
