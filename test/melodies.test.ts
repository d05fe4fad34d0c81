import { describe, expect, it } from "vitest";
import { MELODY_BYTES_MAX } from "../src/limits.ts";
import { durationOf, MELODIES, rhythmOf, tonesOf } from "../src/melodies.ts";

/** Boards are awake for an alert so long, and show a light. */
const ALERT_MS = 3_000;

describe("the tones of an alert", () => {
  it.each([
    [1, []],
    [2, []],
    [3, [[880, 200]]],
    [
      4,
      [
        [880, 200],
        [0, 100],
        [880, 200],
      ],
    ],
    [
      5,
      [
        [880, 200],
        [1319, 200],
        [0, 100],
        [880, 200],
        [1319, 200],
      ],
    ],
  ])("of priority %i", (priority, tones) => {
    const found = tonesOf(priority).map(({ hertz, durationMs }) => [hertz, durationMs]);
    expect(found).toEqual(tones);
    // A name that is not known, and names of what else stands in the table.
    for (const name of ["polka", "", "3", "chime:", "chime "])
      expect(tonesOf(priority, name)).toEqual(tonesOf(priority));
  });

  it.each(MELODIES)("%s is a melody of its own, and as loud as its priority", (name) => {
    const tones = tonesOf(3, name);
    expect([tonesOf(1, name), tonesOf(2, name)]).toEqual([[], []]);
    expect([tonesOf(4, name), tonesOf(5, name)]).toEqual([tones, tones]);
    const others = MELODIES.filter((other) => other !== name).map((other) => tonesOf(3, other));
    expect(others).not.toContainEqual(tones);
    expect(name.length).toBeLessThanOrEqual(MELODY_BYTES_MAX);
    expect(durationOf(tones)).toBeGreaterThan(500);
    expect(durationOf(tones)).toBeLessThan(ALERT_MS);
    const rhythm = rhythmOf(tones);
    expect(durationOf(rhythm)).toBeCloseTo(durationOf(tones));
    // No two tones touch, and the board is still at the end.
    for (const [index, { hertz }] of rhythm.entries()) if (hertz > 0) expect(rhythm[index + 1]?.hertz).toBe(0);
    for (const { hertz, durationMs } of tones) {
      expect(hertz === 0 || (hertz >= 880 && hertz <= 1_760)).toBe(true);
      expect(durationMs).toBeGreaterThanOrEqual(50);
    }
  });
});
