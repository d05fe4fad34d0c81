import AudioOut from "embedded:io/audio/out";
import type { Tone } from "../../../src/melodies.ts";
import type { Guard } from "../../moddable/guard.ts";
import type { Sound } from "../board-parts.ts";

const AMPLITUDE = 6_000;

/** Samples are made in pieces of this many. */
const PIECE_SAMPLES = 256;

/** A speaker that takes samples of 16 bits. It gets square waves. */
export class SampleSpeaker implements Sound {
  private readonly guard: Guard;
  private output: AudioOut | undefined;
  private readonly piece = new Int16Array(PIECE_SAMPLES);
  private tones: readonly Tone[] = [];
  /** The tone that is written now, and how many of its samples were written. */
  private at = 0;
  private written = 0;

  constructor(guard: Guard) {
    this.guard = guard;
  }

  play(tones: readonly Tone[]): void {
    this.tones = tones;
    this.at = this.written = 0;
    const output = new AudioOut({ onWritable: (bytes) => this.guard.run(() => this.fill(output, bytes)) });
    this.output = output;
    output.start();
  }

  stop(): void {
    this.output?.close();
    this.output = undefined;
  }

  /** Writes at most `bytes`. After the tones it writes nothing more, and the driver plays silence. */
  private fill(output: AudioOut, bytes: number): void {
    let room = bytes >> 1;
    while (room > 0 && this.output === output) {
      const count = this.makePiece(output.sampleRate, Math.min(room, PIECE_SAMPLES));
      if (count === 0) return;
      output.write(this.piece.subarray(0, count));
      room -= count;
    }
  }

  /** Makes the next samples and returns how many they are; 0 after the last tone. */
  private makePiece(sampleRate: number, samplesMax: number): number {
    const tone = this.tones[this.at];
    if (!tone) return 0;
    const total = Math.round((sampleRate * tone.durationMs) / 1_000);
    const count = Math.min(samplesMax, total - this.written);
    const half = tone.hertz === 0 ? 0 : Math.round(sampleRate / (2 * tone.hertz));
    for (let index = 0; index < count; index += 1) {
      const isHigh = half > 0 && Math.floor((this.written + index) / half) % 2 === 0;
      this.piece[index] = half === 0 ? 0 : isHigh ? AMPLITUDE : -AMPLITUDE;
    }
    this.written += count;
    if (this.written === total) {
      this.at += 1;
      this.written = 0;
    }
    return count;
  }
}
