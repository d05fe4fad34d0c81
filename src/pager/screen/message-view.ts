/** Draws one message: sender, title, a page of the text, reply choices. A message of priority 4 or 5 has a red band. */
import { COLORS } from "./colors.ts";
import type { Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { type Area, type DrawListBuilder, innerWidth, isLow, MARGIN, viewArea } from "./layout.ts";
import type { TextBox, TextPage } from "./paged-text.ts";
import { fitLine } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

export interface ScreenMessage {
  readonly kind: "message";
  /** The name of the sender. */
  readonly from: string;
  /** Empty if the title is part of the text, see `splitTitle`. */
  readonly title: string;
  /** The page of the text that is on the screen. */
  readonly page: TextPage;
  /** Time of day, or empty. */
  readonly time: string;
  readonly priority: number;
  /** `*` for unread, a word such as `expired`, or empty. */
  readonly mark: string;
  /** Place in the inbox. 1: the oldest. */
  readonly position: number;
  readonly count: number;
  /** The replies on offer, or the answer that was given. They are drawn below the text. */
  readonly answers: readonly string[];
}

/**
 * Decides where the title goes. A title that does not fit into its line becomes the first paragraph of the text, so
 * nothing of it is lost.
 */
export function splitTitle(
  title: string,
  text: string,
  size: Size,
  widths: TextWidths,
): { readonly title: string; readonly text: string } {
  if (title === "" || (!isLow(size) && fitLine(title, "body", innerWidth(size), widths) === title))
    return { title, text };
  return { title: "", text: `${title}\n${text}` };
}

/** The area for the text of a message. @param footCount lines of answers below it */
export function textBox(size: Size, hasFaultLine: boolean, hasTitle: boolean, footCount: number): TextBox {
  const { top, bottom } = textArea(viewArea(size, hasFaultLine), size, hasTitle, footCount);
  return { width: innerWidth(size), height: bottom - top, fonts: isLow(size) ? ["small"] : ["large", "body", "small"] };
}

export function drawMessage(builder: DrawListBuilder, message: ScreenMessage): void {
  const { size } = builder;
  const { title, page, answers } = message;
  const area = textArea(builder.area, size, title !== "", answers.length);
  if (!isLow(size)) drawHead(builder, message);
  let y = area.top;
  for (const line of page.lines) {
    builder.laidOut(MARGIN, y, page.font, COLORS.text, line);
    y += FONTS[page.font].lineHeight;
  }
  y = area.bottom;
  for (const answer of isLow(size) ? [] : answers) {
    builder.line(MARGIN, y, "small", COLORS.away, answer, innerWidth(size));
    y += FONTS.small.lineHeight;
  }
  drawPageMark(builder, page, area);
}

/** The text for the bar of a screen that has no room for a head. */
export function headOf({ from, priority, mark }: ScreenMessage): string {
  return `${priority >= 4 ? "!! " : ""}${from}${mark === "" ? "" : ` ${mark}`}`;
}

function drawHead(builder: DrawListBuilder, message: ScreenMessage): void {
  const { top } = builder.area;
  const isUrgent = message.priority >= 4;
  if (isUrgent) builder.fill(0, top, builder.size.width, FONTS.small.lineHeight, COLORS.alarm);
  const place = `${message.time}  ${message.position}/${message.count}`.trim();
  builder.spread(top, "small", isUrgent ? COLORS.text : COLORS.dim, [headOf(message), place]);
  builder.fitted(MARGIN, top + FONTS.small.lineHeight, "body", COLORS.text, message.title);
}

/**
 * Draws a mark at the right edge. It shows which part of the text is on the screen, and how much is above and below.
 */
function drawPageMark(builder: DrawListBuilder, { from, to, length }: TextPage, { top, bottom }: Area): void {
  if (from === 0 && to >= length) return;
  const pixels = bottom - top;
  const height = Math.max(MARK_PIXELS_MIN, Math.round((pixels * (to - from)) / length));
  const y = Math.min(top + Math.floor((pixels * from) / length), bottom - height);
  builder.fill(builder.size.width - MARK_WIDTH, y, MARK_WIDTH, height, COLORS.dim);
}

const MARK_WIDTH = 3;
const MARK_PIXELS_MIN = 4;

function textArea({ top, bottom }: Area, size: Size, hasTitle: boolean, footCount: number): Area {
  if (isLow(size)) return { top, bottom };
  const head = FONTS.small.lineHeight + (hasTitle ? FONTS.body.lineHeight : 0);
  const feet = footCount * FONTS.small.lineHeight;
  return { top: top + head, bottom: Math.max(top + head + FONTS.small.lineHeight, bottom - feet) };
}
