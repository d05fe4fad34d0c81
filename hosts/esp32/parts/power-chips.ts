/**
 * Gauges of the power chips of M5Stack's boards: the AXP192 and the AXP2101 of X-Powers and the IP5306 of Injoinic. The registers are
 * those of their data sheets, read as M5Stack's library M5Unified reads them.
 */
import type { PowerChip } from "../power-chip.ts";
import { type BoardGauge, lithiumLevel } from "./gauge.ts";

/** The part of a power chip that a gauge reads. */
type Registers = Pick<PowerChip, "readByte">;

const AXP192_REGISTERS = Object.freeze({ status: 0x00, mode: 0x01, version: 0x03, voltage: 0x78 } as const);

/** What register `version` of an AXP192 holds. */
const AXP192_VERSION = 0x03;
const AXP192_VOLTS = 0.0011;

/** Measures a voltage in 12 bits. */
export function axp192(chip: Registers): BoardGauge {
  const { status, mode, voltage } = AXP192_REGISTERS;
  return {
    isPresent: () => (chip.readByte(mode) & 0x20) !== 0,
    level: () => lithiumLevel(AXP192_VOLTS * ((chip.readByte(voltage) << 4) | (chip.readByte(voltage + 1) & 0x0f))),
    isCharging: () => (chip.readByte(status) & 0x04) !== 0,
  };
}

const AXP2101_REGISTERS = Object.freeze({ status: 0x00, mode: 0x01, level: 0xa4 } as const);

/** In bits 6 and 5 of register `mode`. */
const AXP2101_CHARGES = 1;

/** Counts what flows into the battery and out of it, and tells percent. */
export function axp2101(chip: Registers): BoardGauge {
  const { status, mode, level } = AXP2101_REGISTERS;
  return {
    isPresent: () => (chip.readByte(status) & 0x08) !== 0,
    level: () => percentLevel(chip.readByte(level)),
    isCharging: () => ((chip.readByte(mode) >> 5) & 3) === AXP2101_CHARGES,
  };
}

const AXP2101_LIGHT = Object.freeze({ outputs: 0x90, bit: 0x80, volts: 0x99 } as const);

/** In tenths of a volt above 0.5 V. Below 2.5 V the light of the CoreS3 is dark. */
const LIGHT_LEAST = 20;
const LIGHT_MOST = 28;

/** The light of a screen at the chip's output DLDO1. @param percent 0 to 100; 0 switches it off */
export function setAxp2101Light(chip: PowerChip, percent: number): void {
  const { outputs, bit, volts } = AXP2101_LIGHT;
  const others = chip.readByte(outputs) & ~bit;
  if (percent > 0) chip.writeByte(volts, LIGHT_LEAST + Math.round(((LIGHT_MOST - LIGHT_LEAST) * percent) / 100));
  chip.writeByte(outputs, percent > 0 ? others | bit : others);
}

/** A board of which there are two kinds. */
export function axp192Or2101(chip: Registers): BoardGauge {
  return chip.readByte(AXP192_REGISTERS.version) === AXP192_VERSION ? axp192(chip) : axp2101(chip);
}

const IP5306_REGISTERS = Object.freeze({ charge: 0x70, level: 0x78 } as const);

/** By the upper four bits of register `level`, one of which is 0 for each light of the chip that is on. Another value: empty. */
const IP5306_LEVELS: Readonly<Record<number, number>> = Object.freeze({ 0: 1, 8: 0.75, 12: 0.5, 14: 0.25 });

/** Tells the level in four steps. Some boards have one without a bus, which does not answer. */
export function ip5306(chip: Registers): BoardGauge {
  const { charge, level } = IP5306_REGISTERS;
  return {
    isPresent: () => chip.readByte(charge) >= 0,
    level: () => IP5306_LEVELS[chip.readByte(level) >> 4] ?? 0,
    isCharging: () => (chip.readByte(charge) & 0x08) !== 0,
  };
}

/** Before it has measured, the AXP2101 tells more than 100. */
function percentLevel(percent: number): number {
  if (percent > 100) throw new Error(`level ${percent}, expected 0 to 100`);
  return percent / 100;
}
