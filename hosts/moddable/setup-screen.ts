import { COLORS } from "../../src/pager/screen/colors.ts";
import type { DrawCommand, DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import { MARGIN } from "../../src/pager/screen/layout.ts";
import { wrapText } from "../../src/pager/screen/text-layout.ts";
import { textWidths } from "../../src/pager/screen/text-widths.ts";
import type { MeasureText } from "../../src/seams.ts";

/** Makes the screen of a device that cannot start or that has ended: a title, and as much of the problems as fits. */
export function setupScreen(
  title: string,
  problems: readonly string[],
  size: Size,
  measureText: MeasureText,
): DrawList {
  const list: DrawCommand[] = [{ kind: "fill", x: 0, y: 0, ...size, color: COLORS.ground }];
  list.push({ kind: "text", x: MARGIN, y: MARGIN, font: "body", color: COLORS.fault, text: title });
  const { lineHeight } = FONTS.small;
  const widths = textWidths(measureText);
  let y = MARGIN + FONTS.body.lineHeight;
  for (const problem of problems) {
    const linesMax = Math.floor((size.height - y) / lineHeight);
    if (linesMax < 1) break;
    for (const text of wrapText(problem, "small", size.width - 2 * MARGIN, linesMax, widths)) {
      list.push({ kind: "text", x: MARGIN, y, font: "small", color: COLORS.text, text });
      y += lineHeight;
    }
    y += MARGIN;
  }
  return list;
}
