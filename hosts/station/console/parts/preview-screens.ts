/** The screens on which the preview can show a push. */
import type { Size } from "../../../../src/pager/screen/draw-list.ts";
import type { ScreenKind } from "../../../../src/pager/screen/theme.ts";

export interface PreviewScreen extends Size {
  readonly label: string;
  readonly kind: ScreenKind;
  /** Boards that have it. */
  readonly boards: readonly string[];
}

export const PREVIEW_SCREENS: readonly PreviewScreen[] = Object.freeze([
  {
    label: "320 by 240",
    width: 320,
    height: 240,
    kind: "color",
    boards: ["m5stack", "m5stack_core2", "m5stack_cores3"],
  },
  { label: "240 by 320", width: 240, height: 320, kind: "color", boards: ["moddable_two", "esp32c3_ili9341"] },
  { label: "135 by 240", width: 135, height: 240, kind: "color", boards: ["lilygo_ttgo", "m5stick_cplus"] },
  { label: "540 by 960, e-paper", width: 540, height: 960, kind: "grey", boards: ["m5paper"] },
  { label: "128 by 64, black and white", width: 128, height: 64, kind: "one bit", boards: [] },
]);

/** Index of the screen of a board; the first one for a board without a screen, or for none. */
export function screenOf(board: string | undefined): number {
  return Math.max(
    0,
    PREVIEW_SCREENS.findIndex(({ boards }) => boards.includes(board ?? "")),
  );
}
