import { OneTimer } from "../../moddable/clock.ts";
import type { Guards } from "../../moddable/guard.ts";

/** A driver of the SDK for e-paper that keeps the picture in its controller. */
export interface EPaperPanel {
  readonly width: number;
  readonly height: number;
  configure(options: { readonly updateMode: string }): void;
  begin(x: number, y: number, width: number, height: number): void;
  end(): void;
}

/** The controller's waveforms: one for text that leaves pixels alone which stay white, and one that drives every pixel. */
const TEXT_MODE = "GLD16";
const FULL_MODE = "GC16";

/** After so many pictures the ghosts of former ones are cleared when nobody looks, and after this many in any case. */
const PICTURES_IDLE = 12;
const PICTURES_MAX = 30;

/** When no picture has come for this long, nobody looks, in milliseconds. */
const IDLE_MS = 20_000;

/**
 * A picture changes only those rows of the panel that differ, without a flash. That leaves ghosts. From time to time the controller
 * shows its whole picture again with a flash, which clears them. Returns what is to be called after each picture.
 */
export function ePaper(panel: EPaperPanel): (guards: Guards) => () => void {
  return (guards) => {
    const timer = new OneTimer(guards.of("screen"));
    let pictures = 0;
    const clear = () => {
      pictures = 0;
      panel.configure({ updateMode: FULL_MODE });
      // No pixels are sent. The controller has them.
      panel.begin(0, 0, panel.width, panel.height);
      panel.end();
      panel.configure({ updateMode: TEXT_MODE });
    };
    return () => {
      pictures += 1;
      if (pictures >= PICTURES_IDLE) timer.set(pictures < PICTURES_MAX ? IDLE_MS : 0, clear);
    };
  };
}
