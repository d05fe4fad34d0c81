/** What is on the screen: made of inbox, contacts, clock and link, and only made again when one of them has changed. */
import { INBOX_RECORDS_MAX } from "../limits.ts";
import type { Roster } from "../pager/roster.ts";
import { COLORS } from "../pager/screen/colors.ts";
import type { DrawList, Size } from "../pager/screen/draw-list.ts";
import { type Row, rowsOn, type ScreenList } from "../pager/screen/list-view.ts";
import type { ScreenMessage } from "../pager/screen/message-view.ts";
import { drawScreen, type ScreenHome } from "../pager/screen/screen.ts";
import type { View, Viewer } from "../pager/viewer.ts";
import type { Presence } from "../payload/presence.ts";
import type { MeasureText } from "../seams.ts";
import { type Counters, faultsInWords } from "./counters.ts";
import type { Device } from "./device.ts";
import { ageWords, dateWords, presenceWords, timeOfDay } from "./words.ts";

export type Link = "offline" | "connecting" | "online";

export interface DisplayParts {
  readonly viewer: Viewer;
  readonly roster: Roster;
  /** Words to choose as own presence. */
  readonly presenceTexts: readonly string[];
  /** 0 by 0 for a board without one. */
  readonly size: Size;
  readonly measureText: MeasureText;
}

/** What the display has to be told each time. */
export interface DeviceState {
  readonly link: Link;
  readonly presence: Presence;
  readonly counters: Readonly<Counters>;
  /** What became of the last message that was sent from here; empty where there is none. */
  readonly news: string;
}

export class Display {
  private readonly device: Device;
  private readonly parts: DisplayParts;
  private paintedKey = "";
  private clockMs: number | undefined;

  constructor(device: Device, parts: DisplayParts) {
    this.device = device;
    this.parts = parts;
  }

  get exists(): boolean {
    return this.parts.size.width > 0;
  }

  /** The screen, where it has changed since it was last asked for. */
  poll({ link, presence, counters, news }: DeviceState): DrawList | undefined {
    const { inbox, wallClock } = this.device;
    const { viewer, roster, size, measureText } = this.parts;
    const faults = faultsInWords(counters);
    const time = this.time(wallClock());
    const status = link === "online" ? presenceWords(presence) : link;
    const versions = `${viewer.version}/${inbox.viewVersion}/${roster.version}`;
    const key = `${time} ${status} ${versions} ${faults} ${news}`;
    if (key === this.paintedKey) return undefined;
    this.paintedKey = key;
    const view = this.viewOf(viewer.view, link, presence, news);
    const labels = viewer.labels();
    const { unreadCount } = inbox;
    const drawn = drawScreen({ time, status, unreadCount, faults, view, labels }, size, measureText);
    if (viewer.pageCount === drawn.pageCount) return drawn.drawList;
    // The labels tell whether there are more pages, which is known only now.
    viewer.pageCount = drawn.pageCount;
    return drawScreen({ time, status, unreadCount, faults, view, labels: viewer.labels() }, size, measureText).drawList;
  }

  /** When the time of day on the screen changes. */
  nextMinuteMs(nowMs: number): number | undefined {
    const seconds = this.device.wallClock();
    if (seconds === undefined) return undefined;
    // One clock moves against the other: a wake that was promised stands until it has come.
    if (this.clockMs === undefined || this.clockMs <= nowMs) this.clockMs = nowMs + (60 - (seconds % 60)) * 1000;
    return this.clockMs;
  }

  private viewOf(view: View, link: Link, presence: Presence, news: string): ScreenHome | ScreenMessage | ScreenList {
    switch (view.kind) {
      case "home":
        return this.home(link, news);
      case "message":
        return this.message(view) ?? this.home(link, news);
      case "inbox":
        return this.inboxList(view.sequence);
      case "roster":
        return this.rosterList(view.uid, presence);
      case "texts":
        return this.textList(view.uid, view.index);
    }
  }

