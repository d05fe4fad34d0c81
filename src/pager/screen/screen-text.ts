import type { DrawList, TextRun } from "./draw-list.ts";

/**
 * The words on a screen, for a terminal, a screen reader or a test. One string for each line of the screen, top to
 * bottom. Runs on one line are joined by two spaces, left to right.
 */
export function screenText(drawList: DrawList): string[] {
  const runs = drawList.filter((command): command is TextRun => command.kind === "text");
  runs.sort((a, b) => a.y - b.y || a.x - b.x);
  const lines: { y: number; texts: string[] }[] = [];
  for (const run of runs) {
    const last = lines.at(-1);
    if (last?.y === run.y) last.texts.push(run.text);
    else lines.push({ y: run.y, texts: [run.text] });
  }
  return lines.map((line) => line.texts.join("  "));
}
