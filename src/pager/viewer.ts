/**
 * Decides which view is on the screen, and what the buttons do there. New messages come onto the screen one after the
 * other. Each stays for the dwell time at least, so that a person can see each. Then the newest unread message stays
 * until the carrier moves on. A message of priority 4 or 5 comes before all others and stays until it is acknowledged.
 * Other messages do not take the screen while the carrier uses the buttons.
 */
import { PRESS_GUARD_MS, SCREEN_HOLD_MS, SCREEN_RETURN_MS } from "../limits.ts";
import { type Inbox, URGENT } from "./inbox.ts";
import type { InboxMessage } from "./inbox-message.ts";
import type { Roster } from "./roster.ts";
import type { Button } from "./screen/buttons.ts";
import { nextFirst, repliesTo, replyLabels } from "./screen/replies.ts";

export type View =
  | { readonly kind: "home" }
  /** `page`: the page of its text, from 0. */
  | { readonly kind: "message"; readonly sequence: number; readonly page: number }
  /** The message with the possible replies. `first`: index in `replies` of the reply that the first button gives. */
  | { readonly kind: "reply"; readonly sequence: number; readonly page: number; readonly first: number }
  /** `sequence`: the message of the chosen row. */
  | { readonly kind: "inbox"; readonly sequence: number }
  /**
   * `uid`: the chosen contact, wherever it moves in the list. undefined: the carrier, who is in the first row. `isDevice`: the last
   * row, which is the device itself.
   */
  | { readonly kind: "roster"; readonly uid: string | undefined; readonly isDevice?: boolean }
  /** The figures of the device. */
  | { readonly kind: "device"; readonly index: number }
  /** The texts for a contact. Without a `uid`: the texts for the carrier's own presence. */
  | { readonly kind: "texts"; readonly uid: string | undefined; readonly index: number };

/**
 * What the carrier has chosen and the viewer cannot do itself: the index of a text, for a contact or as own presence.
 */
export interface Choice {
  readonly uid: string | undefined;
  readonly index: number;
}

export interface ViewerOptions {
  readonly dwellMs: number;
  /** How many texts there are for contacts, and how many for the own presence. */
  readonly textCount: number;
  readonly presenceCount: number;
  /** How many figures the device has of itself. */
  readonly figureCount: number;
}

const HOME: View = Object.freeze({ kind: "home" });
const DEVICE_ROW: View = Object.freeze({ kind: "roster", uid: undefined, isDevice: true });

interface OpenMessage {
  readonly sequence: number;
  /** `datedCount` of the inbox. If it changes, the time of the message may have become known. */
  readonly datedCount: number;
  /** undefined: the record cannot be read. */
  readonly message: InboxMessage | undefined;
}

export class Viewer {
  private readonly inbox: Inbox;
  private readonly roster: Roster;
  private readonly options: ViewerOptions;
  private currentView: View = HOME;
  private shownAtMs = 0;
  /** Until this time the carrier uses the buttons. Messages that are not urgent wait. */
  private holdUntilMs = 0;
  /** At this time a list that nobody touches gives way to the next message to read. */
  private returnMs: number | undefined;
  /** The view has changed by itself. A press before this time was meant for the former view and is ignored. */
  private ignoreUntilMs = 0;
  private opened: OpenMessage | undefined;
  private checkedVersion = -1;
  /** Whether the text of the message goes on after the page on the screen. The code that lays out the text sets it. */
  hasFurtherPage = false;
  /** Grows with every change of the view. */
  version = 0;

  constructor(inbox: Inbox, roster: Roster, options: ViewerOptions) {
    this.inbox = inbox;
    this.roster = roster;
    this.options = options;
    const newest = inbox.nextAlert() ?? inbox.newestUnread();
    if (newest !== undefined) this.currentView = messageView(newest);
  }

  get view(): View {
    return this.currentView;
  }

  /** Sequence number of the message that is on the screen. undefined: the view is another one. */
  get current(): number | undefined {
    const view = this.currentView;
    return view.kind === "message" || view.kind === "reply" ? view.sequence : undefined;
  }

  /** The message that is on the screen. The store is read once for it, however often the screen is painted. */
  get message(): InboxMessage | undefined {
    const { current, opened } = this;
    const { datedCount } = this.inbox;
    if (current === undefined) this.opened = undefined;
    else if (opened?.sequence !== current || opened.datedCount !== datedCount)
      this.opened = { sequence: current, datedCount, message: this.inbox.read(current) };
    return this.opened?.message;
  }

  /** The replies to the message on the screen. The last one is to give no answer. */
  get replies(): readonly string[] {
    return repliesTo(this.choices);
  }

  /**
   * Whether new messages wait until the carrier acts, which can take any time. Otherwise they wait only for the dwell
   * time.
   */
  isHolding(nowMs: number): boolean {
    return nowMs < this.holdUntilMs || this.inbox.nextAlert() !== undefined;
  }

