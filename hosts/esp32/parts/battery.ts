import { Battery, type BatteryGauge } from "../../../src/gateway/battery.ts";
import type { Values } from "../../../src/gateway/setting.ts";
import type { BatteryPart } from "../board-parts.ts";
import { BATTERY_SETTINGS } from "../settings.ts";

/** Voltages of a lithium cell that is empty and of one that is full. Between them the level is taken as a straight line. */
const EMPTY_VOLTS = 3.3;
const FULL_VOLTS = 4.1;

/** The battery of a board that can measure it. */
export function battery(gauge: BatteryGauge): BatteryPart {
  return {
    settings: BATTERY_SETTINGS,
    open: (own: Values) =>
      new Battery(gauge, { lowPercent: Number(own["battery.low"]), emptyPercent: Number(own["battery.empty"]) }),
  };
}

/** The level of a lithium cell by its voltage, 0 to 1. */
export function lithiumLevel(volts: number): number {
  return Math.max(0, Math.min(1, (volts - EMPTY_VOLTS) / (FULL_VOLTS - EMPTY_VOLTS)));
}
