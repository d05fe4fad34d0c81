import type { Gesture } from "../src/pager/screen/gesture.ts";

/** A finger that moves further has swiped, in pixels. */
const SWIPE_PIXELS = 30;

/** How long a finger must stay to count as held, in milliseconds. */
export const HOLD_MS = 600;

/** A finger that is there so soon was there at the start, in milliseconds. */
const START_MS = 200;

/**
 * Makes gestures of the places where a finger is, sample by sample. A finger that is on the screen at the start is no gesture. A gesture
 * is told when the finger leaves.
 */
export class Gestures {
  private readonly handle: (gesture: Gesture) => void;
  /** Until this time a finger counts as one of the start. */
  private readonly armedMs: number;
  /** There is a finger that was there at the start. */
  private isHeld = false;
  private isDown = false;
  private startX = 0;
  private startY = 0;
  private startMs = 0;
  private x = 0;
  private y = 0;

  constructor(handle: (gesture: Gesture) => void, nowMs: number) {
    this.handle = handle;
    this.armedMs = nowMs + START_MS;
  }

  /** The finger is at this place. */
  handleTouch(x: number, y: number, nowMs: number): void {
    if (nowMs < this.armedMs) this.isHeld = true;
    if (this.isHeld) return;
    if (!this.isDown) {
      this.isDown = true;
      this.startX = x;
      this.startY = y;
      this.startMs = nowMs;
    }
    this.x = x;
    this.y = y;
  }

  /** There is no finger on the screen. */
  handleRelease(nowMs: number): void {
    this.isHeld = false;
    if (!this.isDown) return;
    this.isDown = false;
    const right = this.x - this.startX;
    const down = this.y - this.startY;
    const isFlat = Math.abs(right) > Math.abs(down);
    if (Math.max(Math.abs(right), Math.abs(down)) > SWIPE_PIXELS)
      this.handle({ kind: "swipe", isOn: (isFlat ? right : down) < 0, isFlat });
    else this.handle({ kind: nowMs - this.startMs < HOLD_MS ? "tap" : "hold", x: this.x, y: this.y });
  }
}
