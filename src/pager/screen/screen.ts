/**
 * The screen as a pure function: a model goes in, a draw list comes out. The status bar is at the top, one view below
 * it, the labels of the three buttons at the bottom.
 */
import { COLORS } from "./colors.ts";
import type { DrawList, Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { barHeight, DrawListBuilder, innerWidth, isLow, MARGIN, viewArea } from "./layout.ts";
import { drawRows, type ScreenList } from "./list-view.ts";
import { drawMessage, headOf, type ScreenMessage } from "./message-view.ts";
import { fitLine } from "./text-layout.ts";
import type { TextWidths } from "./text-widths.ts";

/** There is nothing to read. */
export interface ScreenHome {
  readonly kind: "home";
  /** Lines below the time, the most important first. */
  readonly lines: readonly string[];
}

export interface ScreenModel {
  /** Time of day. Empty while the clock is not set. */
  readonly time: string;
  /** Link, own presence and quiet hours, in a word or two. */
  readonly status: string;
  readonly unreadCount: number;
  /** What went wrong and was counted, in a few words. Empty if nothing went wrong. */
  readonly faults: string;
  readonly view: ScreenHome | ScreenMessage | ScreenList;
  /** What the buttons a, b, c do now. Empty: nothing. */
  readonly labels: readonly [string, string, string];
}

export function drawScreen(model: ScreenModel, size: Size, widths: TextWidths): DrawList {
  const { view, faults } = model;
  const hasLine = hasFaultLine(model);
  const builder = new DrawListBuilder(size, widths, viewArea(size, hasLine));
  if (view.kind === "message") drawMessage(builder, view);
  else if (view.kind === "list") drawRows(builder, view);
  else drawHome(builder, model, view);
  if (isLow(size)) drawLowBar(builder, model);
  else {
    if (hasLine)
      builder.line(MARGIN, builder.area.top - FONTS.small.lineHeight, "small", COLORS.fault, faults, innerWidth(size));
    drawStatusBar(builder, model);
    drawLabels(builder, model, size.height - barHeight(size));
  }
  return builder.commands;
}

/** Whether a line below the bar says what went wrong. */
function hasFaultLine({ faults, view }: ScreenModel): boolean {
  return faults !== "" && view.kind !== "list";
}

function drawStatusBar(builder: DrawListBuilder, model: ScreenModel): void {
  builder.fill(0, 0, builder.size.width, barHeight(builder.size), COLORS.bar);
  builder.spread(1, "small", COLORS.text, [model.time, model.status, unreadWords(model)]);
}

/**
 * Draws the one bar of a low screen. It shows the labels if there is something to choose, otherwise the sender or the
 * status.
 */
function drawLowBar(builder: DrawListBuilder, model: ScreenModel): void {
  const { view } = model;
  const { width } = builder.size;
  const isUrgent = view.kind === "message" && view.priority >= 4;
  builder.fill(0, 0, width, barHeight(builder.size), isUrgent ? COLORS.alarm : COLORS.bar);
  if (view.kind === "list" || (view.kind === "message" && view.answers.length > 0)) drawLabels(builder, model, -1);
  else if (view.kind === "message")
    builder.spread(0, "small", COLORS.text, [headOf(view), `${view.position}/${view.count}`]);
  else builder.spread(0, "small", COLORS.text, [model.status, model.unreadCount > 0 ? `${model.unreadCount} new` : ""]);
}

function drawLabels(builder: DrawListBuilder, { labels }: ScreenModel, top: number): void {
  const { width, height } = builder.size;
  if (top > 0) builder.fill(0, top, width, height - top, COLORS.bar);
  const third = Math.floor(width / 3);
  labels.forEach((label, index) => {
    if (label !== "") builder.centered(index * third, third, top + 1, "small", COLORS.text, label);
  });
}

function drawHome(builder: DrawListBuilder, { time }: ScreenModel, { lines }: ScreenHome): void {
  const { size, widths } = builder;
  const { top, bottom } = builder.area;
  const width = innerWidth(size);
  const fits = (line: string) => !isLow(size) && fitLine(line, "body", width, widths) === line;
  const { lineHeight } = isLow(size) ? FONTS.small : FONTS.body;
  const timeHeight = time === "" || isLow(size) ? 0 : FONTS.large.lineHeight;
  const shown = lines.slice(0, Math.max(1, Math.floor((bottom - top - timeHeight) / lineHeight)));
  let y = top + Math.max(0, Math.floor((bottom - top - timeHeight - shown.length * lineHeight) / 2));
  if (timeHeight > 0) builder.centered(0, size.width, y, "large", COLORS.text, time);
  y += timeHeight;
  for (const line of shown) {
    builder.centered(MARGIN, width, y, fits(line) ? "body" : "small", COLORS.dim, line);
    y += lineHeight;
  }
}

function unreadWords({ unreadCount }: ScreenModel): string {
  return `${unreadCount} unread`;
}
