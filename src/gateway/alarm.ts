import { ALARM_BURST_MS, ALARM_REPEAT_MS } from "../limits.ts";
import { readRecord } from "../records.ts";
import { type Device, keeping } from "./device.ts";
import type { QuietHours } from "./quiet-hours.ts";

/** From this priority on a page is sounded in quiet hours, too. */
const BREAKTHROUGH = 5;

/** What a page that waited through quiet hours is worth in the morning. */
const DIGEST_PRIORITY = 3;

/** The record that says that pages came without a sound: its version. */
const DIGEST_KEY = "digest";
const DIGEST_VERSION = 1;

/**
 * When the host is to sound: once for a page that comes onto the screen, again and again for one of priority 4 or 5 until it
 * is acknowledged. Pages that come close after each other sound once. In quiet hours only priority 5 and chosen senders sound;
 * when they end, once for all that has come meanwhile. Without a screen a page sounds as soon as it is kept.
 */
export class Alarm {
  private readonly device: Device;
  private readonly quietHours: QuietHours;
  private nextMs: number | undefined;
  /** Pages came without a sound, and one sound has to tell of them; also across reboots. */
  private isDigestDue: boolean;
  /** Until then a page of no more than this priority belongs to those that have sounded. */
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

  /** What nobody had acknowledged before goes on; a device that starts again and again in less than its time is silent. */
  start(nowMs: number): void {
    this.nextMs = this.device.inbox.nextAlert() === undefined ? undefined : nowMs + ALARM_REPEAT_MS;
  }

  /** A message is on the screen for the first time; without a screen: it is in the inbox. */
  handleNew(sequence: number, nowMs: number): void {
    const { inbox, events } = this.device;
    const priority = inbox.priorityOf(sequence);
    if (priority <= 1) return;
    if (this.isSilent(sequence)) {
      const { store } = this.device;
      if (!this.isDigestDue) keeping(this.device, () => store.write(DIGEST_KEY, Uint8Array.of(DIGEST_VERSION)));
      this.isDigestDue = true;
      // It must not put off what sounds.
      this.nextMs ??= nowMs + ALARM_REPEAT_MS;
      return;
    }
    // Who has read all that came before looks away again.
    const isBurst = nowMs < this.burstEndMs && priority <= this.burstPriority && inbox.unreadCount > 1;
    this.burstEndMs = nowMs + ALARM_BURST_MS;
    if (isBurst) {
      // What keeps coming must not put off what is to sound again.
      this.nextMs ??= nowMs + ALARM_REPEAT_MS;
      return;
    }
    this.burstPriority = priority;
    events.tell({ type: "alert", priority });
    this.nextMs = nowMs + ALARM_REPEAT_MS;
  }

  handleTimeout(nowMs: number): void {
    if (this.nextMs === undefined || nowMs < this.nextMs) return;
    const { inbox, events } = this.device;
    // A silent one stays watched: quiet hours end.
    this.nextMs = inbox.nextAlert() === undefined ? undefined : nowMs + ALARM_REPEAT_MS;
    const loud = inbox.nextAlert((sequence) => !this.isSilent(sequence));
    if (loud !== undefined) events.tell({ type: "alert", priority: inbox.priorityOf(loud) });
  }

  /** The time of day was looked at: when it is known to be no quiet hour, one sound tells of all that came without. */
  handleClock(): void {
    if (!this.isDigestDue || !this.quietHours.isLoud) return;
    const { inbox, events, store } = this.device;
    this.isDigestDue = false;
    keeping(this.device, () => store.remove(DIGEST_KEY));
    if (inbox.unreadCount > 0) events.tell({ type: "alert", priority: DIGEST_PRIORITY });
  }

  private isSilent(sequence: number): boolean {
    const { inbox, settings } = this.device;
    if (!this.quietHours.isQuiet || inbox.priorityOf(sequence) >= BREAKTHROUGH) return false;
    const { senders } = settings.quiet;
    return senders.length === 0 || !senders.includes(inbox.read(sequence)?.sender ?? "");
  }
}
