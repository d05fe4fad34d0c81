import type { Sensor } from "../../../src/seams.ts";

/** Voltages of a lithium cell that is empty and of one that is full. Between them the level is taken as a straight line. */
const EMPTY_VOLTS = 3.3;
const FULL_VOLTS = 4.1;

/** The level of the board's battery. @param read returns it as a share, 0 to 1 */
export function battery(read: () => number): Sensor {
  return { name: "battery", unit: "%EL", deadband: 1, isDiagnostic: true, sample: () => Math.round(100 * read()) };
}

/** The level of a lithium cell by its voltage, 0 to 1. */
export function lithiumLevel(volts: number): number {
  return Math.max(0, Math.min(1, (volts - EMPTY_VOLTS) / (FULL_VOLTS - EMPTY_VOLTS)));
}
