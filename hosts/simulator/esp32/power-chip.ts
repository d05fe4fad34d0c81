/** The registers of the power chip of a simulated board. The script says what is in its battery. */
import type { BoardScript } from "./board-script.ts";

/** Boards with an AXP2101, and one with an IP5306. The others have an AXP192. */
const AXP2101_BOARD = "m5stack_cores3";
const IP5306_BOARD = "m5stack";

const EMPTY_VOLTS = 3.3;
const FULL_VOLTS = 4.1;
const AXP192_VOLTS = 0.0011;

export class PowerChip {
  private readonly registers = new Map<number, number>();

  constructor({ board = IP5306_BOARD, battery = 0.5, isCharging = false, powerChip }: BoardScript) {
    const level = battery === "none" ? 0 : battery;
    const isThere = battery !== "none";
    if (board === IP5306_BOARD) {
      this.set(0x70, isCharging ? 0x08 : 0);
      this.set(0x78, [0xf0, 0xe0, 0xc0, 0x80, 0x00][Math.round(4 * level)] as number);
    } else if (board === AXP2101_BOARD || powerChip === "AXP2101") {
      this.set(0x00, isThere ? 0x08 : 0);
      this.set(0x01, isCharging ? 0x20 : 0x40);
      this.set(0x03, 0x4a);
      this.set(0x90, 0xbf);
      this.set(0xa4, Math.round(100 * level));
    } else {
      const raw = Math.round((EMPTY_VOLTS + level * (FULL_VOLTS - EMPTY_VOLTS)) / AXP192_VOLTS);
      this.set(0x00, isCharging ? 0x04 : 0);
      this.set(0x01, isThere ? 0x20 : 0);
      this.set(0x03, 0x03);
      this.set(0x78, raw >> 4);
      this.set(0x79, raw & 0x0f);
    }
  }

  readByte(register: number): number {
    return this.registers.get(register) ?? 0;
  }

  writeByte(register: number, value: number): void {
    this.set(register, value);
    trace(`power chip ${register.toString(16)}: ${value.toString(16)}\n`);
  }

  private set(register: number, value: number): void {
    this.registers.set(register, value);
  }
}
