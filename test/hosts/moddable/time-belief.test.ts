import { describe, expect, it } from "vitest";
import { TimeBelief } from "../../../hosts/moddable/time-belief.ts";

const MADE = 1_764_000_000;
const NOW = MADE + 10_000_000;
const DAY = 86_400;

describe("the answer of a time server", () => {
  it("is believed if it differs from the clock by at most a day", () => {
    const belief = new TimeBelief(MADE);
    for (const answer of [NOW - DAY, NOW, NOW + DAY]) expect(belief.judge(answer, "a", NOW)).toBe("believed");
    expect(belief.judge(NOW + DAY + 1, "a", NOW)).toBe("ask");
  });

  it("that differs more is believed when a second server agrees, however late, and not when the same one repeats it", () => {
    const belief = new TimeBelief(MADE);
    expect(belief.judge(NOW + 300 * DAY, "a", NOW)).toBe("ask");
    expect(belief.judge(NOW + 300 * DAY + 5, "a", NOW + 5)).toBe("ask");
    expect(belief.judge(NOW + 300 * DAY + 70, "b", NOW + 20)).toBe("believed");
  });

  it("for a clock that was never set is believed when a second one agrees; a wrong answer costs one question", () => {
    const belief = new TimeBelief(MADE);
    const [wrong, right] = [Date.UTC(2036, 1, 7) / 1000, NOW];
    expect(belief.judge(wrong, "a", 3)).toBe("ask");
    expect(belief.judge(right, "b", 4)).toBe("ask");
    expect(belief.judge(right + 1, "a", 5)).toBe("believed");
  });

  it.each([
    ["before the firmware was made", MADE - 1],
    ["of 1900", -2_208_988_800],
    ["after 2106", 2 ** 32],
    ["that is no number", Number.NaN],
  ])("is refused %s", (_words, answer) => {
    const belief = new TimeBelief(MADE);
    for (const server of ["a", "b"]) expect(belief.judge(answer, server, NOW)).toBe("refused");
  });
});
