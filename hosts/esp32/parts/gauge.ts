import type { BatteryGauge } from "../../../src/gateway/battery.ts";

/** Voltages of a lithium cell that is empty and of one that is full. Between them the level is taken as a straight line. */
const EMPTY_VOLTS = 3.3;
const FULL_VOLTS = 4.1;

/** What measures the battery of a board. */
export interface BoardGauge extends BatteryGauge {
  /** Whether there is a battery. A board without this always has one. */
  isPresent?(): boolean;
}

/** Opens a gauge. undefined: there is no battery, or the gauge does not answer. */
export function openGauge(open: () => BoardGauge): BoardGauge | undefined {
  try {
    const gauge = open();
    return gauge.isPresent?.() === false ? undefined : gauge;
  } catch {
    return undefined;
  }
}

/** The level of a lithium cell by its voltage, 0 to 1. */
export function lithiumLevel(volts: number): number {
  return Math.max(0, Math.min(1, (volts - EMPTY_VOLTS) / (FULL_VOLTS - EMPTY_VOLTS)));
}
