/**
 * Decides when a device that sleeps may go to sleep, and for how long. It knows nothing of what the device does: it is told when
 * something happened, and asked.
 *
 * - When everything is done, it waits for a short silence. The broker may have more.
 * - A device that gets no further goes to sleep with what it owes. It does so too when it has been awake for too long.
 * - A person who pressed a button, or switched the device on, has time to read.
 */
import { SLEEP_AWAKE_MAX_MS, SLEEP_LOOK_MS, SLEEP_MIN_MS, SLEEP_QUIET_MS, SLEEP_STALL_MS } from "../limits.ts";

export interface SleepPlanOptions {
  /** From one start to the next, in milliseconds. */
  readonly intervalMs: number;
  /** How long the device stays awake after a touch, in milliseconds. */
  readonly awakeMs: number;
}

export class SleepPlan {
  private readonly options: SleepPlanOptions;
  private startedMs = 0;
  private touchedMs = Number.NEGATIVE_INFINITY;
  private activeMs = 0;
  private lookMs = 0;

  constructor(options: SleepPlanOptions) {
    this.options = options;
  }

  /** @param isAttended a person has woken the device, or switched it on */
  start(nowMs: number, isAttended: boolean): void {
    this.startedMs = this.activeMs = this.lookMs = nowMs;
    if (isAttended) this.touchedMs = nowMs;
  }

  handleTouched(nowMs: number): void {
    this.touchedMs = this.activeMs = nowMs;
  }

  /** The device has got further: a connection, a message, an acknowledgement. */
  handleActivity(nowMs: number): void {
    this.activeMs = nowMs;
  }

  /** When to call `poll` next. */
  get timeoutMs(): number {
    return this.lookMs;
  }

  /**
   * Returns for how long to sleep, in milliseconds. undefined: not yet.
   * @param isDone nothing is left to send, to receive, to show or to do
   * @param stretch the interval is so many times as long as usual
   */
  poll(isDone: boolean, nowMs: number, stretch = 1): number | undefined {
    const { intervalMs, awakeMs } = this.options;
    const readMs = this.touchedMs + awakeMs;
    const quietMs = Math.max(readMs, this.activeMs + SLEEP_QUIET_MS);
    const awakeMaxMs = Math.max(this.startedMs, this.touchedMs) + SLEEP_AWAKE_MAX_MS;
    const giveUpMs = Math.max(readMs, Math.min(this.activeMs + SLEEP_STALL_MS, awakeMaxMs));
    const dueMs = isDone ? Math.min(quietMs, Math.max(readMs, awakeMaxMs)) : giveUpMs;
    if (nowMs >= dueMs) return Math.max(SLEEP_MIN_MS, stretch * intervalMs - (nowMs - this.startedMs));
    this.lookMs = Math.min(dueMs, Math.max(quietMs, nowMs + SLEEP_LOOK_MS));
    return undefined;
  }
}
