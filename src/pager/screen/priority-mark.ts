/** The mark of an urgent message: one bar for priority 4, two bars for priority 5. */
import { type DrawListBuilder, GAP } from "./layout.ts";

const BAR_WIDTH = 4;
const BAR_HEIGHT = 14;

/**
 * Draws the mark in the middle of a line of this height. Returns the x after it, which is `x` below priority 4.
 * @param color gives the colour for a usual one
 */
export function drawPriority(
  builder: DrawListBuilder,
  x: number,
  top: number,
  lineHeight: number,
  priority: number,
  color: (usual: number) => number,
): number {
  if (priority < 4) return x;
  const { fault, busy } = builder.theme;
  const ink = color(priority > 4 ? busy : fault);
  const y = top + ((lineHeight - BAR_HEIGHT) >> 1);
  builder.fill(x, y, BAR_WIDTH, BAR_HEIGHT, ink, priority > 4 ? "!!" : "!");
  if (priority === 4) return x + BAR_WIDTH + 2 * GAP;
  builder.fill(x + BAR_WIDTH + 2, y, BAR_WIDTH, BAR_HEIGHT, ink);
  return x + 2 * BAR_WIDTH + 2 + 2 * GAP;
}
