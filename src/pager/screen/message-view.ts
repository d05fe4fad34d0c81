/**
 * Draws one message: sender, time and date, title, a page of the text, reply choices. The sender has the accent of the priority. A
 * message of priority 5 has a band that blinks.
 */
import type { QrCode } from "../../seams.ts";
import type { Size } from "./draw-list.ts";
import { FONTS, type Font } from "./fonts.ts";
import { ICONS, iconWidth } from "./icons.ts";
import {
  type Area,
  baseFont,
  type DrawListBuilder,
  GAP,
  innerWidth,
  isCompact,
  isLow,
  isNarrow,
  MARGIN,
  rowHeight,
  viewArea,
} from "./layout.ts";
import type { ShownPicture } from "./message-picture.ts";
import type { TextBox, TextPage } from "./paged-text.ts";
import { drawPriority } from "./priority-mark.ts";
import { wrapText } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";
import type { Theme } from "./theme.ts";

export interface ScreenMessage {
  readonly kind: "message";
  /** The name of the sender. */
  readonly from: string;
  /** The lines of the title. None if the title is part of the text, see `splitTitle`. */
  readonly title: readonly string[];
  /** The page of the text that is on the screen. */
  readonly page: TextPage;
  /** Day and time of day, or empty. */
  readonly time: string;
  readonly priority: number;
  /** `*` for unread, a word such as `expired`, or empty. */
  readonly mark: string;
  /** The replies on offer, or the answer that was given. They are drawn below the text. */
  readonly answers: readonly string[];
  /** Its picture, if it is on this page. */
  readonly picture?: ShownPicture | undefined;
  /** This page shows the picture or the code, and nothing else of the message. */
  readonly isTextHidden?: boolean;
  /** The code of the address in it, if it is on this page. */
  readonly code?: LinkCode | undefined;
  /** The blinking band is in its other colours. */
  readonly isBlink?: boolean;
}

/** An address, and its QR code. */
export interface LinkCode {
  readonly address: string;
  readonly code: QrCode;
}

/** Lines of a title, on a screen of the usual height and on a high one. */
const TITLE_LINES = 2;
const TITLE_LINES_HIGH = 3;
const HIGH_PIXELS = 300;

/**
 * Decides where the title goes. A title with too many lines becomes the first paragraph of the text, so nothing of it is lost.
 */
export function splitTitle(
  title: string,
  text: string,
  size: Size,
  widths: TextWidths,
): { readonly title: readonly string[]; readonly text: string } {
  if (title === "") return { title: NONE, text };
  if (!isCompact(size)) {
    const linesMax = size.height < HIGH_PIXELS ? TITLE_LINES : TITLE_LINES_HIGH;
    // The title is bold, which takes a pixel.
    const lines = wrapText(title, "body", innerWidth(size) - 1, linesMax + 1, widths);
    if (lines.length <= linesMax) return { title: lines, text };
  }
  return { title: NONE, text: `${title}\n${text}` };
}

const NONE: readonly string[] = Object.freeze([]);

/** Whether so many lines below the text are replies on offer. One line is the answer that was given. */
export function isQuestion(answerCount: number): boolean {
  return answerCount > 1;
}

/** Whether the line below the bar that says what went wrong has room above a message. */
export function hasFaultRoom(size: Size, answerCount: number): boolean {
  return !isCompact(size) && !isQuestion(answerCount);
}

/** How many lines of answers are below the text. A compact screen has no room for replies: the labels say them. */
function answerLines(size: Size, answerCount: number): number {
  return isLow(size) || (isCompact(size) && isQuestion(answerCount)) ? 0 : answerCount;
}

/**
 * The area for the text of a message.
 * @param titleCount lines of the title
 * @param footCount lines of answers below it
 * @param hasPicture a picture wants room below it
 */
export function textBox(
  size: Size,
  hasFaultLine: boolean,
  titleCount: number,
  footCount: number,
  hasPicture = false,
): TextBox {
  const { top, bottom } = textArea(
    viewArea(size, hasFaultLine && hasFaultRoom(size, footCount)),
    size,
    titleCount,
    footCount,
  );
  return {
    width: innerWidth(size),
    height: bottom - top,
    fonts: isLow(size) ? LOW_FACES : hasPicture ? PICTURE_FACES : FACES,
  };
}

const FACES: readonly Font[] = Object.freeze(["large", "body", "small"]);
const PICTURE_FACES: readonly Font[] = Object.freeze(["body", "small"]);
const LOW_FACES: readonly Font[] = Object.freeze(["small"]);

/** The rows that a page of the text leaves below it. */
export function rowsLeft({ height }: TextBox, { lines, font }: TextPage): number {
  return height - lines.length * FONTS[font].lineHeight;
}

