/** What the carrier of the device sees, hears and does: screen, sound, buttons, own presence, what he writes. */
import { UNSHOWN_MAX } from "../limits.ts";
import type { Inbox } from "../pager/inbox.ts";
import { Roster } from "../pager/roster.ts";
import type { Button } from "../pager/screen/buttons.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import { type Choice, Viewer } from "../pager/viewer.ts";
import { PRESENCE_STATUS } from "../payload/presence.ts";
import type { MeasureText, Random, Store, WallClock } from "../seams.ts";
import { Alarm } from "./alarm.ts";
import type { Counters } from "./counters.ts";
import { Display, type Link } from "./display.ts";
import type { Journal } from "./journal.ts";
import { MessageSource } from "./message-source.ts";
import { BUSY, ONLINE, PresenceSource } from "./presence-source.ts";
import { QuietHours } from "./quiet-hours.ts";
import type { Settings } from "./settings.ts";
import type { Topics } from "./topics.ts";
import { presenceWords } from "./words.ts";

export interface CarrierOptions {
  readonly settings: Settings;
  readonly store: Store;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly measureText: MeasureText;
  readonly size: Size;
}

export class Carrier {
  readonly roster: Roster;
  readonly quietHours: QuietHours;
  readonly presence: PresenceSource;
  readonly messages: MessageSource;
  private readonly options: CarrierOptions;
  private readonly inbox: Inbox;
  private readonly journal: Journal;
  private readonly viewer: Viewer;
  private readonly alarm: Alarm;
  private readonly display: Display;

  constructor(options: CarrierOptions, topics: Topics, inbox: Inbox, journal: Journal) {
    this.options = options;
    this.inbox = inbox;
    this.journal = journal;
    const { settings, store } = options;
    const { screen, quiet, groups, contacts, cannedTexts, presence } = settings;
    const presenceTexts = [presenceWords(ONLINE), presenceWords(BUSY), ...presence.custom];
    this.roster = new Roster(contacts);
    this.quietHours = new QuietHours(store, quiet.hours, screen.utcOffsetMinutes);
    const { roster, quietHours } = this;
    this.presence = new PresenceSource({ topics, store, quietHours, awayMs: presence.awaySeconds * 1000 });
    this.messages = new MessageSource({ ...options, groups, topics });
    this.alarm = new Alarm({ inbox, journal, quietHours, quietSenders: quiet.senders });
    this.viewer = new Viewer(inbox, roster, {
      dwellMs: screen.dwellMs,
      textCount: cannedTexts.length,
      presenceCount: presenceTexts.length,
    });
    const viewer = this.viewer;
    this.display = new Display({ ...options, ...screen, presenceTexts, texts: cannedTexts, inbox, viewer, roster });
  }

  /** Whether a further message can be shown soon; else it waits at the broker, as long as only the dwell time is waited for. */
  hasRoom(nowMs: number): boolean {
    return !this.display.exists || this.inbox.unshownCount < UNSHOWN_MAX || this.viewer.isHolding(nowMs);
  }

  start(nowMs: number): void {
    this.presence.handleTouched(nowMs);
    this.alarm.start(nowMs);
  }

  press(button: Button, nowMs: number): void {
    this.presence.handleTouched(nowMs);
    const choice = this.journal.keeping(() => this.viewer.press(button, nowMs));
    if (choice) this.choose(choice);
  }

  handleTimeout(nowMs: number): void {
    this.alarm.handleTimeout(nowMs);
  }

  /** The message that came onto the screen just now for the first time, or undefined. */
  get newOnScreen(): number | undefined {
    const { current } = this.viewer;
    return current === undefined || this.inbox.isShown(current) ? undefined : current;
  }

  handleShown(sequence: number, nowMs: number): void {
    this.journal.keeping(() => this.inbox.markShown(sequence));
    this.alarm.handleShown(sequence, nowMs);
  }

  /** What follows from the time of day: messages become worthless, quiet hours begin and end. */
  lookAtClock(): void {
    const seconds = this.options.wallClock();
    if (this.quietHours.update(seconds)) this.alarm.handleQuietEnded();
    if (seconds !== undefined) this.journal.keeping(() => this.inbox.expire(seconds));
  }

  /** The screen, where it has changed since it was last asked for. */
  pollScreen(link: Link, counters: Readonly<Counters>, nowMs: number): DrawList | undefined {
    if (!this.display.exists) return undefined;
    this.viewer.update(nowMs);
    return this.display.poll({ link, presence: this.presence.current(nowMs), counters, news: this.messages.news });
  }

  /** When something is to happen here next. */
  timeoutsMs(nowMs: number): readonly (number | undefined)[] {
    const times = [this.alarm.timeoutMs, this.presence.timeoutMs(nowMs), nowMs + this.nextClockMs()];
    if (!this.display.exists) return times;
    return [...times, this.viewer.timeoutMs(nowMs), this.display.nextMinuteMs(nowMs)];
  }

  /** When `lookAtClock` has something to do, in milliseconds from now. */
  private nextClockMs(): number {
    const seconds = this.options.wallClock();
    const { nextExpirySeconds } = this.inbox;
    const isKnown = seconds !== undefined && nextExpirySeconds !== undefined;
    const expiryMs = isKnown ? Math.max(0, nextExpirySeconds - seconds) * 1000 : Number.POSITIVE_INFINITY;
    return Math.min(expiryMs, this.quietHours.remainingMs(seconds) ?? Number.POSITIVE_INFINITY);
  }

  private choose({ uid, index }: Choice): void {
    const { cannedTexts, presence } = this.options.settings;
    if (uid !== undefined) {
      const text = cannedTexts[index];
      if (text !== undefined) this.journal.keeping(() => this.messages.sendChosen(uid, text));
      return;
    }
    // The first is to be online as it comes, the second busy; then the texts of the settings.
    const context = presence.custom[index - 2];
    const custom = context === undefined ? undefined : { status: PRESENCE_STATUS.custom, context };
    this.journal.keeping(() => this.presence.choose(index === 1 ? BUSY : custom));
  }
}