  /** When `update` has something to do, or undefined. */
  timeoutMs(nowMs: number): number | undefined {
    const next = this.inbox.nextUnshown();
    let wakeMs = this.returnMs;
    if (next !== undefined && !this.isCurrentUnshown() && !this.mustWait(next, Number.POSITIVE_INFINITY)) {
      const nextMs = this.mustWait(next, nowMs) ? Math.max(this.nextMs, this.holdUntilMs) : this.nextMs;
      wakeMs = wakeMs === undefined ? nextMs : Math.min(wakeMs, nextMs);
    }
    return wakeMs;
  }

  /** Brings the view onto the screen that belongs there now. */
  update(nowMs: number): void {
    const before = this.currentView;
    const isLeft = this.returnMs !== undefined && nowMs >= this.returnMs;
    if (isLeft || this.isGone()) this.moveOn(nowMs);
    this.showNext(nowMs);
    if (this.currentView !== before && before.kind !== "home") this.ignoreUntilMs = nowMs + PRESS_GUARD_MS;
  }

  /** Whether the message of this view has left the inbox. */
  private isGone(): boolean {
    if (this.checkedVersion === this.inbox.viewVersion) return false;
    this.checkedVersion = this.inbox.viewVersion;
    const view = this.currentView;
    return "sequence" in view && !this.inbox.contains(view.sequence);
  }

  private showNext(nowMs: number): void {
    const next = this.inbox.nextUnshown();
    if (next !== undefined && !this.mustWait(next, nowMs)) {
      if (!this.isCurrentUnshown() && nowMs >= this.nextMs) this.show(messageView(next), nowMs);
      return;
    }
    const alert = this.inbox.nextAlert();
    if (alert !== undefined && !this.isAlert()) this.show(messageView(alert), nowMs);
  }

  /** The labels of the buttons. Empty: the button does nothing. */
  labels(): readonly [string, string, string] {
    const view = this.currentView;
    const inbox = this.inbox;
    switch (view.kind) {
      case "home":
        return [
          inbox.length > 0 ? "last" : "",
          inbox.unreadCount > 0 ? "open" : inbox.length > 0 ? "list" : "",
          "people",
        ];
      case "inbox":
        return [
          inbox.newer(view.sequence) === undefined ? "home" : "up",
          "open",
          this.hasOlder(view) ? "down" : "home",
        ];
      case "roster": {
        const row = this.rowOf(view);
        const isOpen = row === 0 || view.isDevice || this.options.textCount > 0;
        return [row === 0 ? "home" : "up", isOpen ? "pick" : "", view.isDevice ? "home" : "down"];
      }
      case "device":
        return [view.index === 0 ? "back" : "up", "exit", view.index + 1 < this.options.figureCount ? "down" : "back"];
      case "texts":
        return [
          view.index === 0 ? "back" : "up",
          view.uid === undefined ? "pick" : "send",
          view.index + 1 < this.countOf(view.uid) ? "down" : "back",
        ];
      case "message":
        return this.messageLabels(view.sequence, view.page);
      case "reply":
        return replyLabels(this.replies, view.first);
    }
  }

  /** Does what the button says. Throws what the store throws; the view has changed even so. */
  press(button: Button, nowMs: number): Choice | undefined {
    const view = this.currentView;
    if (nowMs < this.ignoreUntilMs) return undefined;
    switch (view.kind) {
      case "home":
        this.pressAtHome(button, nowMs);
        return undefined;
      case "message":
        this.pressAtMessage(view.sequence, view.page, button, nowMs);
        return undefined;
      case "reply":
        this.pressAtReply(view, button, nowMs);
        return undefined;
      case "inbox": {
        const { newer, older } = this.neighbours(view.sequence);
        const next = button === "a" ? newer : older;
        if (button === "b") this.browse(messageView(view.sequence), nowMs);
        else this.browse(next === undefined ? HOME : { kind: "inbox", sequence: next }, nowMs);
        return undefined;
      }
      case "roster":
        this.pressAtRoster(this.rowOf(view), button, nowMs);
        return undefined;
      case "device": {
        const next = button === "a" ? view.index - 1 : view.index + 1;
        const isOut = next < 0 || next >= this.options.figureCount;
        if (button === "b") this.browse(HOME, nowMs);
        else this.browse(isOut ? DEVICE_ROW : { kind: "device", index: next }, nowMs);
        return undefined;
      }
      case "texts":
        return this.pressAtTexts(view.uid, view.index, button, nowMs);
    }
  }

