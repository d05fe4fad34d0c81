import type { DrawCommand, DrawList } from "./draw-list.ts";
import { FONTS } from "./fonts.ts";

/** What stands in one line has its middle at the same height, give or take so many pixels. */
const LINE_TOLERANCE = 8;

/**
 * The words on a screen, for a terminal, a screen reader or a test. One string for each line of the screen, top to
 * bottom. Texts and icons on one line are joined by two spaces, left to right.
 */
export function screenText(drawList: DrawList): string[] {
  const items = drawList.flatMap((command) => {
    const words = wordsOf(command);
    return words === "" ? [] : [{ x: command.x, middle: middleOf(command), words }];
  });
  items.sort((a, b) => a.middle - b.middle);
  const lines: (typeof items)[] = [];
  let middle = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    if (item.middle - middle < LINE_TOLERANCE) lines.at(-1)?.push(item);
    else {
      lines.push([item]);
      middle = item.middle;
    }
  }
  return lines.map((line) =>
    line
      .sort((a, b) => a.x - b.x)
      .map(({ words }) => words)
      .join("  "),
  );
}

function wordsOf(command: DrawCommand): string {
  return command.words ?? (command.kind === "text" ? command.text : "");
}

function middleOf(command: DrawCommand): number {
  return command.y + (command.kind === "text" ? FONTS[command.font].lineHeight : command.height) / 2;
}
