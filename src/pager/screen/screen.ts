/**
 * The screen as a pure function: what is to be known goes in, a draw list comes out. Status bar on top, below it one
 * message or the idle view, at the bottom the labels of the three buttons.
 */
import type { MeasureText } from "../../seams.ts";
import type { DrawCommand, DrawList, Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { fitLine, wrapText } from "./text-layout.ts";

export interface ScreenMessage {
  /** Empty for a plain page. */
  readonly sender: string;
  readonly title: string;
  readonly text: string;
  /** Time of day, or empty. */
  readonly time: string;
  readonly priority: number;
  readonly isRead: boolean;
  /** Place in the inbox: 1 is the oldest. */
  readonly position: number;
  readonly count: number;
}

export interface ScreenModel {
  /** Time of day, or empty while the clock is not set. */
  readonly time: string;
  readonly link: "offline" | "connecting" | "online";
  readonly unreadCount: number;
  /** What went wrong and was counted, in a few words; empty when nothing did. */
  readonly faults: string;
  /** undefined: the idle view. */
  readonly message: ScreenMessage | undefined;
  /** What the buttons a, b, c do now; empty: nothing. */
  readonly labels: readonly [string, string, string];
}

/** Every pair of text and ground has a contrast of at least 4.5:1; a test computes it. */
export const COLORS = Object.freeze({
  ground: 0x000000,
  text: 0xffffff,
  dim: 0xb8c4d0,
  bar: 0x1d2b3a,
  alarm: 0xb00020,
  fault: 0xffc14d,
} as const);

const MARGIN = 6;

export function drawScreen(model: ScreenModel, size: Size, measureText: MeasureText): DrawList {
  const painter = new ListPainter(size, measureText);
  const top = drawStatusBar(painter, model);
  const bottom = drawFoot(painter, model);
  if (model.message) drawMessage(painter, model.message, top, bottom);
  else drawIdle(painter, model, top, bottom);
  return painter.commands;
}

/** The bar and, where something went wrong, a line below it. Returns the y below them. */
function drawStatusBar(painter: ListPainter, { time, link, unreadCount, faults }: ScreenModel): number {
  const { lineHeight } = FONTS.small;
  const { width } = painter.size;
  painter.fill(0, 0, width, lineHeight + 2, COLORS.bar);
  const unread = unreadCount === 1 ? "1 unread" : `${unreadCount} unread`;
  painter.spread(1, "small", COLORS.text, [time, link, unread]);
  if (faults === "") return lineHeight + 2;
  painter.line(MARGIN, lineHeight + 2, "small", COLORS.fault, faults, width - 2 * MARGIN);
  return 2 * lineHeight + 2;
}

/** The labels above the buttons. Returns the y above them. */
function drawFoot(painter: ListPainter, { labels }: ScreenModel): number {
  const { width, height } = painter.size;
  const top = height - FONTS.small.lineHeight - 2;
  painter.fill(0, top, width, height - top, COLORS.bar);
  const third = Math.floor(width / 3);
  labels.forEach((label, index) => {
    if (label !== "") painter.centered(index * third, third, top + 1, "small", COLORS.text, label);
  });
  return top;
}

function drawMessage(painter: ListPainter, message: ScreenMessage, top: number, bottom: number): void {
  const width = painter.size.width - 2 * MARGIN;
  const isUrgent = message.priority >= 4;
  const from = message.sender === "" ? "page" : message.sender;
  const head = `${isUrgent ? "!! " : ""}${from}${message.isRead ? "" : " *"}`;
  if (isUrgent) painter.fill(0, top, painter.size.width, FONTS.small.lineHeight, COLORS.alarm);
  const place = `${message.time}  ${message.position}/${message.count}`.trim();
  painter.spread(top, "small", isUrgent ? COLORS.text : COLORS.dim, [head, place]);
  let y = top + FONTS.small.lineHeight;
  if (message.title !== "") {
    painter.line(MARGIN, y, "body", COLORS.text, message.title, width);
    y += FONTS.body.lineHeight;
  }
  const font = painter.fontFor(message.text, width, bottom - y);
  const { lineHeight } = FONTS[font];
  const linesMax = Math.max(1, Math.floor((bottom - y) / lineHeight));
  for (const line of wrapText(message.text, font, width, linesMax, painter.measureText)) {
    painter.line(MARGIN, y, font, COLORS.text, line, width);
    y += lineHeight;
  }
}

function drawIdle(painter: ListPainter, { time, link }: ScreenModel, top: number, bottom: number): void {
  const { width } = painter.size;
  const middle = Math.floor((top + bottom) / 2);
  if (time !== "") painter.centered(0, width, middle - FONTS.large.lineHeight, "large", COLORS.text, time);
  const words = link === "online" ? "no new messages" : link === "connecting" ? "connecting" : "no connection";
  painter.centered(0, width, middle, "body", COLORS.dim, words);
}

/** Collects commands; everything that is drawn is cut to the width it has. */
class ListPainter {
  readonly commands: DrawCommand[] = [];
  readonly size: Size;
  readonly measureText: MeasureText;

  constructor(size: Size, measureText: MeasureText) {
    this.size = size;
    this.measureText = measureText;
    this.fill(0, 0, size.width, size.height, COLORS.ground);
  }

  fill(x: number, y: number, width: number, height: number, color: number): void {
    this.commands.push({ kind: "fill", x, y, width, height, color });
  }

  line(x: number, y: number, font: Font, color: number, text: string, width: number): void {
    const fitted = fitLine(text, font, width, this.measureText);
    if (fitted !== "") this.commands.push({ kind: "text", x, y, font, color, text: fitted });
  }

  centered(x: number, width: number, y: number, font: Font, color: number, text: string): void {
    const fitted = fitLine(text, font, width, this.measureText);
    this.line(x + Math.floor((width - this.measureText(font, fitted)) / 2), y, font, color, fitted, width);
  }

  /** The first text left, the last one right, one between in the middle; the first gives way when they do not fit. */
  spread(y: number, font: Font, color: number, texts: readonly string[]): void {
    const { width } = this.size;
    const right = texts.at(-1) ?? "";
    const rightX = width - MARGIN - this.measureText(font, right);
    const left = texts[0] ?? "";
    const middle = texts.length > 2 ? (texts[1] ?? "") : "";
    const middleWidth = this.measureText(font, middle);
    const leftEnd = middle === "" ? rightX : Math.floor((width - middleWidth) / 2);
    const fits = MARGIN + this.measureText(font, left) + MARGIN <= leftEnd && leftEnd + middleWidth + MARGIN <= rightX;
    if (middle !== "" && !fits) {
      // Too narrow for three: the time of day gives way.
      this.line(MARGIN, y, font, color, middle, rightX - 2 * MARGIN);
    } else {
      this.line(MARGIN, y, font, color, left, leftEnd - 2 * MARGIN);
      if (middle !== "") this.line(leftEnd, y, font, color, middle, middleWidth);
    }
    this.line(rightX, y, font, color, right, width);
  }

  /** The largest font in which the text fits the height, else the small one. */
  fontFor(text: string, width: number, height: number): Font {
    for (const font of ["large", "body"] as const) {
      const lines = Math.floor(height / FONTS[font].lineHeight);
      if (lines > 0 && wrapText(text, font, width, lines + 1, this.measureText).length <= lines) return font;
    }
    return "small";
  }
}