  /** Chooses the row so many rows below the chosen one, and opens it. Does nothing where there is none. */
  openRow(below: number, nowMs: number): Choice | undefined {
    if (nowMs < this.ignoreUntilMs) return undefined;
    const view = this.rowFrom(below);
    if (!view) return undefined;
    this.browse(view, nowMs);
    // A figure of the device has nothing to open.
    return view.kind === "device" ? undefined : this.press("b", nowMs);
  }

  /** Chooses a row further up or down in the list, at most the first or the last one. Returns whether the view is a list. */
  scroll(rows: number, nowMs: number): boolean {
    if (!("index" in this.currentView || this.currentView.kind === "inbox" || this.currentView.kind === "roster"))
      return false;
    if (nowMs < this.ignoreUntilMs) return true;
    for (let count = Math.abs(rows); count > 0; count -= 1) {
      const view = this.rowFrom(Math.sign(rows));
      if (!view) break;
      this.browse(view, nowMs);
    }
    return true;
  }

  /** Gives the reply at this index. Does nothing where the view offers none. Throws what the store throws. */
  giveReply(reply: number, nowMs: number): void {
    const view = this.currentView;
    if (view.kind === "reply" && nowMs >= this.ignoreUntilMs) this.give(view.sequence, reply, nowMs);
  }

  /** Lists what there is to read, if that is more than one message, unless the carrier is at something or an alert is up. */
  showUnread(nowMs: number): void {
    const newest = this.inbox.newestUnread();
    if (newest !== undefined && this.inbox.unreadCount > 1 && !this.isHolding(nowMs))
      this.browse({ kind: "inbox", sequence: newest }, nowMs);
  }

  /** Leaves what is on the screen. An urgent message stays until it is acknowledged. */
  goHome(nowMs: number): void {
    if (nowMs < this.ignoreUntilMs || this.isAlert()) return;
    this.browse(HOME, nowMs);
  }

  /** The row so many rows below the chosen one. undefined: there is none, or the view is no list. */
  private rowFrom(below: number): View | undefined {
    const view = this.currentView;
    switch (view.kind) {
      case "inbox": {
        let sequence: number | undefined = view.sequence;
        for (let count = Math.abs(below); count > 0 && sequence !== undefined; count -= 1)
          sequence = below > 0 ? this.inbox.older(sequence) : this.inbox.newer(sequence);
        return sequence === undefined ? undefined : { kind: "inbox", sequence };
      }
      case "roster":
        return this.rosterRow(this.rowOf(view) + below);
      case "texts":
      case "device": {
        const index = view.index + below;
        const count = view.kind === "device" ? this.options.figureCount : this.countOf(view.uid);
        return index < 0 || index >= count ? undefined : { ...view, index };
      }
      default:
        return undefined;
    }
  }

  private pressAtHome(button: Button, nowMs: number): void {
    const newest = this.inbox.older();
    if (button === "c") this.browse({ kind: "roster", uid: undefined }, nowMs);
    else if (newest === undefined) return;
    else if (button === "a") this.browse(messageView(newest), nowMs);
    else if (this.inbox.unreadCount > 0) this.moveOn(nowMs);
    else this.browse({ kind: "inbox", sequence: newest }, nowMs);
  }

  private pressAtMessage(sequence: number, page: number, button: Button, nowMs: number): void {
    const { newer, older } = this.neighbours(sequence);
    if (button === "b") {
      if (this.isAnswerable(sequence)) this.browse({ kind: "reply", sequence, page, first: 0 }, nowMs);
      else if (this.inbox.isUnread(sequence)) this.finish(nowMs, () => this.inbox.markRead(sequence));
      else this.browse({ kind: "inbox", sequence }, nowMs);
      return;
    }
    const nextPage = button === "a" ? page - 1 : page + 1;
    if (nextPage < page ? nextPage >= 0 : this.hasFurtherPage)
      this.browse({ kind: "message", sequence, page: nextPage }, nowMs);
    else if (this.isAlert()) return;
    else if (button === "c") this.browse(newer === undefined ? HOME : messageView(newer), nowMs);
    else if (older !== undefined) this.browse(messageView(older), nowMs);
  }

  private pressAtReply(view: View & { kind: "reply" }, button: Button, nowMs: number): void {
    const { sequence, page, first } = view;
    if (button === "c") {
      const next = nextFirst(first, this.replies.length);
      this.browse(next === undefined ? { kind: "message", sequence, page } : { ...view, first: next }, nowMs);
      return;
    }
    this.give(sequence, (button === "a" ? first : first + 1) % this.replies.length, nowMs);
  }

  private give(sequence: number, reply: number, nowMs: number): void {
    const choiceCount = this.choices.length;
    if (reply < choiceCount) this.finish(nowMs, () => this.inbox.markAnswered(sequence, reply));
    else if (reply === choiceCount) this.finish(nowMs, () => this.inbox.markRead(sequence));
  }

