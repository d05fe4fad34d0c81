import type { DrawCommand, DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import { FONTS } from "../../src/pager/screen/fonts.ts";
import type { MeasureText } from "../../src/seams.ts";

const MARGIN = 6;
const BACKGROUND = 0x000000;
const TITLE = 0xffc040;
const TEXT = 0xffffff;

/** What stands on the screen of a device that cannot start: a title and what is wrong, wrapped at spaces. */
export function setupScreen(problems: readonly string[], size: Size, measureText: MeasureText): DrawList {
  const list: DrawCommand[] = [{ kind: "fill", x: 0, y: 0, ...size, color: BACKGROUND }];
  list.push({ kind: "text", x: MARGIN, y: MARGIN, font: "body", color: TITLE, text: "Cannot start" });
  let y = MARGIN + FONTS.body.lineHeight;
  for (const problem of problems) {
    for (const text of wrap(problem, size.width - 2 * MARGIN, measureText)) {
      list.push({ kind: "text", x: MARGIN, y, font: "small", color: TEXT, text });
      y += FONTS.small.lineHeight;
    }
    y += MARGIN;
  }
  return list;
}

function wrap(text: string, width: number, measureText: MeasureText): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measureText("small", longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines;
}
