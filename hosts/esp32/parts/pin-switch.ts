import type { Switch } from "../board-parts.ts";

/** What is on while a pin has one level, and off while it has the other. */
export class PinSwitch implements Switch {
  private readonly pin: { write(level: number): void };
  private readonly onLevel: 0 | 1;

  constructor(pin: { write(level: number): void }, onLevel: 0 | 1) {
    this.pin = pin;
    this.onLevel = onLevel;
  }

  write(on: boolean): void {
    this.pin.write(on ? this.onLevel : 1 - this.onLevel);
  }
}
