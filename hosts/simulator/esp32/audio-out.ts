/** Stands in for the SDK's `embedded:io/audio/out`. It traces how many samples it took, and how often they change their sign. */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

const BUFFER_BYTES = 1_536;
const CALL_MS = 10;

class AudioOut {
  readonly sampleRate = 24_000;
  private readonly onWritable: (bytes: number) => void;
  private room = 0;
  private samples = 0;
  private changes = 0;
  private last = 0;
  private isOpen = true;

  constructor(options: { onWritable: (bytes: number) => void }) {
    this.onWritable = options.onWritable;
  }

  start(): void {
    Timer.set(() => this.call(), CALL_MS);
  }

  write(samples: Int16Array): void {
    if (simulatedBoard().isBroken("sound")) throw new Error("I2S: timeout");
    if (samples.byteLength > this.room) throw new Error("insufficient space");
    this.room -= samples.byteLength;
    this.samples += samples.length;
    for (const sample of samples) {
      if (sample !== 0 && Math.sign(sample) !== Math.sign(this.last)) this.changes += 1;
      if (sample !== 0) this.last = sample;
    }
  }

  close(): void {
    this.isOpen = false;
    trace(`sound ended: ${this.samples} samples, ${this.changes} changes\n`);
  }

  private call(): void {
    if (!this.isOpen) return;
    this.room = BUFFER_BYTES;
    this.onWritable(this.room);
    Timer.set(() => this.call(), CALL_MS);
  }
}

export default AudioOut;
