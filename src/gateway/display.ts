/** What is on the screen. It is made of inbox, contacts, clock and link. It is made again only when one of them has changed. */
import { PAINT_FAILURES_MAX, PAINT_RETRY_MS, REPAINT_MS } from "../limits.ts";
import { URGENT } from "../pager/inbox.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import type { Roster } from "../pager/roster.ts";
import { COLORS } from "../pager/screen/colors.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import { type Row, rowsOn, type ScreenList } from "../pager/screen/list-view.ts";
import { type ScreenMessage, splitTitle, textBox } from "../pager/screen/message-view.ts";
import { PagedText, type TextPage } from "../pager/screen/paged-text.ts";
import { replyLines } from "../pager/screen/replies.ts";
import { drawScreen, type ScreenHome } from "../pager/screen/screen.ts";
import { fitLine } from "../pager/screen/text-layout.ts";
import { type TextWidths, textWidths } from "../pager/screen/text-widths.ts";
import type { View, Viewer } from "../pager/viewer.ts";
import type { Presence } from "../payload/presence.ts";
import type { MeasureText } from "../seams.ts";
import { type Counters, describeFaults } from "./counters.ts";
import { describeAge, describeDate, describePresence, describeTime } from "./describe.ts";
import type { Device } from "./device.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** Why there is no connection to the broker. */
export interface LinkTrouble {
  /** In two words, for the bar at the top: `no Wi-Fi`, `no address`, `no broker`. */
  readonly what: string;
  /** In a few words, for the home view. Empty: not known. */
  readonly why: string;
}

export type Link = "online" | LinkTrouble;

export interface DisplayParts {
  readonly viewer: Viewer;
  readonly roster: Roster;
  readonly diagnostics: Diagnostics;
  /** Texts that the carrier can choose as presence. */
  readonly presenceTexts: readonly string[];
  /** 0 by 0 for a board without a screen. */
  readonly size: Size;
  readonly measureText: MeasureText;
}

/** What the screen says of a battery. Empty: nothing. */
export interface BatteryWords {
  /** For the bar at the top. */
  readonly words: string;
  /** For the line that says what is wrong. */
  readonly warning: string;
}

/** What the display needs from outside for each picture. */
export interface DeviceState {
  readonly link: Link;
  readonly presence: Presence;
  readonly counters: Readonly<Counters>;
  /** What became of the last message that was sent from here. Empty where there is none. */
  readonly news: string;
  /** undefined: the device has none, or cannot measure it. */
  readonly battery: BatteryWords | undefined;
}

/** The text of the message on the screen. */
interface OpenText {
  readonly sequence: number;
  readonly title: string;
  readonly text: string;
  readonly pages: PagedText;
}

/** The text that the carrier sees below the replies. It begins at the page on which the carrier chose to reply. */
interface Excerpt {
  readonly of: OpenText;
  readonly from: number;
  readonly pages: PagedText;
}

/** The fixed part of an inbox row, cut to the width of the screen. */
interface RowHead {
  readonly words: string;
  /** 0: unknown. */
  readonly timestampSeconds: number;
}

/** What a view needs from outside. */
interface Shown {
  readonly link: Link;
  readonly presence: Presence;
  readonly news: string;
}

export class Display {
  private readonly device: Device;
  private readonly parts: DisplayParts;
  private readonly widths: TextWidths;
  private paintedKey = "";
  /** The versions that change with each message of a burst. */
  private paintedCounts = "";
  private paintedMs = Number.NEGATIVE_INFINITY;
  /** When a waiting change will be painted. undefined: nothing waits. */
  private repaintMs: number | undefined;
  /** How often in a row the screen has refused to be painted. */
  private failures = 0;
  /** The screen has refused: it is tried again then. */
  private retryMs = 0;
  private clockMs: number | undefined;
  private openText: OpenText | undefined;
  private excerpt: Excerpt | undefined;
  /** Whether a line says what went wrong. */
  private hasFaults = false;
  /** The fixed parts of the inbox rows on the screen, by sequence. */
  private heads: ReadonlyMap<number, RowHead> = new Map();