  private pressAtRoster(row: number, button: Button, nowMs: number): void {
    const { contacts } = this.roster;
    if (button === "b") {
      const uid = contacts[row - 1]?.uid;
      if (row > contacts.length) this.browse({ kind: "device", index: 0 }, nowMs);
      else if (this.countOf(uid) > 0) this.browse({ kind: "texts", uid, index: 0 }, nowMs);
      return;
    }
    this.browse(this.rosterRow(button === "a" ? row - 1 : row + 1) ?? HOME, nowMs);
  }

  /** The view with this row of the list of people. undefined: there is none. */
  private rosterRow(row: number): View | undefined {
    const { contacts } = this.roster;
    if (row < 0 || row > contacts.length + 1) return undefined;
    return row > contacts.length ? DEVICE_ROW : { kind: "roster", uid: contacts[row - 1]?.uid };
  }

  /** The row of a list of people: the carrier, the contacts, the device. */
  private rowOf({ uid, isDevice }: View & { kind: "roster" }): number {
    return isDevice ? this.roster.contacts.length + 1 : this.roster.rowOf(uid);
  }

  private pressAtTexts(uid: string | undefined, index: number, button: Button, nowMs: number): Choice | undefined {
    if (button === "b") {
      this.moveOn(nowMs);
      return { uid, index };
    }
    const next = button === "a" ? index - 1 : index + 1;
    const isOut = next < 0 || next >= this.countOf(uid);
    this.browse(isOut ? { kind: "roster", uid } : { kind: "texts", uid, index: next }, nowMs);
    return undefined;
  }

  private messageLabels(sequence: number, page: number): readonly [string, string, string] {
    const { newer, older } = this.neighbours(sequence);
    const isAlert = this.isAlert();
    const middle = this.isAnswerable(sequence) ? "reply" : this.inbox.isUnread(sequence) ? "read" : "list";
    return [
      page > 0 ? "back" : isAlert || older === undefined ? "" : "older",
      middle,
      this.hasFurtherPage ? "more" : isAlert ? "" : newer === undefined ? "home" : "next",
    ];
  }

  /**
   * Records what the carrier did and moves on. It also moves on if the store refuses, because the carrier is done with
   * the message.
   */
  private finish(nowMs: number, record: () => void): void {
    try {
      record();
    } finally {
      this.moveOn(nowMs);
    }
  }

  /** Shows the next message to read, or home. */
  private moveOn(nowMs: number): void {
    const next = this.inbox.nextAlert() ?? this.inbox.newestUnread();
    this.holdUntilMs = 0;
    this.show(next === undefined ? HOME : messageView(next), nowMs);
  }

  /** Shows a view that the carrier has gone to. */
  private browse(view: View, nowMs: number): void {
    this.show(view, nowMs);
    if (view.kind === "home") this.holdUntilMs = 0;
    else {
      this.holdUntilMs = nowMs + SCREEN_HOLD_MS;
      if (view.kind !== "message") this.returnMs = nowMs + SCREEN_RETURN_MS;
    }
  }

  private show(view: View, nowMs: number): void {
    this.currentView = view;
    this.shownAtMs = nowMs;
    this.returnMs = undefined;
    this.version += 1;
  }

  private get nextMs(): number {
    return this.current === undefined ? this.shownAtMs : this.shownAtMs + this.options.dwellMs;
  }

  private mustWait(next: number, nowMs: number): boolean {
    if (this.inbox.priorityOf(next) >= URGENT) return false;
    return nowMs < this.holdUntilMs || this.inbox.nextAlert() !== undefined;
  }

  private isCurrentUnshown(): boolean {
    return this.current !== undefined && !this.inbox.isShown(this.current);
  }

  /** Whether the message on the screen must be acknowledged, and has at least this priority. */
  isUrgent(priority: number): boolean {
    const { current } = this;
    return current !== undefined && this.inbox.priorityOf(current) >= priority && this.inbox.isUnread(current);
  }

  private isAlert(): boolean {
    return this.isUrgent(URGENT);
  }

  private isAnswerable(sequence: number): boolean {
    return this.inbox.answerOf(sequence) === undefined && !this.inbox.isExpired(sequence) && this.choices.length > 0;
  }

  private get choices(): readonly string[] {
    return this.message?.choices ?? [];
  }

  private neighbours(sequence: number): { newer: number | undefined; older: number | undefined } {
    return { newer: this.inbox.newer(sequence), older: this.inbox.older(sequence) };
  }

  private hasOlder({ sequence }: { sequence: number }): boolean {
    return this.inbox.older(sequence) !== undefined;
  }

  private countOf(uid: string | undefined): number {
    return uid === undefined ? this.options.presenceCount : this.options.textCount;
  }
}

function messageView(sequence: number): View {
  return { kind: "message", sequence, page: 0 };
}
