/**
 * The screen as a pure function: a model goes in, a draw list comes out. The status bar is at the top, one view below
 * it, the labels of the three buttons at the bottom.
 */
import type { Button } from "./buttons.ts";
import type { DrawList, Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { ICONS, iconWidth } from "./icons.ts";
import {
  barHeight,
  DrawListBuilder,
  footHeight,
  GAP,
  innerWidth,
  isCompact,
  isLow,
  MARGIN,
  viewArea,
} from "./layout.ts";
import { drawLinkCode } from "./link-code.ts";
import { drawRows, type ScreenList } from "./list-view.ts";
import { drawPicture } from "./message-picture.ts";
import { drawMessage, drawSender, hasFaultRoom, isQuestion, pictureArea, type ScreenMessage } from "./message-view.ts";
import { REPLY_LETTERS } from "./replies.ts";
import { drawStatusBar, type ScreenStatus } from "./status-bar.ts";
import { wrapText } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";
import { type ScreenKind, themeOf } from "./theme.ts";

/** A clock, and what there is to know. */
export interface ScreenHome {
  readonly kind: "home";
  /** Empty while the clock is not set. */
  readonly date: string;
  /** Lines below the date, the most important first. */
  readonly lines: readonly string[];
  /** Nothing of that is important. */
  readonly isCalm: boolean;
}

export interface ScreenModel {
  readonly status: ScreenStatus;
  /** What went wrong and was counted, in a few words. Empty if nothing went wrong. */
  readonly faults: string;
  readonly view: ScreenHome | ScreenMessage | ScreenList;
  /** What the buttons a, b, c do now. Empty: nothing. */
  readonly labels: readonly [string, string, string];
}

export function drawScreen(model: ScreenModel, size: Size, widths: TextWidths, kind: ScreenKind): DrawList {
  const { view, faults, status } = model;
  const theme = themeOf(kind);
  const hasLine = hasFaultLine(model, size);
  const builder = new DrawListBuilder(size, widths, theme, viewArea(size, hasLine));
  if (view.kind === "message") drawMessage(builder, view);
  else if (view.kind === "list") drawRows(builder, view);
  else drawHome(builder, status, view);
  if (isLow(size)) drawLowBar(builder, model);
  else {
    const top = barHeight(size);
    if (hasLine)
      builder.line(MARGIN, builder.textTop(top, builder.row), builder.font, theme.fault, faults, innerWidth(size));
    drawBar(builder);
    drawStatusBar(builder, status, status.time);
    drawFoot(builder, model);
  }
  if (view.kind === "message") {
    if (view.picture) drawPicture(builder, view.picture, pictureArea(builder, view));
    if (view.code) drawLinkCode(builder, view.code.code, view.code.address);
  }
  return builder.commands;
}

/** The button whose label is at this place. undefined: there is none. */
export function buttonAt(size: Size, x: number, y: number): Button | undefined {
  return y < size.height - footHeight(size) ? undefined : BUTTONS[Math.floor((3 * x) / size.width)];
}

const BUTTONS: readonly Button[] = Object.freeze(["a", "b", "c"]);

/** Whether a line below the bar says what went wrong. */
function hasFaultLine({ faults, view }: ScreenModel, size: Size): boolean {
  if (faults === "" || view.kind === "list") return false;
  return view.kind === "home" || (!view.isTextHidden && hasFaultRoom(size, view.answers.length));
}

/** The ground of the bar. On paper it is a line below it. */
function drawBar(builder: DrawListBuilder, color = builder.theme.bar): void {
  const { size, theme } = builder;
  const height = barHeight(size);
  if (theme.isPaper) builder.fill(0, height - 1, size.width, 1, theme.text);
  else builder.fill(0, 0, size.width, height, color);
}

/**
 * Draws the one bar of a low screen. It shows the labels if there is something to choose, otherwise the sender or the
 * status.
 */
function drawLowBar(builder: DrawListBuilder, model: ScreenModel): void {
  const { view, status } = model;
  const { size, theme } = builder;
  const isUrgent = view.kind === "message" && view.priority > 4;
  drawBar(builder, isUrgent ? theme.alarm : theme.bar);
  if (view.kind === "list" || (view.kind === "message" && view.answers.length > 0)) drawLabels(builder, model, 0);
  else if (view.kind === "message") drawSender(builder, view, 0, barHeight(size), theme.barText);
  else drawStatusBar(builder, status, view.date);
}

function drawFoot(builder: DrawListBuilder, model: ScreenModel): void {
  const { size, theme } = builder;
  const top = size.height - footHeight(size);
  if (theme.isPaper) builder.fill(0, top, size.width, 1, theme.text);
  else builder.fill(0, top, size.width, size.height - top, theme.bar);
  drawLabels(builder, model, top);
}

/**
 * Each label stands over its button. On a screen too narrow for that, a long label takes room that its neighbours leave. Where all
 * three are too long, they are short ones.
 */
function drawLabels(builder: DrawListBuilder, model: ScreenModel, top: number): void {
  const { size, theme, font } = builder;
  const { labels } = model;
  const { width } = size;
  const third = Math.floor(width / 3);
  const room = width - 2 * EDGE - 2 * LABEL_GAP;
  let texts: readonly string[] = labels;
  let natural = texts.map((text) => builder.widthOf(font, text));
  if (sumOf(natural) > room) {
    texts = labels.map((label, index) => shortLabel(model, size, label, index));
    natural = texts.map((text) => builder.widthOf(font, text));
  }
  const widths = sumOf(natural) > room ? cutWidths(natural, room / 3) : natural;
  let end = EDGE - LABEL_GAP;
  texts.forEach((text, index) => {
    if (text === "") return;
    const own = widths[index] ?? 0;
    const after = widths.slice(index + 1).reduce((sum, each) => sum + (each > 0 ? each + LABEL_GAP : 0), 0);
    const middle = index * third + ((third - own) >> 1);
    const x = Math.max(end + LABEL_GAP, Math.min(width - EDGE - after - own, middle));
    end = x + own;
    const color = index === 1 ? theme.accent : theme.barText;
    if (own === natural[index]) builder.fitted(x, top, font, color, text, labels[index]);
    else builder.line(x, top, font, color, text, own);
    if (isLow(size)) return;
    builder.icon(
      ICONS.caret,
      index * third + ((third - iconWidth(ICONS.caret)) >> 1),
      size.height - CARET,
      CARET,
      color,
    );
  });
}

/** What is longer than its part of the room takes what the others leave. */
function cutWidths(natural: readonly number[], part: number): readonly number[] {
  const longCount = natural.filter((each) => each > part).length;
  const spare = sumOf(natural.map((each) => Math.max(0, part - each)));
  return natural.map((each) => Math.min(each, Math.floor(part + spare / longCount)));
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** A reply has its letter in the list above the labels, where there is one. Other labels have short ones that mean the same. */
function shortLabel({ view }: ScreenModel, size: Size, label: string, index: number): string {
  if (index < 2 && view.kind === "message" && isQuestion(view.answers.length))
    return isCompact(size) ? label : (REPLY_LETTERS[index] as string);
  const at = SHORT_LABELS.indexOf(` ${label}:`);
  const start = at + label.length + 2;
  return at < 0 ? label : SHORT_LABELS.slice(start, SHORT_LABELS.indexOf(" ", start));
}

const SHORT_LABELS = " home:exit up:↑ down:↓ older:← back:← next:→ more:→ ";

/** Pixels between a label and the edge of the screen. */
const EDGE = 2;
/** Least room between two labels: more than a space. */
const LABEL_GAP = 6;

/** Height of the line of the carets. */
const CARET = 8;

function drawHome(builder: DrawListBuilder, { time }: ScreenStatus, { date, lines, isCalm }: ScreenHome): void {
  const { size, theme, area, font } = builder;
  const width = innerWidth(size);
  if (isLow(size)) {
    drawLowHome(builder, time, isCalm ? [] : lines);
    return;
  }
  const room = area.bottom - area.top;
  const { lineHeight } = FONTS[font];
  const wrapped = lines.flatMap((line) => wrapText(line, font, width, HOME_LINES, builder.widths));
  // The date and the first line have room below the clock, or all three are smaller. Then what is new goes before the date.
  const isTight = room < FONTS.clock.lineHeight + FONTS.body.lineHeight + 2 * GAP + lineHeight;
  const clockFont = isTight ? "large" : "clock";
  const dateFont = isTight ? font : "body";
  const gap = isTight ? 0 : 2 * GAP;
  let left = room - lineHeight * (isTight && !isCalm ? Math.min(TIGHT_LINES, wrapped.length) : 1);
  const heightIn = (text: string, height: number) => {
    if (text === "" || left < height) return 0;
    left -= height;
    return height;
  };
  const clockHeight = heightIn(time, FONTS[clockFont].lineHeight);
  const dateHeight = heightIn(date, FONTS[dateFont].lineHeight);
  const shown = wrapped.slice(0, Math.max(1, Math.floor((room - clockHeight - dateHeight - gap) / lineHeight)));
  const height = clockHeight + dateHeight + (shown.length > 0 ? gap + shown.length * lineHeight : 0);
  let y = area.top + (((room - height) >> 1) & ~3);
  if (clockHeight > 0) builder.centered(0, size.width, y, clockFont, theme.text, time);
  y += clockHeight;
  if (dateHeight > 0) builder.centered(MARGIN, width, y, dateFont, theme.text, date);
  y += dateHeight + gap;
  for (const line of shown) {
    builder.centered(MARGIN, width, y, font, theme.dim, line);
    y += lineHeight;
  }
}

/** A low screen shows the time large, or in its place what there is to know. */
function drawLowHome(builder: DrawListBuilder, time: string, lines: readonly string[]): void {
  const { size, theme, area } = builder;
  const width = innerWidth(size);
  let y = area.top;
  if (lines.length === 0) builder.centered(0, size.width, y + GAP, "large", theme.text, time || "no time");
  for (const line of lines.slice(0, 2)) {
    builder.centered(MARGIN, width, y, "small", theme.text, line);
    y += FONTS.small.lineHeight;
  }
}

/** Most lines that one thing on the home view takes. */
const HOME_LINES = 3;

/** On a screen with little room, so many lines of what is new go before date and clock. */
const TIGHT_LINES = 2;