  constructor(device: Device, parts: DisplayParts) {
    this.device = device;
    this.parts = parts;
    this.widths = textWidths(parts.measureText);
  }

  get exists(): boolean {
    return this.parts.size.width > 0 && this.failures < PAINT_FAILURES_MAX;
  }

  handlePainted(): void {
    this.failures = 0;
  }

  /** What was to be painted is painted as a whole later. */
  handlePaintFailed(nowMs: number): void {
    this.failures += 1;
    this.paintedKey = "";
    this.retryMs = nowMs + PAINT_RETRY_MS;
  }

  /**
   * Returns the screen when it has changed since the last call. A long text is laid out in slices. Until its page is complete,
   * `timeoutMs` asks for the next slice at once.
   */
  poll({ link, presence, counters, news, battery }: DeviceState, nowMs: number): DrawList | undefined {
    const { inbox, wallClock } = this.device;
    const { viewer, roster, size } = this.parts;
    const faults = joined(", ", battery?.warning, describeFaults(counters));
    const time = this.time(wallClock());
    const state = link === "online" ? describePresence(presence, this.device.zone) : link.what;
    const status = joined("  ", state, battery?.words);
    const key = `${viewer.version} ${time} ${status} ${describeLink(link)} ${faults} ${news}`;
    const countsKey = `${inbox.viewVersion}/${roster.version}`;
    this.repaintMs = nowMs < this.retryMs ? this.retryMs : undefined;
    if (this.repaintMs !== undefined) return undefined;
    if (key === this.paintedKey) {
      if (countsKey === this.paintedCounts) return undefined;
      if (nowMs < this.paintedMs + REPAINT_MS) {
        this.repaintMs = this.paintedMs + REPAINT_MS;
        return undefined;
      }
    }
    this.hasFaults = faults !== "";
    const page = this.layOut();
    if (page === "later") {
      this.repaintMs = nowMs;
      return undefined;
    }
    this.paintedKey = key;
    this.paintedCounts = countsKey;
    this.paintedMs = nowMs;
    const view = this.viewOf(viewer.view, page, { link, presence, news });
    // The labels say whether the text goes on. That is known once its page is laid out.
    viewer.hasFurtherPage = goesOn(page);
    const labels = viewer.labels();
    return drawScreen({ time, status, unreadCount: inbox.unreadCount, faults, view, labels }, size, this.widths);
  }

  /** When the screen changes by itself: at the next minute, or when a waiting change is painted. */
  timeoutMs(nowMs: number): number | undefined {
    const minuteMs = this.nextMinuteMs(nowMs);
    if (this.repaintMs === undefined) return minuteMs;
    return minuteMs === undefined ? this.repaintMs : Math.min(minuteMs, this.repaintMs);
  }

  private nextMinuteMs(nowMs: number): number | undefined {
    const seconds = this.device.wallClock();
    if (seconds === undefined) return undefined;
    // The two clocks drift against each other. A promised wake-up stays until it has come.
    if (this.clockMs === undefined || this.clockMs <= nowMs) this.clockMs = nowMs + (60 - (seconds % 60)) * 1000;
    return this.clockMs;
  }

  /** Lays out the rest of the page at once. What a button does depends on where the page ends. */
  finishLayout(): void {
    let page: TextPage | "later" | undefined;
    do page = this.layOut();
    while (page === "later");
    this.parts.viewer.hasFurtherPage = goesOn(page);
  }

  private viewOf(view: View, page: TextPage | undefined, shown: Shown): ScreenHome | ScreenMessage | ScreenList {
    switch (view.kind) {
      case "home":
        return this.home(shown);
      case "message":
      case "reply":
        return this.message(view, page) ?? this.home(shown);
      case "inbox":
        return this.inboxList(view.sequence);
      case "roster":
        return this.rosterList(view, shown.presence);
      case "texts":
        return this.textList(view.uid, view.index);
      case "device":
        return this.deviceList(view.index);
    }
  }

