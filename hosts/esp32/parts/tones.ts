/** The tones of an alert, by the priority of the message. */
import type { Tone } from "../board-parts.ts";

const LOW_HERTZ = 880;
const HIGH_HERTZ = 1_320;

const SHORT: Tone = Object.freeze({ hertz: LOW_HERTZ, durationMs: 200 });
const HIGH: Tone = Object.freeze({ hertz: HIGH_HERTZ, durationMs: 200 });
const GAP: Tone = Object.freeze({ hertz: 0, durationMs: 100 });

const NONE: readonly Tone[] = Object.freeze([]);
const ONE = Object.freeze([SHORT]);
const TWO = Object.freeze([SHORT, GAP, SHORT]);
const RISING = Object.freeze([SHORT, HIGH, GAP, SHORT, HIGH]);

/** Priorities 1 and 2 are silent. 3 is one tone, 4 are two, 5 rises twice. @param priority 1 to 5 */
export function tonesOf(priority: number): readonly Tone[] {
  if (priority < 3) return NONE;
  return priority === 3 ? ONE : priority === 4 ? TWO : RISING;
}

/** In milliseconds. */
export function durationOf(tones: readonly Tone[]): number {
  return tones.reduce((sumMs, { durationMs }) => sumMs + durationMs, 0);
}
