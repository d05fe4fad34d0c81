/** A list of rows, one of which is chosen: inbox, contacts, texts, figures of the device. */
import type { Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { ICONS, iconWidth } from "./icons.ts";
import { type DrawListBuilder, GAP, isCompact, isNarrow, MARGIN, rowHeight, viewArea } from "./layout.ts";
import { presenceColor, presenceIcon } from "./presence-mark.ts";
import { drawPriority } from "./priority-mark.ts";

export interface Row {
  /** Drawn before the text, bold if the row is strong. */
  readonly name?: string;
  readonly text: string;
  /** Drawn on the right. The text is cut to make room for it. */
  readonly right?: string;
  readonly isStrong?: boolean;
  /** Status of a presence. It has a mark of its own before the name; the text says the same in words. */
  readonly status?: number;
  /** Priority of a message. From 4 on it has a mark. */
  readonly priority?: number;
}

export interface ScreenList {
  readonly kind: "list";
  readonly title: string;
  /** As many rows as fit onto the screen, see `rowsOn`. */
  readonly rows: readonly Row[];
  /** Index of the chosen row in `rows`, from 0. */
  readonly chosen: number;
  /** Place of the chosen row in the whole list, from 1. */
  readonly position: number;
  readonly count: number;
}

/** Thickness of the outline of the chosen row, on paper. */
const OUTLINE = 2;

/** A name takes at most this part of its row. On a narrow screen it may take all of it. */
const NAME_PART = 0.6;

/** How many rows the screen shows. */
export function rowsOn(size: Size): number {
  const { top, bottom } = viewArea(size);
  return Math.max(1, Math.floor((bottom - rowsTop(size, top)) / rowHeight(size)));
}

/** Index of the row on the screen at this height, from 0. undefined: there is none. */
export function rowAt(size: Size, y: number): number | undefined {
  const row = Math.floor((y - rowsTop(size, viewArea(size).top)) / rowHeight(size));
  return row >= 0 && row < rowsOn(size) ? row : undefined;
}

export function drawRows(builder: DrawListBuilder, list: ScreenList): void {
  const { size, theme, font, row } = builder;
  const { top } = viewArea(size);
  if (!isCompact(size)) {
    const place = list.count > 0 ? `${list.position}/${list.count}` : "";
    const end = builder.right(builder.textTop(top, row), font, theme.dim, place, size.width >> 1);
    builder.line(MARGIN, builder.textTop(top, row), font, theme.dim, list.title, end - GAP - MARGIN);
  }
  const first = rowsTop(size, top);
  list.rows.forEach((each, index) => {
    drawRow(builder, each, first + index * row, index === list.chosen);
  });
  const before = list.position - 1 - list.chosen;
  builder.scrollMark({ top: first, bottom: first + rowsOn(size) * row }, before, before + list.rows.length, list.count);
}

function drawRow(builder: DrawListBuilder, row: Row, y: number, isChosen: boolean): void {
  const { size, theme, font, row: height } = builder;
  const { name = "", text, right = "", isStrong = false, status, priority = 0 } = row;
  if (isChosen) builder.panel(0, y, size.width, height, theme.chosen, OUTLINE, ">");
  const color = (usual: number) => (isChosen ? theme.chosenText : usual);
  const textY = builder.textTop(y, height);
  const end = builder.right(textY, font, color(theme.dim), right, size.width >> 1) - (right === "" ? 0 : 2 * GAP);
  let x = MARGIN;
  if (status !== undefined) {
    builder.icon(presenceIcon(status), x, y, height, color(presenceColor(theme, status)));
    x += iconWidth(ICONS.online) + 2 * GAP;
  }
  x = drawPriority(builder, x, y, height, priority, color);
  if (name !== "") {
    const width = text === "" || isNarrow(size) ? end - x : Math.floor((end - x) * NAME_PART);
    const words = `${isStrong && status === undefined ? "* " : ""}${name}`;
    const drawn = isStrong
      ? builder.bold(x, textY, font, color(theme.text), name, width, words)
      : builder.line(x, textY, font, color(theme.dim), name, width);
    x += builder.widthOf(font, drawn) + 2 * GAP;
  }
  if (end - x >= 2 * FONTS[font].sizePixels)
    builder.directed(x, textY, font, color(isStrong ? theme.text : theme.dim), text, end - x);
}

/** The title is above the rows. A compact screen has no room for it. */
function rowsTop(size: Size, top: number): number {
  return isCompact(size) ? top : top + rowHeight(size);
}