  private home({ link, news }: Shown): ScreenHome {
    const { inbox, wallClock, zone } = this.device;
    const { roster } = this.parts;
    const seconds = wallClock();
    const lines = [inbox.unreadCount > 0 ? `${inbox.unreadCount} to read` : describeLink(link), news];
    if (seconds !== undefined) lines.push(describeDate(seconds, zone.offsetMinutes(seconds)));
    if (inbox.length > 0) lines.push(inbox.length === 1 ? "1 message" : `${inbox.length} messages`);
    if (roster.onlineCount > 0) lines.push(`${roster.onlineCount} of ${roster.contacts.length} people online`);
    return { kind: "home", lines: lines.filter((line) => line !== "") };
  }

  private message(view: View & { kind: "message" | "reply" }, page: TextPage | undefined): ScreenMessage | undefined {
    const { inbox } = this.device;
    const { message } = this.parts.viewer;
    const { sequence } = view;
    if (!message || !page) return undefined;
    const { sender, group, priority, choices = [], timestampSeconds } = message;
    return {
      kind: "message",
      from: `${senderName(sender)}${group === undefined ? "" : `${TO_GROUP}${group}`}`,
      title: this.open(sequence, message).title,
      page,
      time: this.time(timestampSeconds || undefined),
      priority,
      mark: inbox.isExpired(sequence) ? "expired" : inbox.isRead(sequence) ? "" : "*",
      position: inbox.positionOf(sequence),
      count: inbox.length,
      answers: this.answers(view, choices),
    };
  }

  /** Lays out a slice of the text for the screen. Returns undefined where the view has no text. */
  private layOut(): TextPage | "later" | undefined {
    const { viewer, size } = this.parts;
    const { view, message } = viewer;
    if (!message || (view.kind !== "message" && view.kind !== "reply")) return undefined;
    const open = this.open(view.sequence, message);
    const answerCount = this.answers(view, message.choices ?? []).length;
    const boxOf = (footCount: number) => textBox(size, this.hasFaults, open.title !== "", footCount);
    const page = open.pages.poll(view.page, boxOf(view.kind === "reply" ? 0 : answerCount));
    if (view.kind === "message" || !page) return page ?? "later";
    return this.excerptOf(open, page.from).poll(0, boxOf(answerCount)) ?? "later";
  }

  private open(sequence: number, { title = "", text }: InboxMessage): OpenText {
    if (this.openText?.sequence !== sequence) {
      const split = splitTitle(title, text, this.parts.size, this.widths);
      this.openText = { sequence, ...split, pages: new PagedText(split.text, this.widths) };
    }
    return this.openText;
  }

  private excerptOf(of: OpenText, from: number): PagedText {
    if (this.excerpt?.of !== of || this.excerpt.from !== from)
      this.excerpt = { of, from, pages: new PagedText(of.text.slice(from), this.widths) };
    return this.excerpt.pages;
  }

  /** The replies, each with its button, or the reply that the carrier gave. */
  private answers(view: View & { kind: "message" | "reply" }, choices: readonly string[]): readonly string[] {
    if (view.kind === "reply") return replyLines(this.parts.viewer.replies, view.first);
    const answer = this.device.inbox.answerOf(view.sequence);
    return answer === undefined ? [] : [`answered: ${choices[answer] ?? ""}`];
  }

  /** The rows around the chosen one, newest first. */
  private inboxList(chosen: number): ScreenList {
    const { inbox, wallClock } = this.device;
    const { size } = this.parts;
    const fromTop = inbox.length - inbox.positionOf(chosen);
    const rowCount = rowsOn(size);
    const inWindow = fromTop % rowCount;
    let first = chosen;
    for (let at = 0; at < inWindow; at += 1) first = inbox.newer(first) ?? first;
    const rows: Row[] = [];
    const heads = new Map<number, RowHead>();
    for (let sequence: number | undefined = first; sequence !== undefined && rows.length < rowCount; ) {
      const head = this.heads.get(sequence) ?? this.readHead(sequence);
      heads.set(sequence, head);
      rows.push(this.inboxRow(sequence, head, wallClock()));
      sequence = inbox.older(sequence);
    }
    this.heads = heads;
    return { kind: "list", title: "inbox", rows, chosen: inWindow, position: fromTop + 1, count: inbox.length };
  }
  private inboxRow(sequence: number, { words, timestampSeconds }: RowHead, nowSeconds: number | undefined): Row {
    const { inbox } = this.device;
    const isStrong = inbox.isUnread(sequence);
    const state = isStrong ? "* " : inbox.isExpired(sequence) ? "expired " : "";
    const text = `${inbox.priorityOf(sequence) >= URGENT ? "!! " : ""}${state}${words}`;
    return { text, right: describeAge(timestampSeconds, nowSeconds), isStrong };
  }

