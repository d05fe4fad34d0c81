/**
 * Which view is on the screen and what the buttons do there. New messages come onto the screen one after the other, each for a
 * dwell time at least, so that a person can see each. Then the newest unread one stays until the carrier moves on. A page of priority 4 or 5 comes before all others and stays until it is acknowledged; others do not take the
 * screen from under the carrier's hand.
 */
import { PRESS_GUARD_MS, SCREEN_HOLD_MS, SCREEN_RETURN_MS } from "../limits.ts";
import { type Inbox, URGENT } from "./inbox.ts";
import type { InboxMessage } from "./inbox-message.ts";
import type { Roster } from "./roster.ts";
import type { Button } from "./screen/buttons.ts";
import { REPLIES_SHOWN, repliesTo, replyLabels } from "./screen/replies.ts";

export type View =
  | { readonly kind: "home" }
  /** `page`: of its text, from 0. */
  | { readonly kind: "message"; readonly sequence: number; readonly page: number }
  /** The message with what can be replied. `first`: which reply the first button gives, of `replies`. */
  | { readonly kind: "reply"; readonly sequence: number; readonly page: number; readonly first: number }
  /** `sequence`: the chosen row. */
  | { readonly kind: "inbox"; readonly sequence: number }
  /** `uid`: the chosen contact, wherever news of others move it; undefined: the carrier, who stands first. */
  | { readonly kind: "roster"; readonly uid: string | undefined }
  /** Texts to send to a contact, or without one to choose as own presence. */
  | { readonly kind: "texts"; readonly uid: string | undefined; readonly index: number };

/** What the carrier has chosen, and the viewer cannot do: a text, by its place in the list, to a contact or as own presence. */
export interface Choice {
  readonly uid: string | undefined;
  readonly index: number;
}

export interface ViewerOptions {
  readonly dwellMs: number;
  /** How many texts there are to send, and to choose as own presence. */
  readonly textCount: number;
  readonly presenceCount: number;
}

const HOME: View = Object.freeze({ kind: "home" });

interface OpenMessage {
  readonly sequence: number;
  /** Of the inbox: another one means that its time may have become known. */
  readonly datedCount: number;
  /** undefined: its record cannot be read. */
  readonly message: InboxMessage | undefined;
}

export class Viewer {
  private readonly inbox: Inbox;
  private readonly roster: Roster;
  private readonly options: ViewerOptions;
  private currentView: View = HOME;
  private sinceMs = 0;
  /** The carrier is at work until then: what is not urgent waits. */
  private holdMs = 0;
  /** When a list that nobody touches gives way to what is to be read. */
  private returnMs: number | undefined;
  /** The view has changed by itself: until then a press was meant for what stood there before, and goes nowhere. */
  private deafMs = 0;
  private opened: OpenMessage | undefined;
  private checkedVersion = -1;
  /** Whether the text of the message goes on behind the page on the screen. Whoever lays it out says so. */
  hasFurtherPage = false;
  /** Changes whenever the view has. */
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

  /** Sequence of the message that is to be on the screen; undefined: another view. */
  get current(): number | undefined {
    const view = this.currentView;
    return view.kind === "message" || view.kind === "reply" ? view.sequence : undefined;
  }

  /** The message that is on the screen. It is read from the store once, however often the screen is painted. */
  get message(): InboxMessage | undefined {
    const { current, opened } = this;
    const { datedCount } = this.inbox;
    if (current === undefined) this.opened = undefined;
    else if (opened?.sequence !== current || opened.datedCount !== datedCount)
      this.opened = { sequence: current, datedCount, message: this.inbox.read(current) };
    return this.opened?.message;
  }

  /** What the carrier can reply to the message on the screen; the last one is to give no answer. */
  get replies(): readonly string[] {
    return repliesTo(this.choices);
  }

  /** Whether new messages wait for the carrier and not for their dwell time: nobody knows how long. */
  isHolding(nowMs: number): boolean {
    return nowMs < this.holdMs || this.inbox.nextAlert() !== undefined;
  }

  /** When `update` has something to do, or undefined. */
  timeoutMs(nowMs: number): number | undefined {
    const next = this.inbox.nextUnshown();
    let wakeMs = this.returnMs;
    if (next !== undefined && !this.isCurrentUnshown() && !this.mustWait(next, Number.POSITIVE_INFINITY)) {
      const nextMs = this.mustWait(next, nowMs) ? Math.max(this.nextMs, this.holdMs) : this.nextMs;
      wakeMs = wakeMs === undefined ? nextMs : Math.min(wakeMs, nextMs);
    }
    return wakeMs;
  }

  /** Brings onto the screen what is to be there now. */
  update(nowMs: number): void {
    const before = this.currentView;
    const isLeft = this.returnMs !== undefined && nowMs >= this.returnMs;
    if (isLeft || this.isGone()) this.goOn(nowMs);
    this.showNext(nowMs);
    if (this.currentView !== before && before.kind !== "home") this.deafMs = nowMs + PRESS_GUARD_MS;
  }

  /** Whether the message that is on the screen, or chosen there, has left the inbox. */
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

