import Time from "time";
import Timer from "timer";
import type { Guard } from "./guard.ts";

/**
 * Monotonic milliseconds. The ticks of a board have 32 bits and wrap after 49 days. The ticks of the simulator are the
 * time of day, which can be set back. So this clock adds up differences, and a negative difference counts as none. Two
 * calls are never more than 24 days apart, because the keep-alive timer is shorter.
 */
export class MonotonicClock {
  private lastTicks = Time.ticks;
  private totalMs = 0;

  nowMs(): number {
    const ticks = Time.ticks;
    const elapsedMs = Time.delta(this.lastTicks, ticks);
    this.lastTicks = ticks;
    if (elapsedMs > 0) this.totalMs += elapsedMs;
    return this.totalMs;
  }
}

/**
 * One timer that is set again and again. The SDK throws when a timer is cleared that has fired, so this class remembers
 * that.
 */
export class OneTimer {
  private readonly guard: Guard;
  private timer: Timer | undefined;

  /** @param guard the guard under which it calls back */
  constructor(guard: Guard) {
    this.guard = guard;
  }

  /** Calls back once after `delayMs`. It replaces the former call. undefined only clears it. */
  set(delayMs: number | undefined, callback: () => void): void {
    if (this.timer) Timer.clear(this.timer);
    this.timer = undefined;
    if (delayMs === undefined) return;
    this.timer = Timer.set(() => {
      this.timer = undefined;
      this.guard.run(callback);
    }, Math.ceil(delayMs));
  }
}