  private readHead(sequence: number): RowHead {
    const message = this.device.inbox.read(sequence);
    if (!message) return { words: "damaged", timestampSeconds: 0 };
    const { sender, title, text, timestampSeconds } = message;
    const words = `${senderName(sender)}: ${firstLine(title ?? "") || firstLine(text) || "no words"}`;
    return { words: fitLine(words, "small", this.parts.size.width, this.widths), timestampSeconds };
  }

  private rosterList({ uid, isDevice }: View & { kind: "roster" }, presence: Presence): ScreenList {
    const { roster } = this.parts;
    const { contacts } = roster;
    const chosen = isDevice ? contacts.length + 1 : roster.rowOf(uid);
    return this.rowsAround("people", chosen, contacts.length + 2, (at) => {
      if (at > contacts.length) return { text: DEVICE_NAME };
      const contact = contacts[at - 1];
      const person = contact ?? presence;
      return {
        text: `${contact ? senderName(contact.uid) : OWN_NAME}  ${describePresence(person, this.device.zone)}`,
        dot: colorOf(person.status),
        isStrong: person.status === 1,
      };
    });
  }

  private textList(uid: string | undefined, index: number): ScreenList {
    const shown = uid === undefined ? this.parts.presenceTexts : this.device.settings.cannedTexts;
    return this.rowsAround(uid === undefined ? "I am" : `to ${uid}`, index, shown.length, (at) => ({
      text: shown[at] ?? "",
    }));
  }

  private deviceList(index: number): ScreenList {
    const rows = this.parts.diagnostics.rows();
    return this.rowsAround(DEVICE_NAME, index, rows.length, (at) => rows[at] as Row);
  }

  /** The rows around the chosen one, out of `count`. */
  private rowsAround(title: string, index: number, count: number, rowAt: (index: number) => Row): ScreenList {
    const rowCount = rowsOn(this.parts.size);
    const skipped = index - (index % rowCount);
    const rows: Row[] = [];
    for (let at = skipped; at < count && rows.length < rowCount; at += 1) rows.push(rowAt(at));
    return { kind: "list", title, rows, chosen: index - skipped, position: index + 1, count };
  }

  private time(seconds: number | undefined): string {
    return seconds === undefined ? "" : describeTime(seconds, this.device.zone.offsetMinutes(seconds));
  }
}

/** Those of the parts that say something. */
function joined(separator: string, ...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part).join(separator);
}

function describeLink(link: Link): string {
  return link === "online" ? "no new messages" : link.why || link.what;
}

function goesOn(page: TextPage | undefined): boolean {
  return page !== undefined && page.to < page.length;
}

function colorOf(status: number): number {
  if (status === 1) return COLORS.online;
  if (status === 3 || status === 15) return COLORS.busy;
  return status === 4 ? COLORS.away : COLORS.dim;
}

/** The first line with words. An ellipsis marks that more lines follow. Empty where the text has no words. */
function firstLine(text: string): string {
  const words = text.trim();
  const end = words.indexOf("\n");
  return end < 0 ? words : `${words.slice(0, end).trimEnd()}…`;
}

/** The sender's name for the screen. A name that could be taken for a word of this screen stands in quotation marks. */
function senderName(uid: string): string {
  if (uid === "") return PLAIN_PAGE;
  const isMistakable =
    [PLAIN_PAGE, OWN_NAME, DEVICE_NAME].includes(uid) || uid.includes(TO_GROUP) || uid.startsWith('"');
  return isMistakable ? `"${uid}"` : uid;
}

const PLAIN_PAGE = "page";
const OWN_NAME = "me";
const DEVICE_NAME = "this device";
const TO_GROUP = " to ";
