/** What the registers of power chips mean, with values from their data sheets. */
import { expect, it } from "vitest";
import { type BoardGauge, openGauge } from "../../../hosts/esp32/parts/gauge.ts";
import { axp192, axp192Or2101, axp2101, ip5306, setAxp2101Light } from "../../../hosts/esp32/parts/power-chips.ts";
import PowerChip from "../../../hosts/esp32/power-chip.ts";

class Chip {
  readonly values: Record<number, number>;

  constructor(values: Record<number, number>) {
    this.values = values;
  }

  readByte(register: number): number {
    return this.values[register] ?? 0;
  }

  writeByte(register: number, value: number): void {
    this.values[register] = value;
  }
}

const told = (gauge: BoardGauge) => [gauge.isPresent?.(), gauge.level(), gauge.isCharging?.()];

it("AXP192: 12 bits of 1.1 mV; present and charging are bits", () => {
  // 3,700 mV are 3,364 steps, 0xd24.
  const chip = new Chip({ 0: 0x04, 1: 0x20, 120: 0xd2, 121: 0xf4 });
  expect(told(axp192(chip))).toEqual([true, expect.closeTo(0.5, 2), true]);
  expect(told(axp192(new Chip({ 120: 0xff, 121: 0x0f })))).toEqual([false, 1, false]);
});

it("AXP2101: percent; only direction 1 is charging; above 100 it has not measured", () => {
  for (const [mode, charges] of [
    [0x20, true],
    [0x40, false],
    [0x00, false],
    [0x60, false],
  ] as const)
    expect(told(axp2101(new Chip({ 0: 0x08, 1: mode, 164: 100 })))).toEqual([true, 1, charges]);
  expect(() => axp2101(new Chip({ 164: 101 })).level()).toThrow("level 101, expected 0 to 100");
});

it("IP5306: a light that is on is a quarter", () => {
  const levels = [0x00, 0x80, 0xc0, 0xe0, 0xf0, 0x50].map((value) => ip5306(new Chip({ 120: value })).level());
  expect(levels).toEqual([1, 0.75, 0.5, 0.25, 0, 0]);
  expect([0x08, 0xf7].map((value) => ip5306(new Chip({ 112: value })).isCharging?.())).toEqual([true, false]);
});

it("a board that may have either is asked for its version", () => {
  expect(axp192Or2101(new Chip({ 3: 0x03, 120: 0xff })).level()).toBe(1);
  expect(axp192Or2101(new Chip({ 3: 0x4a, 164: 7 })).level()).toBe(0.07);
});

it("a gauge that is not there, or does not answer, is no battery", () => {
  const dead = {
    readByte: () => {
      throw new Error("I2C: no answer");
    },
  };
  expect(openGauge(() => ip5306(dead))).toBeUndefined();
  expect(openGauge(() => axp192Or2101(dead))).toBeUndefined();
  expect(openGauge(() => axp2101(new Chip({})))).toBeUndefined();
  expect(openGauge(() => axp2101(new Chip({ 0: 0x08 })))).toBeDefined();
});

it("the light at DLDO1 goes from 2.5 to 3.3 V, and off", () => {
  const chip = new Chip({ 144: 0x3f });
  const set = (percent: number) => {
    setAxp2101Light(chip, percent);
    return [chip.values[0x90], chip.values[0x99]];
  };
  expect([100, 20, 0, 50].map(set)).toEqual([
    [0xbf, 28],
    [0xbf, 22],
    [0x3f, 22],
    [0xbf, 24],
  ]);
});

it("the driver of the CoreS3's chip asks at address 0x34 of the bus that it is given, and is the global `powerChip`", () => {
  const registers: Record<number, number> = { 164: 55 };
  class Bus {
    constructor(options: object) {
      expect(options).toEqual({ hz: 400_000, address: 0x34, io: Bus, data: 12, clock: 11 });
    }
    readUint8(register: number): number {
      return registers[register] ?? 0;
    }
    writeUint8(register: number, value: number): void {
      registers[register] = value;
    }
  }
  const chip = new PowerChip({ sensor: { io: Bus, data: 12, clock: 11 } });
  chip.writeByte(0x90, 0xbf);
  expect(registers[0x90]).toBe(0xbf);
  expect(axp2101((globalThis as unknown as { powerChip: PowerChip }).powerChip).level()).toBe(0.55);
});
