import type { Alarm } from "./alarm.ts";
import { type Device, keeping } from "./device.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** What follows from the time of day: messages become worthless, quiet hours begin and end. */
export class TimeOfDay {
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  private readonly alarm: Alarm;

  constructor(device: Device, quietHours: QuietHours, alarm: Alarm) {
    this.device = device;
    this.quietHours = quietHours;
    this.alarm = alarm;
  }

  /** Looks at the clock. */
  update(): void {
    const seconds = this.device.wallClock();
    if (this.quietHours.update(seconds)) this.alarm.handleQuietEnded();
    if (seconds !== undefined) keeping(this.device, () => this.device.inbox.expire(seconds));
  }

  /** When `update` has something to do. */
  timeoutMs(nowMs: number): number {
    const seconds = this.device.wallClock();
    const { nextExpirySeconds } = this.device.inbox;
    const isKnown = seconds !== undefined && nextExpirySeconds !== undefined;
    const expiryMs = isKnown ? Math.max(0, nextExpirySeconds - seconds) * 1000 : Number.POSITIVE_INFINITY;
    return nowMs + Math.min(expiryMs, this.quietHours.remainingMs(seconds) ?? Number.POSITIVE_INFINITY);
  }
}
