/**
 * The screen as a pure function: a model goes in, a draw list comes out. The status bar is at the top, one view below
 * it, the labels of the three buttons at the bottom.
 */
import type { Button } from "./buttons.ts";
import type { DrawList, Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { ICONS, iconWidth } from "./icons.ts";
import { barHeight, DrawListBuilder, footHeight, GAP, innerWidth, isLow, MARGIN, viewArea } from "./layout.ts";
import { drawRows, type ScreenList } from "./list-view.ts";
import { drawMessage, drawSender, isQuestion, type ScreenMessage } from "./message-view.ts";
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
  const hasLine = hasFaultLine(model);
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
  return builder.commands;
}

/** The button whose label is at this place. undefined: there is none. */
export function buttonAt(size: Size, x: number, y: number): Button | undefined {
  return y < size.height - footHeight(size) ? undefined : BUTTONS[Math.floor((3 * x) / size.width)];
}

const BUTTONS: readonly Button[] = Object.freeze(["a", "b", "c"]);

/** Whether a line below the bar says what went wrong. Where replies are on offer there is no room for it. */
function hasFaultLine({ faults, view }: ScreenModel): boolean {
  return faults !== "" && view.kind !== "list" && !(view.kind === "message" && isQuestion(view.answers.length));
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
  if (view.kind === "list" || (view.kind === "message" && view.answers.length > 0))
    drawLabels(builder, model.labels, 0);
  else if (view.kind === "message") drawSender(builder, view, 0, barHeight(size), theme.barText);
  else drawStatusBar(builder, status, view.date);
}

function drawFoot(builder: DrawListBuilder, { labels }: ScreenModel): void {
  const { size, theme } = builder;
  const top = size.height - footHeight(size);
  if (theme.isPaper) builder.fill(0, top, size.width, 1, theme.text);
  else builder.fill(0, top, size.width, size.height - top, theme.bar);
  drawLabels(builder, labels, top);
}

/** Each label stands over its button. On a screen too narrow for that, a long label takes room that its neighbours leave. */
function drawLabels(builder: DrawListBuilder, labels: readonly string[], top: number): void {
  const { size, theme, font } = builder;
  const { width } = size;
  const third = Math.floor(width / 3);
  const natural = labels.map((label) => builder.widthOf(font, label));
  const room = (width - 2 * EDGE - 2 * LABEL_GAP) / 3;
  const longCount = natural.filter((each) => each > room).length;
  const spare = natural.reduce((sum, each) => sum + Math.max(0, room - each), 0);
  const widths = natural.map((each) => Math.min(each, Math.floor(room + (longCount && spare / longCount))));
  let end = EDGE - LABEL_GAP;
  labels.forEach((label, index) => {
    if (label === "") return;
    const own = widths[index] ?? 0;
    const after = widths.slice(index + 1).reduce((sum, each) => sum + (each > 0 ? each + LABEL_GAP : 0), 0);
    const middle = index * third + ((third - own) >> 1);
    const x = Math.max(end + LABEL_GAP, Math.min(width - EDGE - after - own, middle));
    end = x + own;
    const color = index === 1 ? theme.accent : theme.barText;
    if (own === natural[index]) builder.fitted(x, top, font, color, label);
    else builder.line(x, top, font, color, label, own);
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

/** Pixels between a label and the edge of the screen. */
const EDGE = 2;
/** Least room between two labels. */
const LABEL_GAP = 3;

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
  const clockHeight = time === "" ? 0 : FONTS.clock.lineHeight;
  const dateHeight = date === "" ? 0 : FONTS.body.lineHeight;
  const { lineHeight } = FONTS[font];
  const linesMax = Math.max(0, Math.floor((room - clockHeight - dateHeight - 2 * GAP) / lineHeight));
  const shown = lines.flatMap((line) => wrapText(line, font, width, HOME_LINES, builder.widths)).slice(0, linesMax);
  const height = clockHeight + dateHeight + (shown.length > 0 ? 2 * GAP + shown.length * lineHeight : 0);
  let y = area.top + (((room - height) >> 1) & ~3);
  if (time !== "") builder.centered(0, size.width, y, "clock", theme.text, time);
  y += clockHeight;
  builder.centered(MARGIN, width, y, "body", theme.text, date);
  y += dateHeight + 2 * GAP;
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
const HOME_LINES = 2;
