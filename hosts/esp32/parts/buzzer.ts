import PWM from "embedded:io/pwm";
import { OneTimer } from "../../moddable/clock.ts";
import type { Guard } from "../../moddable/guard.ts";
import type { Sound, Tone } from "../board-parts.ts";

/** Half of the driver's 10 bits. */
const HALF_DUTY = 512;

/** A buzzer without an oscillator of its own on a pin. */
export class Buzzer implements Sound {
  private readonly pin: number;
  private readonly timer: OneTimer;
  private wave: PWM | undefined;

  constructor(pin: number, guard: Guard) {
    this.pin = pin;
    this.timer = new OneTimer(guard);
  }

  play(tones: readonly Tone[]): void {
    this.playFrom(tones, 0);
  }

  stop(): void {
    this.timer.set(undefined, () => {});
    this.wave?.close();
    this.wave = undefined;
  }

  private playFrom(tones: readonly Tone[], at: number): void {
    this.stop();
    const tone = tones[at];
    if (!tone) return;
    const { hertz, durationMs } = tone;
    this.timer.set(durationMs, () => this.playFrom(tones, at + 1));
    if (hertz === 0) return;
    this.wave = new PWM({ pin: this.pin, hz: hertz });
    this.wave.write(HALF_DUTY);
  }
}
