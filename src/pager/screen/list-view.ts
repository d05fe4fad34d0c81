/** A list of rows, one of which is chosen: inbox, contacts, texts. */
import { COLORS } from "./colors.ts";
import type { Size } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";
import { type DrawListBuilder, isLow, linesIn, MARGIN, viewArea } from "./layout.ts";

export interface Row {
  readonly text: string;
  /** Drawn on the right. The text is cut to make room for it. */
  readonly right?: string;
  readonly isStrong?: boolean;
  /** Colour of a mark before the text. The text says the same in words. */
  readonly dot?: number;
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

const DOT_PIXELS = 8;

/** How many rows the screen shows. */
export function rowsOn(size: Size): number {
  return linesIn(rowsArea(size), "small");
}

export function drawRows(builder: DrawListBuilder, list: ScreenList): void {
  const { size } = builder;
  const { lineHeight } = FONTS.small;
  if (!isLow(size)) {
    const place = list.count > 0 ? `${list.position}/${list.count}` : "";
    builder.spread(viewArea(size).top, "small", COLORS.dim, [list.title, place]);
  }
  const { top } = rowsArea(size);
  list.rows.forEach((row, index) => {
    const y = top + index * lineHeight;
    const isChosen = index === list.chosen;
    if (isChosen) builder.fill(0, y, size.width, lineHeight, COLORS.chosen);
    const color = row.isStrong || isChosen ? COLORS.text : COLORS.dim;
    const right = row.right ?? "";
    const rightX = size.width - MARGIN - builder.widthOf("small", right);
    if (row.dot !== undefined)
      builder.fill(MARGIN, y + Math.floor((lineHeight - DOT_PIXELS) / 2), DOT_PIXELS, DOT_PIXELS, row.dot);
    const x = row.dot === undefined ? MARGIN : 2 * MARGIN + DOT_PIXELS;
    // The sign shows the chosen row to a reader who cannot see its colour.
    const text = isChosen ? `> ${row.text}` : row.text;
    const width = (right === "" ? size.width : rightX) - MARGIN - x;
    builder.line(x, y, "small", color, text, width);
    builder.fitted(rightX, y, "small", color, right);
  });
}

function rowsArea(size: Size): { top: number; bottom: number } {
  const { top, bottom } = viewArea(size);
  return { top: isLow(size) ? top : top + FONTS.small.lineHeight, bottom };
}
