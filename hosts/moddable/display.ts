/** The display of a board: its screen, or none. */
import type { Screen } from "commodetto/Poco";
import type { DrawList, Size } from "../../src/pager/screen/draw-list.ts";
import type { RunPictures } from "../../src/pager/screen/runs.ts";
import type { MeasureText } from "../../src/seams.ts";
import { loadFaces, Painter } from "./painter.ts";

export interface Display {
  readonly size: Size;
  readonly measureText: MeasureText;
  /** Draws with these pictures from now on. */
  usePictures(pictures: RunPictures): void;
  paint(drawList: DrawList): void;
}

/** The size of a board without a screen. With it the gateway counts no message as shown. */
const NO_SCREEN: Size = Object.freeze({ width: 0, height: 0 });

/** The display of a board without a screen. */
export const BLANK: Display = Object.freeze({
  size: NO_SCREEN,
  measureText: () => 0,
  usePictures: () => {},
  paint: () => {},
});

export function openDisplay(): Display {
  // A board without a screen does not have this global.
  const { screen } = globalThis as unknown as { screen?: Screen };
  if (!screen) return BLANK;
  const painter = new Painter(screen, loadFaces());
  return {
    size: painter.size,
    measureText: (font, text) => painter.measureText(font, text),
    usePictures: (pictures) => {
      painter.pictures = pictures;
    },
    paint: (drawList) => painter.paint(drawList),
  };
}