/** The area of the picture: the view, or what the text leaves of it. */
export function pictureArea(
  { area, size }: DrawListBuilder,
  { title, page, answers, isTextHidden }: ScreenMessage,
): Area {
  if (isTextHidden) return area;
  const { top, bottom } = textArea(area, size, title.length, answers.length);
  return { top: top + page.lines.length * FONTS[page.font].lineHeight + GAP, bottom };
}

/** Index of the answer at this height, from 0. undefined: there is none. */
export function answerAt(size: Size, y: number, answerCount: number): number | undefined {
  const row = Math.floor((y - viewArea(size).bottom) / answerHeight(size)) + answerCount;
  return row >= 0 && row < answerLines(size, answerCount) ? row : undefined;
}

export function drawMessage(builder: DrawListBuilder, message: ScreenMessage): void {
  const { size, theme } = builder;
  const { title, page, answers } = message;
  if (message.isTextHidden) return;
  const area = textArea(builder.area, size, title.length, answers.length);
  if (!isLow(size)) drawHead(builder, message);
  let y = area.top;
  for (const line of page.lines) {
    builder.laidOut(y, page.font, theme.text, line);
    y += FONTS[page.font].lineHeight;
  }
  y = area.bottom;
  for (const answer of answers.slice(0, answerLines(size, answers.length))) {
    builder.line(MARGIN, builder.textTop(y, answerHeight(size)), builder.font, theme.accent, answer, innerWidth(size));
    y += answerHeight(size);
  }
  builder.scrollMark(area, page.from, page.to, page.length);
}

/** Draws sender and time into a line. @param color the usual one of the line; the sender has the accent of the priority */
export function drawSender(
  builder: DrawListBuilder,
  { from, priority, mark, time }: ScreenMessage,
  top: number,
  height: number,
  color?: number,
): void {
  const { theme, size, font, row } = builder;
  const y = builder.textTop(top, height);
  const state = mark === "*" ? "" : mark;
  // A low screen has no room for the day.
  const shownTime = isLow(size) ? time.slice(-TIME_LENGTH) : time;
  const right = state === "" ? shownTime : `${state} ${shownTime}`.trim();
  const end = builder.right(y, font, color ?? theme.dim, right, innerWidth(size) - 3 * row) - 2 * GAP;
  let x = drawPriority(builder, MARGIN, top, height, priority, (usual) => color ?? usual);
  if (mark === "*" && end - x >= 2 * row) {
    builder.icon(ICONS.unknown, x, top, height, color ?? theme.accent, "*");
    x += iconWidth(ICONS.unknown) + GAP;
  }
  if (end - x >= FONTS[font].sizePixels) builder.bold(x, y, font, color ?? accentOf(theme, priority), from, end - x);
}

/** Length of `HH:MM`. */
const TIME_LENGTH = 5;

function accentOf(theme: Theme, priority: number): number {
  if (priority < 3) return theme.dim;
  return priority === 3 ? theme.text : priority === 4 ? theme.fault : theme.busy;
}

function drawHead(builder: DrawListBuilder, message: ScreenMessage): void {
  const { size, theme, font, row } = builder;
  const { priority, time, title, isBlink = false } = message;
  let { top } = builder.area;
  let color: number | undefined;
  if (priority > 4) {
    builder.panel(0, top, size.width, row, isBlink ? theme.alarmText : theme.alarm, OUTLINE);
    color = isBlink && !theme.isPaper ? theme.alarm : theme.alarmText;
  }
  if (isNarrow(size)) {
    drawSender(builder, { ...message, time: "" }, top, row, color);
    top += row;
    builder.line(MARGIN, builder.textTop(top, row), font, theme.dim, time, innerWidth(size));
  } else drawSender(builder, message, top, row, color);
  top += row;
  builder.title(top, title.slice(0, titleLines(title.length, message.answers.length)));
}

/** Thickness of the outline of the band, on paper. */
const OUTLINE = 3;

function textArea({ top, bottom }: Area, size: Size, titleCount: number, footCount: number): Area {
  if (isLow(size)) return { top, bottom };
  const head = (isNarrow(size) ? 2 : 1) * rowHeight(size) + titleLines(titleCount, footCount) * FONTS.body.lineHeight;
  const feet = answerLines(size, footCount) * answerHeight(size);
  return { top: top + head, bottom: Math.max(top + head + FONTS.small.lineHeight, bottom - feet) };
}

/** Where replies are on offer, the title has one line. */
function titleLines(titleCount: number, answerCount: number): number {
  return isQuestion(answerCount) ? Math.min(1, titleCount) : titleCount;
}

/** Height of a line of answers. */
function answerHeight(size: Size): number {
  const font = baseFont(size);
  return font === "small" ? FONTS.small.lineHeight : rowHeight(size);
}
