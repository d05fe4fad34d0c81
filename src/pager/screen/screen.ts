/**
 * The screen as a pure function: what is to be known goes in, a draw list comes out. Status bar on top, below it one view, at
 * the bottom the labels of the three buttons.
 */
import type { MeasureText } from "../../seams.ts";
import { COLORS } from "./colors.ts";
import type { DrawList, Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { barHeight, isLow, ListPainter, MARGIN, viewArea } from "./layout.ts";
import { drawList, type ScreenList } from "./list-view.ts";
import { drawMessage, headOf, type ScreenMessage } from "./message-view.ts";

/** Nothing to read. */
export interface ScreenHome {
  readonly kind: "home";
  /** Below the time, largest first: what there is to know. */
  readonly lines: readonly string[];
}

export interface ScreenModel {
  /** Time of day, or empty while the clock is not set. */
  readonly time: string;
  /** Link, own presence, quiet hours in a word or two. */
  readonly status: string;
  readonly unreadCount: number;
  /** What went wrong and was counted, in a few words; empty when nothing did. */
  readonly faults: string;
  readonly view: ScreenHome | ScreenMessage | ScreenList;
  /** What the buttons a, b, c do now; empty: nothing. */
  readonly labels: readonly [string, string, string];
}

export interface DrawnScreen {
  readonly drawList: DrawList;
  /** Of the message's text; 1 where there is none. */
  readonly pageCount: number;
}

export function drawScreen(model: ScreenModel, size: Size, measureText: MeasureText): DrawnScreen {
  const { view, faults } = model;
  const hasFaultLine = faults !== "" && view.kind !== "list";
  const painter = new ListPainter(size, measureText, viewArea(size, hasFaultLine));
  const pageCount = view.kind === "message" ? drawMessage(painter, view) : 1;
  if (view.kind === "list") drawList(painter, view);
  if (view.kind === "home") drawHome(painter, model, view);
  if (isLow(size)) drawLowBar(painter, model);
  else {
    if (hasFaultLine)
      painter.line(
        MARGIN,
        painter.area.top - FONTS.small.lineHeight,
        "small",
        COLORS.fault,
        faults,
        painter.innerWidth,
      );
    drawStatusBar(painter, model);
    drawLabels(painter, model, size.height - barHeight(size));
  }
  return { drawList: painter.commands, pageCount };
}

function drawStatusBar(painter: ListPainter, model: ScreenModel): void {
  painter.fill(0, 0, painter.size.width, barHeight(painter.size), COLORS.bar);
  painter.spread(1, "small", COLORS.text, [model.time, model.status, unreadWords(model)]);
}

/** The one bar of a low screen: labels where something is to be chosen, else who has written or what the state is. */
function drawLowBar(painter: ListPainter, model: ScreenModel): void {
  const { view } = model;
  const { width } = painter.size;
  const isUrgent = view.kind === "message" && view.priority >= 4;
  painter.fill(0, 0, width, barHeight(painter.size), isUrgent ? COLORS.alarm : COLORS.bar);
  if (view.kind === "list" || (view.kind === "message" && view.answers.length > 0)) drawLabels(painter, model, -1);
  else if (view.kind === "message")
    painter.spread(0, "small", COLORS.text, [headOf(view), `${view.position}/${view.count}`]);
  else painter.spread(0, "small", COLORS.text, [model.status, model.unreadCount > 0 ? `${model.unreadCount} new` : ""]);
}

function drawLabels(painter: ListPainter, { labels }: ScreenModel, top: number): void {
  const { width, height } = painter.size;
  if (top > 0) painter.fill(0, top, width, height - top, COLORS.bar);
  const third = Math.floor(width / 3);
  labels.forEach((label, index) => {
    if (label !== "") painter.centered(index * third, third, top + 1, "small", COLORS.text, label);
  });
}

function drawHome(painter: ListPainter, { time }: ScreenModel, { lines }: ScreenHome): void {
  const { size, innerWidth } = painter;
  const { top, bottom } = painter.area;
  const fits = (line: string) => !isLow(size) && painter.measureText("body", line) <= innerWidth;
  const { lineHeight } = isLow(size) ? FONTS.small : FONTS.body;
  const timeHeight = time === "" || isLow(size) ? 0 : FONTS.large.lineHeight;
  const shown = lines.slice(0, Math.max(1, Math.floor((bottom - top - timeHeight) / lineHeight)));
  let y = top + Math.max(0, Math.floor((bottom - top - timeHeight - shown.length * lineHeight) / 2));
  if (timeHeight > 0) painter.centered(0, size.width, y, "large", COLORS.text, time);
  y += timeHeight;
  for (const line of shown) {
    painter.centered(MARGIN, innerWidth, y, fits(line) ? "body" : "small", COLORS.dim, line);
    y += lineHeight;
  }
}

function unreadWords({ unreadCount }: ScreenModel): string {
  return `${unreadCount} unread`;
}
