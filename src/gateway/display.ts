/** What is on the screen. It is made of inbox, contacts, clock and link. It is made again only when one of them has changed. */
import { PAINT_FAILURES_MAX, PAINT_RETRY_MS, REPAINT_MS } from "../limits.ts";
import type { InboxMessage } from "../pager/inbox-message.ts";
import type { Roster } from "../pager/roster.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import { viewArea } from "../pager/screen/layout.ts";
import { firstAddress, hasCodeRoom } from "../pager/screen/link-code.ts";
import { type Row, rowAt, rowsOn, type ScreenList } from "../pager/screen/list-view.ts";
import { fitsBelow, heightBelow, pictureRoom } from "../pager/screen/message-picture.ts";
import {
  answerAt,
  type LinkCode,
  rowsLeft,
  type ScreenMessage,
  splitTitle,
  textBox,
} from "../pager/screen/message-view.ts";
import { PagedText, type TextPage } from "../pager/screen/paged-text.ts";
import { replyLines } from "../pager/screen/replies.ts";
import type { RunPictures } from "../pager/screen/runs.ts";
import { drawScreen, type ScreenHome } from "../pager/screen/screen.ts";
import type { ScreenStatus } from "../pager/screen/status-bar.ts";
import { fitLine } from "../pager/screen/text-layout.ts";
import { type TextWidths, textWidths } from "../pager/screen/text-widths.ts";
import type { ScreenKind } from "../pager/screen/theme.ts";
import type { View, Viewer } from "../pager/viewer.ts";
import type { Presence } from "../payload/presence.ts";
import type { MakeQrCode, MeasureText, Sensor } from "../seams.ts";
import type { Sampler } from "../sensor/sampler.ts";
import { type Counters, describeFaults } from "./counters.ts";
import {
  describeAge,
  describeDay,
  describePresence,
  describeReading,
  describeTime,
  describeToday,
} from "./describe.ts";
import type { Device } from "./device.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { MessagePictures } from "./message-pictures.ts";

/** Why there is no connection to the broker. */
export interface LinkTrouble {
  /** In two words, for the bar at the top: `no Wi-Fi`, `no address`, `no broker`. */
  readonly what: string;
  /** In a few words, for the home view. Empty: not known. */
  readonly why: string;
  /** There is a network, and no broker. */
  readonly isBrokerAway?: boolean;
}

export type Link = "online" | LinkTrouble;

export interface DisplayParts {
  readonly viewer: Viewer;
  readonly roster: Roster;
  readonly diagnostics: Diagnostics;
  readonly sampler: Sampler;
  /** Texts that the carrier can choose as presence. */
  readonly presenceTexts: readonly string[];
  /** 0 by 0 for a board without a screen. */
  readonly size: Size;
  readonly screenKind: ScreenKind;
  readonly measureText: MeasureText;
  /** undefined: no page shows the code of an address. */
  readonly makeQrCode: MakeQrCode | undefined;
  readonly pictures: RunPictures;
  /** undefined on a board without a screen. */
  readonly messagePictures: MessagePictures | undefined;
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
  readonly isQuiet: boolean;
  readonly counters: Readonly<Counters>;
  /** What became of the last message that was sent from here. Empty where there is none. */
  readonly news: string;
  /** undefined: the device has none, or cannot measure it. */
  readonly battery: BatteryWords | undefined;
}

/** The text of the message on the screen. */
interface OpenText {
  readonly sequence: number;
  title: readonly string[];
  readonly text: string;
  readonly pages: PagedText;
  /** What stands in the place of its picture, see `MessagePictures.insteadOf`. */
  readonly instead: string | undefined;
  /** The code of the first address in it. undefined: there is none, or it is not made yet. */
  code?: LinkCode | "none";
}

/** The text that the carrier sees below the replies. It begins at the page on which the carrier chose to reply. */
interface Excerpt {
  readonly of: OpenText;
  readonly from: number;
  readonly pages: PagedText;
}

