/** Stands in for the SDK's `pins/audioout`. It traces what would be heard. */
import type { SimulatedBoard } from "./board-script.ts";

const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;

const SAMPLE_RATE = 11_025;
const QUEUE_LENGTH = 8;

class AudioOut {
  static readonly Tone = 6;
  static readonly Silence = 7;
  readonly sampleRate = SAMPLE_RATE;
  private readonly queue: string[] = [];

  constructor(options: { streams: number }) {
    if (options.streams > 4) throw new Error("invalid streams");
  }

  enqueue(stream: number, kind: number, value: number, samples = -1, amplitude = 0): void {
    if (stream !== 0) throw new Error("invalid stream");
    if (this.queue.length === QUEUE_LENGTH) throw new Error("queue full");
    if (kind === AudioOut.Tone && (value < 10 || samples < 0 || amplitude > 32_767)) throw new Error("invalid tone");
    if (kind === AudioOut.Silence) this.queue.push(`silence ${value}`);
    else this.queue.push(`${value} Hz ${samples}`);
  }

  start(): void {
    if (simulatedBoard().isBroken("sound")) throw new Error("I2S: no memory");
    trace(`sound: ${this.queue.join(", ")}\n`);
  }

  close(): void {
    trace("sound ended\n");
  }
}

export default AudioOut;
