import type { Tone } from "../../../src/melodies.ts";
import { OneTimer } from "../../moddable/clock.ts";
import type { Guard } from "../../moddable/guard.ts";
import type { Sound } from "../board-parts.ts";

/** Plays the tones of a pattern on what sounds from a start to a stop. */
export abstract class TonePlayer implements Sound {
  private readonly timer: OneTimer;

  constructor(guard: Guard) {
    this.timer = new OneTimer(guard);
  }

  /** Begins to sound. It is silent at this time. */
  protected abstract start(hertz: number): void;
  /** Is also called when it is silent. */
  protected abstract silence(): void;

  play(tones: readonly Tone[]): void {
    this.playFrom(tones, 0);
  }

  stop(): void {
    this.timer.set(undefined, () => {});
    this.silence();
  }

  private playFrom(tones: readonly Tone[], at: number): void {
    this.stop();
    const tone = tones[at];
    if (!tone) return;
    const { hertz, durationMs } = tone;
    this.timer.set(durationMs, () => this.playFrom(tones, at + 1));
    if (hertz > 0) this.start(hertz);
  }
}
