import AudioOut from "pins/audioout";
import type { Tone } from "../../../src/melodies.ts";
import type { Sound } from "../board-parts.ts";

/** The driver discards what its buffers hold when its queue is empty. So silence follows the tones, in milliseconds. */
const TAIL_MS = 200;

const AMPLITUDE = 12_000;

/** A speaker behind the SDK's mixer, which makes the tones itself. Its buffers are there only while it sounds. */
export class MixerSpeaker implements Sound {
  private mixer: AudioOut | undefined;

  play(tones: readonly Tone[]): void {
    const mixer = new AudioOut({ streams: 1 });
    this.mixer = mixer;
    const samplesOf = (durationMs: number) => Math.round((mixer.sampleRate * durationMs) / 1_000);
    for (const { hertz, durationMs } of tones) {
      if (hertz === 0) mixer.enqueue(0, AudioOut.Silence, samplesOf(durationMs));
      else mixer.enqueue(0, AudioOut.Tone, hertz, samplesOf(durationMs), AMPLITUDE);
    }
    mixer.enqueue(0, AudioOut.Silence, samplesOf(TAIL_MS));
    mixer.start();
  }

  stop(): void {
    this.mixer?.close();
    this.mixer = undefined;
  }
}
