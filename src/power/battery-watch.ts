/** Decides from its level whether a battery is low or empty. A level that wavers does not change it again and again. */
import { BATTERY_MARGIN_PERCENT } from "../limits.ts";

export type BatteryState = "good" | "low" | "empty";

/** In percent. 0: the battery never counts as that. */
export interface BatteryLevels {
  readonly lowPercent: number;
  readonly emptyPercent: number;
}

export class BatteryWatch {
  private readonly levels: BatteryLevels;
  state: BatteryState = "good";

  constructor(levels: BatteryLevels) {
    this.levels = levels;
  }

  /** @param isCharging a battery that is being charged is not empty; undefined: not known */
  handleLevel(percent: number, isCharging: boolean | undefined): void {
    const { lowPercent, emptyPercent } = this.levels;
    const reaches = (level: number, isThere: boolean) =>
      level > 0 && percent <= level + (isThere ? BATTERY_MARGIN_PERCENT : 0);
    const isEmpty = reaches(emptyPercent, this.state === "empty") && isCharging !== true;
    const isLow = reaches(Math.max(lowPercent, emptyPercent), this.state !== "good");
    this.state = isEmpty ? "empty" : isLow ? "low" : "good";
  }
}
