/** Stands in for the SDK's `embedded:io/pwm`. It traces the waves. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

class PWM {
  private static readonly used: number[] = [];
  private readonly pin: number;
  private readonly hz: number;

  constructor(options: { pin: number; hz: number }) {
    if (simulatedBoard().isBroken("sound")) throw new Error("LEDC: no timer");
    if (PWM.used.includes(options.pin)) throw new Error("in use");
    PWM.used.push(options.pin);
    this.pin = options.pin;
    this.hz = options.hz;
  }

  write(duty: number): void {
    if (duty < 0 || duty > 1_023) throw new Error("invalid value");
    trace(`pin ${this.pin}: ${this.hz} Hz\n`);
  }

  close(): void {
    PWM.used.splice(PWM.used.indexOf(this.pin), 1);
    trace(`pin ${this.pin}: quiet\n`);
  }
}

export default PWM;
