/**
 * What a button means that is held while the device starts. The device acts when it is released, so a button that is stuck does
 * nothing.
 */

/** Held for less than this, in milliseconds, it means nothing. */
const SET_UP_MS = 3_000;

/** Held for this long, in milliseconds, it erases everything. */
const RESET_MS = 10_000;

/** A button that is held for longer than this, in milliseconds, is stuck. */
const STUCK_MS = 30_000;

export type HeldMeaning = "start" | "set up" | "reset";

/** What it means to release the button after `heldMs`. */
export function meaningOf(heldMs: number): HeldMeaning {
  if (heldMs < SET_UP_MS || heldMs >= STUCK_MS) return "start";
  return heldMs < RESET_MS ? "set up" : "reset";
}

/** Whether the device goes on, although the button is not released. */
export function isStuck(heldMs: number): boolean {
  return heldMs >= STUCK_MS;
}

/** What the person who holds the button has to know. */
export const HELD_WORDS: Readonly<Record<HeldMeaning, readonly string[]>> = Object.freeze({
  start: Object.freeze(["keep holding for 3 seconds to set the device up"]),
  "set up": Object.freeze([
    "let go to set the device up",
    "keep holding for 10 seconds to erase all settings and messages",
  ]),
  reset: Object.freeze(["let go to erase all settings and messages", "keep holding to erase nothing"]),
});
