import { durationOf, rhythmOf, type Tone, tonesOf } from "../../../src/melodies.ts";
import { OneTimer } from "../../moddable/clock.ts";
import type { Guard, Guards } from "../../moddable/guard.ts";
import type { BoardParts, Sound, Switch } from "../board-parts.ts";

/** How long the light is on for a message of priority 2 or more, in milliseconds. */
const LIGHT_MS = 3_000;

/** How long an alert lasts at most, in milliseconds. The light is on for longer than anything sounds. */
export const ALERT_MS = LIGHT_MS;

/** How long the board vibrates for a message of priority 3 or more, in milliseconds. */
const VIBRATION_MS = 400;

/** How long after its tones the sound is stopped, in milliseconds. The driver has tones in its buffers until then. */
const SOUND_REST_MS = 500;

/**
 * Sound, vibration and light of a board. Each is alone: one that fails does not keep the others from acting. A board that cannot sound
 * vibrates in the rhythm of the melody.
 */
export class Alerter {
  private readonly light: Pulse;
  private readonly vibration: Pulse;
  private readonly makeSound: BoardParts["sound"];
  private readonly soundGuard: Guard;
  private readonly soundTimer: OneTimer;
  private sound: Sound | undefined;

  constructor({ light, vibration, sound }: BoardParts, guards: Guards) {
    this.light = new Pulse(light, LIGHT_MS, guards.of("light"));
    this.vibration = new Pulse(vibration, VIBRATION_MS, guards.of("vibration"));
    this.makeSound = sound;
    this.soundGuard = guards.of("sound");
    this.soundTimer = new OneTimer(this.soundGuard);
  }

  /** @param priority 1 to 5 @param melody the sender's choice, see `tonesOf` */
  alert(priority: number, melody: string | undefined): void {
    const tones = tonesOf(priority, melody);
    if (priority >= 2) this.light.start();
    if (melody !== undefined && !this.makeSound) this.vibration.follow(rhythmOf(tones));
    else if (priority >= 3) this.vibration.start();
    this.soundGuard.run(() => this.play(tones));
  }

  private play(tones: readonly Tone[]): void {
    if (!this.makeSound || tones.length === 0) return;
    this.sound ??= this.makeSound(this.soundGuard);
    this.sound.stop();
    this.soundTimer.set(durationOf(tones) + SOUND_REST_MS, () => this.sound?.stop());
    this.sound.play(tones);
  }
}

/** Switches a part on for a while, or in the rhythm of tones. */
class Pulse {
  private readonly make: (() => Switch) | undefined;
  private readonly durationMs: number;
  private readonly guard: Guard;
  private readonly timer: OneTimer;
  private part: Switch | undefined;

  constructor(make: (() => Switch) | undefined, durationMs: number, guard: Guard) {
    this.make = make;
    this.durationMs = durationMs;
    this.guard = guard;
    this.timer = new OneTimer(guard);
  }

  start(): void {
    this.guard.run(() => {
      this.part ??= this.make?.();
      this.timer.set(this.durationMs, () => this.part?.write(false));
      this.part?.write(true);
    });
  }

  follow(tones: readonly Tone[]): void {
    this.guard.run(() => {
      this.part ??= this.make?.();
      this.step(tones, 0);
    });
  }

  private step(tones: readonly Tone[], at: number): void {
    const tone = tones[at];
    this.part?.write(tone !== undefined && tone.hertz > 0);
    if (tone) this.timer.set(tone.durationMs, () => this.step(tones, at + 1));
  }
}