  private home(link: Link, news: string): ScreenHome {
    const { inbox, wallClock, zone } = this.device;
    const { roster } = this.parts;
    const seconds = wallClock();
    const words = link === "online" ? "no new messages" : link === "connecting" ? "connecting" : "no connection";
    const lines = [inbox.unreadCount > 0 ? `${inbox.unreadCount} to read` : words, news];
    if (seconds !== undefined) lines.push(dateWords(seconds, zone.offsetMinutes(seconds)));
    if (inbox.length > 0) lines.push(inbox.length === 1 ? "1 message" : `${inbox.length} messages`);
    if (roster.onlineCount > 0) lines.push(`${roster.onlineCount} of ${roster.contacts.length} people online`);
    return { kind: "home", lines: lines.filter((line) => line !== "") };
  }

  private message({ sequence, page, isChoosing }: View & { kind: "message" }): ScreenMessage | undefined {
    const { inbox } = this.device;
    const message = inbox.read(sequence);
    if (!message) return undefined;
    const { sender, group, title = "", text, priority, choices = [], timestampSeconds } = message;
    const answer = inbox.answerOf(sequence);
    const asked = isChoosing ? choices.map((choice, index) => `${"ABC"[index]}  ${choice}`) : [];
    return {
      kind: "message",
      from: `${sender === "" ? "page" : sender}${group === undefined ? "" : ` to ${group}`}`,
      title,
      text,
      time: this.time(timestampSeconds || undefined),
      priority,
      mark: inbox.isExpired(sequence) ? "expired" : inbox.isRead(sequence) ? "" : "*",
      position: inbox.positionOf(sequence),
      count: inbox.length,
      page,
      answers: answer === undefined ? asked : [`answered: ${choices[answer] ?? ""}`],
    };
  }

  /** The rows around the chosen one, newest first. */
  private inboxList(chosen: number): ScreenList {
    const { inbox, wallClock } = this.device;
    const { size } = this.parts;
    const fromTop = inbox.length - inbox.positionOf(chosen);
    const rowCount = rowsOn(size);
    const skipped = fromTop - (fromTop % rowCount);
    const rows: Row[] = [];
    let sequence = inbox.older();
    for (let at = 0; at < INBOX_RECORDS_MAX && sequence !== undefined && rows.length < rowCount; at += 1) {
      if (at >= skipped) rows.push(this.inboxRow(sequence, wallClock()));
      sequence = inbox.older(sequence);
    }
    const place = { chosen: fromTop - skipped, position: fromTop + 1, count: inbox.length };
    return { kind: "list", title: "inbox", rows, ...place };
  }

  private inboxRow(sequence: number, nowSeconds: number | undefined): Row {
    const { inbox } = this.device;
    const message = inbox.read(sequence);
    if (!message) return { text: "damaged" };
    const { sender, title, text, priority, timestampSeconds } = message;
    const isStrong = inbox.isUnread(sequence);
    const mark = `${priority >= 4 ? "!! " : ""}${isStrong ? "* " : inbox.isExpired(sequence) ? "expired " : ""}`;
    const words = `${mark}${sender === "" ? "page" : sender}: ${title ?? firstLine(text)}`;
    return { text: words, right: ageWords(timestampSeconds, nowSeconds), isStrong };
  }

  private rosterList(chosen: string | undefined, presence: Presence): ScreenList {
    const { roster } = this.parts;
    const people = [{ uid: "me", ...presence }, ...roster.contacts];
    return this.rowsAround("people", roster.rowOf(chosen), people.length, (at) => {
      const person = people[at] ?? { uid: "", status: 0, context: "" };
      return {
        text: `${person.uid}  ${presenceWords(person)}`,
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

  /** Of so many rows those around the chosen one. */
  private rowsAround(title: string, index: number, count: number, rowAt: (index: number) => Row): ScreenList {
    const rowCount = rowsOn(this.parts.size);
    const skipped = index - (index % rowCount);
    const rows: Row[] = [];
    for (let at = skipped; at < count && rows.length < rowCount; at += 1) rows.push(rowAt(at));
    return { kind: "list", title, rows, chosen: index - skipped, position: index + 1, count };
  }

  private time(seconds: number | undefined): string {
    return seconds === undefined ? "" : timeOfDay(seconds, this.device.zone.offsetMinutes(seconds));
  }
}

function colorOf(status: number): number {
  if (status === 1) return COLORS.online;
  if (status === 3 || status === 15) return COLORS.busy;
  return status === 4 ? COLORS.away : COLORS.dim;
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end < 0 ? text : text.slice(0, end);
}
