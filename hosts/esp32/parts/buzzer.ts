import PWM from "embedded:io/pwm";
import type { Guard } from "../../moddable/guard.ts";
import { TonePlayer } from "./tone-player.ts";

/** Half of the driver's 10 bits. */
const HALF_DUTY = 512;

/** A buzzer without an oscillator of its own on a pin. */
export class Buzzer extends TonePlayer {
  private readonly pin: number;
  private wave: PWM | undefined;

  constructor(pin: number, guard: Guard) {
    super(guard);
    this.pin = pin;
  }

  protected start(hertz: number): void {
    this.wave = new PWM({ pin: this.pin, hz: hertz });
    this.wave.write(HALF_DUTY);
  }

  protected silence(): void {
    this.wave?.close();
    this.wave = undefined;
  }
}