/** The fixed part of an inbox row, cut to the width of the screen. */
interface RowHead {
  readonly name: string;
  readonly words: string;
  /** 0: unknown. */
  readonly timestampSeconds: number;
}

/** What a view needs from outside. */
interface Shown {
  readonly trouble: LinkTrouble;
  readonly presence: Presence;
  readonly news: string;
  readonly isBlink: boolean;
}

export class Display {
  private readonly device: Device;
  private readonly parts: DisplayParts;
  private readonly widths: TextWidths;
  private paintedKey = "";
  /** The picture on the screen has a band that blinks. */
  private blinks = false;
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
  /** What the page of the message shows: its text, with the picture below it, or the picture or the code alone. */
  private shown: "text" | "picture below" | "picture" | "code" = "text";
  /** Another page follows the text, with the picture or the code. */
  private hasPageBehind = false;
  /** How many rows are on the screen, and which of them is chosen. */
  private shownRows = 0;
  private chosenRow = 0;
  /** The fixed parts of the inbox rows on the screen, by sequence. */
  private heads: ReadonlyMap<number, RowHead> = new Map();
  /** That of the pictures whose widths everything is laid out with. */
  private picturesVersion = 0;

  constructor(device: Device, parts: DisplayParts) {
    this.device = device;
    this.parts = parts;
    this.widths = textWidths(parts.measureText, parts.pictures);
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
  poll({ link, presence, isQuiet, counters, news, battery }: DeviceState, nowMs: number): DrawList | undefined {
    const { inbox, wallClock } = this.device;
    const { viewer, roster, size, screenKind, pictures, messagePictures } = this.parts;
    const faults = joined(", ", battery?.warning, describeFaults(counters));
    const time = this.time(wallClock());
    const trouble = link === "online" ? NO_TROUBLE : link;
    const presenceWords = describePresence(presence, this.device.zone);
    const isBlink = this.isBlinkAt(nowMs);
    const key = `${viewer.version} ${pictures.version} ${messagePictures?.version} ${time} ${presenceWords} ${trouble.what} ${trouble.why} ${isQuiet} ${isBlink} ${battery?.words} ${faults} ${news}`;
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
    if (pictures.version !== this.picturesVersion) this.handlePictures();
    const page = this.layOut();
    if (page === "later") {
      this.repaintMs = nowMs;
      return undefined;
    }
    this.paintedKey = key;
    this.paintedCounts = countsKey;
    this.paintedMs = nowMs;
    this.blinks = screenKind === "color" && viewer.isUrgent(BLINKING);
    const view = this.viewOf(viewer.view, page, { trouble, presence, news, isBlink });
    // The labels say whether the text goes on. That is known once its page is laid out.
    viewer.hasFurtherPage = this.goesOn(page);
    const labels = viewer.labels();
    this.shownRows = view.kind === "list" ? view.rows.length : 0;
    this.chosenRow = view.kind === "list" ? view.chosen : 0;
    const status: ScreenStatus = {
      time,
      trouble: trouble.what,
      isBrokerAway: trouble.isBrokerAway === true,
      bars: barsOf(this.parts.diagnostics.figure("signal")),
      presence: presence.status,
      presenceWords,
      isQuiet,
      battery: battery?.words ?? "",
      unreadCount: inbox.unreadCount,
    };
    return drawScreen({ status, faults, view, labels }, size, this.widths, screenKind);
  }

  /** Whether the band of a page of priority 5 is in its other colours now. Nothing blinks on paper. */
  private isBlinkAt(nowMs: number): boolean {
    return this.blinks && Math.floor(nowMs / BLINK_MS) % 2 === 1;
  }

  /** When the screen changes by itself: at the next minute, or when a waiting change is painted. */
  timeoutMs(nowMs: number): number | undefined {
    const minuteMs = this.nextMinuteMs(nowMs) ?? Number.POSITIVE_INFINITY;
    const blinkMs = this.blinks ? BLINK_MS * (Math.floor(nowMs / BLINK_MS) + 1) : Number.POSITIVE_INFINITY;
    const nextMs = Math.min(minuteMs, blinkMs, this.repaintMs ?? Number.POSITIVE_INFINITY);
    return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
  }

  private nextMinuteMs(nowMs: number): number | undefined {
    const seconds = this.device.wallClock();
    if (seconds === undefined) return undefined;
    // The two clocks drift against each other. A promised wake-up stays until it has come.
    if (this.clockMs === undefined || this.clockMs <= nowMs) this.clockMs = nowMs + (60 - (seconds % 60)) * 1000;
    return this.clockMs;
  }

  /** The row at this height: how many rows it is below the chosen one. undefined: there is none. */
  rowsBelowChosen(y: number): number | undefined {
    const row = rowAt(this.parts.size, y);
    return row === undefined || row >= this.shownRows ? undefined : row - this.chosenRow;
  }

  /** Index of the reply at this height. undefined: none is on offer there. */
  replyAt(y: number): number | undefined {
    const { viewer, size } = this.parts;
    return viewer.view.kind === "reply" ? answerAt(size, y, viewer.replies.length) : undefined;
  }

  /** Lays out the rest of the page at once. What a button does depends on where the page ends. */
  finishLayout(): void {
    let page: TextPage | "later" | undefined;
    do page = this.layOut();
    while (page === "later");
    this.parts.viewer.hasFurtherPage = this.goesOn(page);
  }

  /** Whether the message goes on behind this page: with text, its picture, or the code of an address. */
  private goesOn(page: TextPage | undefined): boolean {
    return page !== undefined && (page.to < page.length || this.hasPageBehind);
  }

  private viewOf(view: View, page: TextPage | undefined, shown: Shown): ScreenHome | ScreenMessage | ScreenList {
    switch (view.kind) {
      case "home":
        return this.home(shown);
      case "message":
      case "reply":
        return this.message(view, page, shown) ?? this.home(shown);
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

  /** A clock. Below it stands what the carrier should know, and else what is nice to know. */
  private home({ trouble, news }: Shown): ScreenHome {
    const { inbox, wallClock, zone } = this.device;
    const { roster, sampler } = this.parts;
    const seconds = wallClock();
    const date = seconds === undefined ? "" : describeToday(seconds, zone.offsetMinutes(seconds));
    const lines = [trouble.why || trouble.what, news, this.unreadLine()].filter((line) => line !== "");
    const isCalm = lines.length === 0;
    if (isCalm) lines.push("nothing new");
    const readings = sampler.latest.filter(({ sensor }) => isForCarrier(sensor)).slice(0, HOME_READINGS);
    if (readings.length > 0)
      lines.push(readings.map(({ sensor, value }) => describeReading(sensor, value)).join("   "));
    if (roster.onlineCount > 0) lines.push(`${roster.onlineCount} of ${roster.contacts.length} online`);
    if (inbox.length > 0 && lines.length < HOME_LINES)
      lines.push(inbox.length === 1 ? "1 message" : `${inbox.length} messages`);
    return { kind: "home", date, lines: lines.slice(0, HOME_LINES), isCalm };
  }

  private unreadLine(): string {
    const { inbox } = this.device;
    const newest = inbox.newestUnread();
    if (newest === undefined) return "";
    const sender = inbox.read(newest)?.sender;
    return sender === undefined
      ? `${inbox.unreadCount} to read`
      : `${inbox.unreadCount} to read: ${senderName(sender)}`;
  }

  private message(
    view: View & { kind: "message" | "reply" },
    page: TextPage | undefined,
    { isBlink }: Shown,
  ): ScreenMessage | undefined {
    const { inbox } = this.device;
    const { message } = this.parts.viewer;
    const { sequence } = view;
    if (!message || !page) return undefined;
    const { sender, group, priority, choices = [], timestampSeconds } = message;
    const open = this.open(sequence, message);
    return {
      kind: "message",
      from: `${senderName(sender)}${group === undefined ? "" : `${TO_GROUP}${group}`}`,
      title: open.title,
      page,
      time: this.dateAndTime(timestampSeconds),
      priority,
      mark: inbox.isExpired(sequence) ? "expired" : inbox.isRead(sequence) ? "" : "*",
      answers: this.answers(view, choices),
      isBlink,
      picture: this.shown === "picture below" || this.shown === "picture" ? this.parts.messagePictures : undefined,
      isTextHidden: this.shown === "picture" || this.shown === "code",
      code: this.shown === "code" && open.code !== "none" ? open.code : undefined,
    };
  }

  /** Lays out a slice of the text for the screen. Returns undefined where the view has no text. */
  private layOut(): TextPage | "later" | undefined {
    const { viewer, size, messagePictures } = this.parts;
    const { view, message } = viewer;
    this.shown = "text";
    this.hasPageBehind = false;
    const isOpen = message && (view.kind === "message" || view.kind === "reply");
    if (!isOpen || message.picture === undefined) messagePictures?.show(undefined, 0, 0);
    if (!isOpen) {
      // A long text takes room that the next message needs.
      this.openText = this.excerpt = undefined;
      return undefined;
    }
    const open = this.open(view.sequence, message);
    const hasPicture = message.picture !== undefined && open.instead === undefined;
    const answerCount = this.answers(view, message.choices ?? []).length;
    const boxOf = (footCount: number) => textBox(size, this.hasFaults, open.title.length, footCount, hasPicture);
    const box = boxOf(view.kind === "reply" ? 0 : answerCount);
    const page = open.pages.poll(view.page, box);
    if (!page) return "later";
    const rows = rowsLeft(box, page);
    if (message.picture !== undefined) this.offerRoom(message, page, rows);
    if (view.kind === "message") {
      this.placePages(open, page, view.page - page.index, rows, hasPicture);
      return page;
    }
    return this.excerptOf(open, page.from).poll(0, boxOf(answerCount)) ?? "later";
  }

  /** Says to the picture of the message which room it has: below a short text, or on a page behind it. */
  private offerRoom(message: InboxMessage, page: TextPage, rows: number): void {
    const { size, messagePictures } = this.parts;
    const room = pictureRoom(size);
    const below = isWhole(page) ? heightBelow(size, rows) : 0;
    messagePictures?.show(message, room.width, below || room.height);
  }

  /**
   * Decides what stands on the page: the text, then the picture if it has no room below, then the code of an address.
   * @param further how many pages behind the last one of the text it is
   */
  private placePages(open: OpenText, page: TextPage, further: number, rows: number, hasPicture: boolean): void {
    if (page.to < page.length) return;
    const { messagePictures } = this.parts;
    const isBelow = hasPicture && messagePictures !== undefined && isWhole(page) && fitsBelow(messagePictures, rows);
    const pictures = hasPicture && !isBelow ? 1 : 0;
    const codes = this.codeOf(open) === "none" ? 0 : 1;
    if (further > pictures && codes > 0) this.shown = "code";
    else if (further > 0 && pictures > 0) this.shown = "picture";
    else if (isBelow) this.shown = "picture below";
    this.hasPageBehind = further < pictures + codes;
  }

  private codeOf(open: OpenText): LinkCode | "none" {
    if (open.code === undefined) {
      const { makeQrCode, size } = this.parts;
      const { top, bottom } = viewArea(size);
      const address = makeQrCode ? firstAddress(open.text) : "";
      const code = address === "" ? undefined : makeQrCode?.(address);
      open.code = code && hasCodeRoom(code, size.width, bottom - top) ? { address, code } : "none";
    }
    return open.code;
  }

  private open(sequence: number, message: InboxMessage): OpenText {
    const { title = "", text, picture } = message;
    const instead = picture === undefined ? undefined : (this.parts.messagePictures?.insteadOf(message) ?? undefined);
    if (this.openText?.sequence !== sequence || this.openText.instead !== instead) {
      const whole = instead === undefined ? text : joined("\n", text, `[${instead}] ${picture}`);
      const split = splitTitle(title, whole, this.parts.size, this.widths);
      this.openText = { sequence, ...split, pages: new PagedText(split.text, this.widths), instead };
    }
    return this.openText;
  }

  /** Pictures of text have come. What is on the screen is laid out again with their widths, and its page begins where it did. */
  private handlePictures(): void {
    const { viewer, size, pictures } = this.parts;
    const { widths, openText } = this;
    this.picturesVersion = pictures.version;
    widths.small.forget();
    widths.body.forget();
    widths.large.forget();
    this.heads = new Map();
    const { message, current } = viewer;
    if (!openText || !message) return;
    const split = splitTitle(message.title ?? "", message.text, size, widths);
    // Another message, a link in the place of a picture, or a title that needs another place now, is laid out from its beginning.
    if (openText.sequence !== current || split.text !== openText.text) this.openText = undefined;
    else {
      openText.title = split.title;
      openText.pages.refresh();
      this.excerpt?.pages.refresh();
    }
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
  private inboxRow(sequence: number, { name, words, timestampSeconds }: RowHead, nowSeconds: number | undefined): Row {
    const { inbox } = this.device;
    return {
      name,
      text: inbox.isExpired(sequence) ? `expired: ${words}` : words,
      right: describeAge(timestampSeconds, nowSeconds),
      isStrong: inbox.isUnread(sequence),
      priority: inbox.priorityOf(sequence),
    };
  }

  private readHead(sequence: number): RowHead {
    const message = this.device.inbox.read(sequence);
    if (!message) return { name: "", words: "damaged", timestampSeconds: 0 };
    const { sender, title, text, picture, timestampSeconds } = message;
    const words = firstLine(title ?? "") || firstLine(text) || (picture === undefined ? "no words" : "[image]");
    const cut = (whole: string) => fitLine(whole, "small", this.parts.size.width, this.widths);
    return { name: cut(senderName(sender)), words: cut(words), timestampSeconds };
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
        name: contact ? senderName(contact.uid) : OWN_NAME,
        text: describePresence(person, this.device.zone),
        status: person.status,
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

  private dateAndTime(seconds: number): string {
    if (seconds === 0) return "";
    const { wallClock, zone } = this.device;
    return `${describeDay(seconds, wallClock(), zone.offsetMinutes(seconds))} ${this.time(seconds)}`;
  }

  private time(seconds: number | undefined): string {
    return seconds === undefined ? "" : describeTime(seconds, this.device.zone.offsetMinutes(seconds));
  }
}

/** Whether the page has all of the text. */
function isWhole({ from, to, length }: TextPage): boolean {
  return from === 0 && to === length;
}

/** Those of the parts that say something. */
function joined(separator: string, ...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part).join(separator);
}

const NO_TROUBLE: LinkTrouble = Object.freeze({ what: "", why: "" });

/** Lines of the home view below the date, and readings in one of them. */
const HOME_LINES = 3;
const HOME_READINGS = 2;

/** Half of the time in which the band of a page of this priority blinks once, in milliseconds. */
const BLINK_MS = 500;
const BLINKING = 5;

/** Strength of a signal, 1 to 4. Without a radio it is 4. */
function barsOf(signalDbm: number): number {
  if (signalDbm < -80) return 1;
  return signalDbm < -70 ? 2 : signalDbm < -60 ? 3 : 4;
}

/** Whether a reading is about the place of the carrier, and not about the device. */
function isForCarrier({ unit, isDiagnostic, carrier }: Sensor): boolean {
  return !isDiagnostic && carrier === undefined && unit !== "count";
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
