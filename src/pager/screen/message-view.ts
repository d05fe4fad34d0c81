/** One message: sender, title, text in pages, reply choices; a page of priority 4 or 5 with a band that nobody overlooks. */
import { MESSAGE_PAGES_MAX } from "../../limits.ts";
import { COLORS } from "./colors.ts";
import { FONTS, type Font } from "./fonts.ts";
import { type Area, isLow, type ListPainter, linesIn, MARGIN } from "./layout.ts";
import { wrapText } from "./text-layout.ts";

export interface ScreenMessage {
  readonly kind: "message";
  /** Who has sent it, in words. */
  readonly from: string;
  readonly title: string;
  readonly text: string;
  /** Time of day, or empty. */
  readonly time: string;
  readonly priority: number;
  /** `*` unread, a word such as `expired`, or empty. */
  readonly mark: string;
  /** Place in the inbox: 1 is the oldest. */
  readonly position: number;
  readonly count: number;
  /** From 0. */
  readonly page: number;
  /** What is offered now, or was answered: shown below the text. */
  readonly answers: readonly string[];
}

interface TextPages {
  readonly font: Font;
  readonly pages: readonly (readonly string[])[];
}

/** The text as pages that fit below the head: in the largest font in which it is one page, else in the smallest. */
function textPages(painter: ListPainter, text: string, area: Area): TextPages {
  const { size, innerWidth, measureText } = painter;
  for (const font of isLow(size) ? [] : (["large", "body"] as const)) {
    const lines = Math.floor((area.bottom - area.top) / FONTS[font].lineHeight);
    const wrapped = lines > 0 ? wrapText(text, font, innerWidth, lines + 1, measureText) : [];
    if (lines > 0 && wrapped.length <= lines) return { font, pages: [wrapped] };
  }
  const lines = linesIn(area, "small");
  const wrapped = wrapText(text, "small", innerWidth, lines * MESSAGE_PAGES_MAX, measureText);
  const pages: string[][] = [];
  for (let at = 0; at < wrapped.length; at += lines) pages.push(wrapped.slice(at, at + lines));
  return { font: "small", pages };
}

/** @returns how many pages the text has */
export function drawMessage(painter: ListPainter, message: ScreenMessage): number {
  const { size, innerWidth } = painter;
  const area = textArea(message, painter);
  const hasHead = !isLow(size);
  const text = hasHead || message.title === "" ? message.text : `${message.title}\n${message.text}`;
  const { font, pages } = textPages(painter, text, area);
  if (hasHead) drawHead(painter, message);
  let y = area.top;
  for (const line of pages[Math.min(message.page, pages.length - 1)] ?? []) {
    painter.line(MARGIN, y, font, COLORS.text, line, innerWidth);
    y += FONTS[font].lineHeight;
  }
  y = area.bottom;
  for (const answer of hasHead ? message.answers : []) {
    painter.line(MARGIN, y, "small", COLORS.away, answer, innerWidth);
    y += FONTS.small.lineHeight;
  }
  if (pages.length > 1) drawPageMark(painter, Math.min(message.page, pages.length - 1), pages.length, area);
  return pages.length;
}

/** What stands in the bar of a screen that has no room for a head. */
export function headOf({ from, priority, mark }: ScreenMessage): string {
  return `${priority >= 4 ? "!! " : ""}${from}${mark === "" ? "" : ` ${mark}`}`;
}

function drawHead(painter: ListPainter, message: ScreenMessage): void {
  const { top } = painter.area;
  const isUrgent = message.priority >= 4;
  if (isUrgent) painter.fill(0, top, painter.size.width, FONTS.small.lineHeight, COLORS.alarm);
  const place = `${message.time}  ${message.position}/${message.count}`.trim();
  painter.spread(top, "small", isUrgent ? COLORS.text : COLORS.dim, [headOf(message), place]);
  if (message.title !== "")
    painter.line(MARGIN, top + FONTS.small.lineHeight, "body", COLORS.text, message.title, painter.innerWidth);
}

/** How far the text goes, at the right edge beside it. */
function drawPageMark(painter: ListPainter, page: number, count: number, { top, bottom }: Area): void {
  const height = Math.max(4, Math.floor((bottom - top) / count));
  const y = top + Math.floor(((bottom - top - height) * page) / Math.max(1, count - 1));
  painter.fill(painter.size.width - 3, y, 3, height, COLORS.dim);
}

function textArea({ title, answers }: ScreenMessage, { area, size }: ListPainter): Area {
  const { top, bottom } = area;
  if (isLow(size)) return area;
  const head = FONTS.small.lineHeight + (title === "" ? 0 : FONTS.body.lineHeight);
  const feet = answers.length * FONTS.small.lineHeight;
  return { top: top + head, bottom: Math.max(top + head + FONTS.small.lineHeight, bottom - feet) };
}
