import { ALARM_BURST_MS, ALARM_QUICK_MS, ALARM_REPEAT_MS, ALARM_SLOW_REPEAT_MS } from "../limits.ts";
import { readRecord } from "../records.ts";
import { type Device, keeping } from "./device.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** A page sounds during quiet hours from this priority on. */
const BREAKTHROUGH = 5;

/** The priority of the one sound at the end of quiet hours. */
const DIGEST_PRIORITY = 3;

/** The record that marks that pages arrived without a sound. It holds its version only. */
const DIGEST_KEY = "digest";
const DIGEST_VERSION = 1;

/**
 * Decides when the host sounds. A page sounds once when it comes onto the screen. A page of priority 4 or 5 sounds again and
 * again until it is acknowledged, after a while at a longer interval. Pages that arrive close together sound once. During quiet hours only priority 5 and chosen
 * senders sound. At the end of quiet hours one sound tells of all pages that came meanwhile. On a board without a screen a page
 * sounds as soon as it is stored.
 */
export class Alarm {
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  private nextMs: number | undefined;
  /** When a page sounded for the first time, or the device started. */
  private newestMs = 0;
  /** Pages arrived during quiet hours. One sound will tell of them. A reboot keeps this flag. */
  private isDigestDue: boolean;
  /** Until this time, a page of at most `burstPriority` is silent: the sound before stands for it. */
  private burstEndMs = 0;
  private burstPriority = 0;

  constructor(device: Device, quietHours: QuietHours) {
    this.device = device;
    this.quietHours = quietHours;
    this.isDigestDue = readRecord(device.store, DIGEST_KEY) !== undefined;
  }

  /** When to call `handleTimeout`, or undefined. */
  get timeoutMs(): number | undefined {
    return this.nextMs;
  }

  /**
   * Goes on sounding for a page that nobody had acknowledged before the restart. The first sound comes after `ALARM_REPEAT_MS`.
   * A device that restarts again and again within that time stays silent.
   */
  start(nowMs: number): void {
    this.newestMs = nowMs;
    this.nextMs = this.device.inbox.nextAlert() === undefined ? undefined : nowMs + ALARM_REPEAT_MS;
  }

  /** A message is on the screen for the first time. On a board without a screen, it has been stored. */
  handleNew(sequence: number, nowMs: number): void {
    const { inbox, events } = this.device;
    const priority = inbox.priorityOf(sequence);
    if (priority <= 1) return;
    if (this.isSilent(sequence)) {
      const { store } = this.device;
      if (!this.isDigestDue) keeping(this.device, () => store.write(DIGEST_KEY, Uint8Array.of(DIGEST_VERSION)));
      this.isDigestDue = true;
      // A silent page must not delay a page that sounds.
      this.nextMs ??= nowMs + ALARM_REPEAT_MS;
      return;
    }
    // When the inbox has no other unread message, the carrier has looked, and the new page sounds.
    const isBurst = nowMs < this.burstEndMs && priority <= this.burstPriority && inbox.unreadCount > 1;
    this.burstEndMs = nowMs + ALARM_BURST_MS;
    if (isBurst) {
      // Pages that keep arriving must not delay the next repetition.
      this.nextMs ??= nowMs + ALARM_REPEAT_MS;
      return;
    }
    this.burstPriority = priority;
    this.newestMs = nowMs;
    events.tell({ type: "alert", priority, melody: inbox.read(sequence)?.melody });
    this.nextMs = nowMs + ALARM_REPEAT_MS;
  }

  handleTimeout(nowMs: number): void {
    if (this.nextMs === undefined || nowMs < this.nextMs) return;
    const { inbox, events } = this.device;
    // A silent page is still watched: it may sound when quiet hours end.
    const repeatMs = nowMs < this.newestMs + ALARM_QUICK_MS ? ALARM_REPEAT_MS : ALARM_SLOW_REPEAT_MS;
    this.nextMs = inbox.nextAlert() === undefined ? undefined : nowMs + repeatMs;
    const loud = inbox.nextAlert((sequence) => !this.isSilent(sequence));
    if (loud === undefined) return;
    events.tell({ type: "alert", priority: inbox.priorityOf(loud), melody: inbox.read(loud)?.melody });
  }

  /** The time of day was read. When quiet hours are known to be over, one sound tells of all silent pages. Returns whether it did. */
  handleClock(nowMs: number): boolean {
    if (!this.isDigestDue || !this.quietHours.isLoud) return false;
    const { inbox, events, store } = this.device;
    this.isDigestDue = false;
    keeping(this.device, () => store.remove(DIGEST_KEY));
    if (inbox.unreadCount === 0) return false;
    this.newestMs = nowMs;
    if (this.nextMs !== undefined) this.nextMs = Math.min(this.nextMs, nowMs + ALARM_REPEAT_MS);
    events.tell({ type: "alert", priority: DIGEST_PRIORITY });
    return true;
  }

  private isSilent(sequence: number): boolean {
    const { inbox, settings } = this.device;
    if (!this.quietHours.isQuiet || inbox.priorityOf(sequence) >= BREAKTHROUGH) return false;
    const { senders } = settings.quiet;
    return senders.length === 0 || !senders.includes(inbox.read(sequence)?.sender ?? "");
  }
}
