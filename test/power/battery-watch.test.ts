/** When a battery is low, empty and good again. */
import { describe, expect, it } from "vitest";
import { BATTERY_MARGIN_PERCENT } from "../../src/limits.ts";
import { BatteryWatch } from "../../src/power/battery-watch.ts";

const LEVELS = { lowPercent: 15, emptyPercent: 2 };

function statesOf(watch: BatteryWatch, levels: readonly number[], isCharging?: boolean): string {
  return levels
    .map((percent) => {
      watch.handleLevel(percent, isCharging);
      return watch.state;
    })
    .join(" ");
}

describe("a battery", () => {
  it("is low and empty from its levels down", () => {
    expect(statesOf(new BatteryWatch(LEVELS), [100, 16, 15, 3, 2, 0])).toBe("good good low low empty empty");
  });

  it("is better only when it is above its level by a margin", () => {
    const better = 15 + BATTERY_MARGIN_PERCENT;
    expect(statesOf(new BatteryWatch(LEVELS), [15, 16, better, better + 1, 16])).toBe("low low low good good");
    const watch = new BatteryWatch(LEVELS);
    expect(statesOf(watch, [2, 2 + BATTERY_MARGIN_PERCENT, 3 + BATTERY_MARGIN_PERCENT])).toBe("empty empty low");
  });

  it("is not empty while it is charged", () => {
    expect(statesOf(new BatteryWatch(LEVELS), [1], true)).toBe("low");
    const watch = new BatteryWatch(LEVELS);
    watch.handleLevel(1, false);
    expect(statesOf(watch, [1], true)).toBe("low");
  });

  it("never is what the settings exclude", () => {
    expect(statesOf(new BatteryWatch({ lowPercent: 0, emptyPercent: 0 }), [0])).toBe("good");
    expect(statesOf(new BatteryWatch({ lowPercent: 0, emptyPercent: 2 }), [3, 2, 4])).toBe("good empty empty");
    expect(statesOf(new BatteryWatch({ lowPercent: 15, emptyPercent: 0 }), [0])).toBe("low");
  });
});
