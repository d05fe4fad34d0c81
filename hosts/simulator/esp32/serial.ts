/** Replaces the SDK's driver of a UART, with its buffer of 128 bytes. It traces the output line by line. */
import type { SimulatedBoard } from "./board-script.ts";

const ROOM_BYTES = 128;
const BITS_PER_BYTE = 10;

/** Read on each call. The linker runs this module too, with another global object. */
const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;
const computerMs = () => simulatedBoard().computerMs();

class Serial {
  private readonly bytesPerMs: number;
  private room = ROOM_BYTES;
  private lastMs = computerMs();
  private line = "";

  constructor(options: { transmit: number; baud: number; port: number }) {
    if (options.port !== 0) throw new Error("invalid port");
    this.bytesPerMs = options.baud / BITS_PER_BYTE / 1000;
  }

  write(bytes: Uint8Array): void {
    const nowMs = computerMs();
    this.room = Math.min(ROOM_BYTES, this.room + (nowMs - this.lastMs) * this.bytesPerMs);
    this.lastMs = nowMs;
    if (bytes.length > this.room) throw new Error("output full");
    this.room -= bytes.length;
    this.line += String.fromCharCode(...bytes);
    const end = this.line.indexOf("\r\n");
    if (end < 0) return;
    trace(`serial: ${this.line.slice(0, end)}\n`);
    this.line = this.line.slice(end + 2);
  }
}

export default Serial;
