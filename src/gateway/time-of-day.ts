import type { Alarm } from "./alarm.ts";
import { type Device, keeping } from "./device.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** What follows from the time of day: messages expire, quiet hours begin and end. */
export class TimeOfDay {
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  private readonly alarm: Alarm;

  constructor(device: Device, quietHours: QuietHours, alarm: Alarm) {
    this.device = device;
    this.quietHours = quietHours;
    this.alarm = alarm;
  }

  /** Reads the clock. Returns whether there was a sound for all pages of quiet hours, which are over. */
  update(nowMs: number): boolean {
    const seconds = this.device.wallClock();
    this.quietHours.update(seconds);
    const isDigest = this.alarm.handleClock(nowMs);
    keeping(this.device, () => this.device.inbox.expire(seconds, nowMs / 1000));
    return isDigest;
  }

  /** When to call `update` next. */
  timeoutMs(nowMs: number): number {
    const seconds = this.device.wallClock();
    const { nextExpirySeconds, nextUptimeExpirySeconds } = this.device.inbox;
    const expiryMs = seconds === undefined ? Number.POSITIVE_INFINITY : 1000 * (nextExpirySeconds - seconds);
    const quietMs = this.quietHours.remainingMs(seconds) ?? Number.POSITIVE_INFINITY;
    return Math.min(nowMs + Math.max(0, Math.min(expiryMs, quietMs)), 1000 * nextUptimeExpirySeconds);
  }
}