  /** What the buttons do now; empty: nothing. */
  labels(): readonly [string, string, string] {
    const view = this.currentView;
    const inbox = this.inbox;
    switch (view.kind) {
      case "home":
        return [
          inbox.length > 0 ? "older" : "",
          inbox.unreadCount > 0 ? "open" : inbox.length > 0 ? "inbox" : "",
          "people",
        ];
      case "inbox":
        return [
          inbox.newer(view.sequence) === undefined ? "home" : "up",
          "open",
          this.hasOlder(view) ? "down" : "home",
        ];
      case "roster": {
        const row = this.roster.rowOf(view.uid);
        const isLast = row >= this.roster.contacts.length;
        const isOpen = row === 0 || this.options.textCount > 0;
        return [row === 0 ? "home" : "up", isOpen ? "choose" : "", isLast ? "home" : "down"];
      }
      case "texts":
        return [
          view.index === 0 ? "back" : "up",
          view.uid === undefined ? "choose" : "send",
          view.index + 1 < this.countOf(view.uid) ? "down" : "back",
        ];
      case "message":
        return this.messageLabels(view.sequence, view.page);
      case "reply":
        return replyLabels(this.replies, view.first);
    }
  }

  /** Throws what the store throws; what the carrier wants has happened even so. */
  press(button: Button, nowMs: number): Choice | undefined {
    const view = this.currentView;
    if (nowMs < this.deafMs) return undefined;
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
        this.pressAtRoster(this.roster.rowOf(view.uid), button, nowMs);
        return undefined;
      case "texts":
        return this.pressAtTexts(view.uid, view.index, button, nowMs);
    }
  }

  private pressAtHome(button: Button, nowMs: number): void {
    const newest = this.inbox.older();
    if (button === "c") this.browse({ kind: "roster", uid: undefined }, nowMs);
    else if (newest === undefined) return;
    else if (button === "a") this.browse(messageView(newest), nowMs);
    else if (this.inbox.unreadCount > 0) this.goOn(nowMs);
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
      const isMore = first + REPLIES_SHOWN < this.replies.length;
      this.browse(isMore ? { ...view, first: first + REPLIES_SHOWN } : { kind: "message", sequence, page }, nowMs);
      return;
    }
    const choiceCount = this.choices.length;
    const reply = button === "a" ? first : first + 1;
    if (reply < choiceCount) this.finish(nowMs, () => this.inbox.markAnswered(sequence, reply));
    else if (reply === choiceCount) this.finish(nowMs, () => this.inbox.markRead(sequence));
  }

  private pressAtRoster(row: number, button: Button, nowMs: number): void {
    const { contacts } = this.roster;
    if (button === "b") {
      const uid = contacts[row - 1]?.uid;
      if (this.countOf(uid) > 0) this.browse({ kind: "texts", uid, index: 0 }, nowMs);
      return;
    }
    const next = button === "a" ? row - 1 : row + 1;
    const isOut = next < 0 || next > contacts.length;
    this.browse(isOut ? HOME : { kind: "roster", uid: contacts[next - 1]?.uid }, nowMs);
  }

  private pressAtTexts(uid: string | undefined, index: number, button: Button, nowMs: number): Choice | undefined {
    if (button === "b") {
      this.goOn(nowMs);
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
      this.hasFurtherPage ? "more" : isAlert ? "" : newer === undefined ? "home" : "newer",
    ];
  }

  /** Also where the store refuses to record it: the carrier has read it and wants to go on. */
  private finish(nowMs: number, record: () => void): void {
    try {
      record();
    } finally {
      this.goOn(nowMs);
    }
  }

  /** To what is to be read next, or home. */
  private goOn(nowMs: number): void {
    const next = this.inbox.nextAlert() ?? this.inbox.newestUnread();
    this.holdMs = 0;
    this.show(next === undefined ? HOME : messageView(next), nowMs);
  }

  /** Where the carrier has gone by hand. */
  private browse(view: View, nowMs: number): void {
    this.show(view, nowMs);
    if (view.kind === "home") this.holdMs = 0;
    else {
      this.holdMs = nowMs + SCREEN_HOLD_MS;
      if (view.kind !== "message") this.returnMs = nowMs + SCREEN_RETURN_MS;
    }
  }

  private show(view: View, nowMs: number): void {
    this.currentView = view;
    this.sinceMs = nowMs;
    this.returnMs = undefined;
    this.version += 1;
  }

  private get nextMs(): number {
    return this.current === undefined ? this.sinceMs : this.sinceMs + this.options.dwellMs;
  }

  private mustWait(next: number, nowMs: number): boolean {
    if (this.inbox.priorityOf(next) >= URGENT) return false;
    return nowMs < this.holdMs || this.inbox.nextAlert() !== undefined;
  }

  private isCurrentUnshown(): boolean {
    return this.current !== undefined && !this.inbox.isShown(this.current);
  }

  /** Whether what is on the screen has to be acknowledged. */
  private isAlert(): boolean {
    const { current } = this;
    return current !== undefined && this.inbox.priorityOf(current) >= URGENT && this.inbox.isUnread(current);
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
