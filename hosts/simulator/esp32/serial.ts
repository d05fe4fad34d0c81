/**
 * Replaces the SDK's driver of a UART, with its buffers of 128 bytes and its rate. It traces lines as text, and all that is written in
 * hexadecimal digits. The line of input `serial` and digits is what comes over the line.
 */
import Timer from "timer";
import type { SimulatedBoard } from "./board-script.ts";

type SerialOptions = ConstructorParameters<typeof import("embedded:io/serial").default>[0];

const ROOM_BYTES = 128;
const BITS_PER_BYTE = 10;

/** The driver tells of bytes when no more have come for about as long, in milliseconds. */
const TOLD_MS = 2;

/** Read on each call. The linker runs this module too, with another global object. */
const simulatedBoard = () => (globalThis as unknown as { simulatedBoard: SimulatedBoard }).simulatedBoard;
const computerMs = () => simulatedBoard().computerMs();

class Serial {
  private readonly bytesPerMs: number;
  private readonly onReadable: ((count: number) => void) | undefined;
  private room = ROOM_BYTES;
  private lastMs = computerMs();
  private line = "";
  /** On its way to the board since `comingMs`. */
  private coming: number[] = [];
  private comingMs = 0;
  private received: number[] = [];

  constructor(options: SerialOptions) {
    if (options.port !== 0) throw new Error("invalid port");
    this.bytesPerMs = options.baud / BITS_PER_BYTE / 1000;
    this.onReadable = options.onReadable;
    if (options.receive !== undefined) simulatedBoard().commands.set("serial", ([hex = ""]) => this.come(hex));
  }

  read(buffer: Uint8Array): number | undefined {
    if (simulatedBoard().isBroken("serial")) throw new Error("UART: timeout");
    this.receive();
    const count = Math.min(buffer.length, this.received.length);
    if (count === 0) return undefined;
    buffer.set(this.received.splice(0, count));
    return count;
  }

  write(bytes: Uint8Array): void {
    const nowMs = computerMs();
    this.room = Math.min(ROOM_BYTES, this.room + (nowMs - this.lastMs) * this.bytesPerMs);
    this.lastMs = nowMs;
    if (bytes.length > this.room) throw new Error("output full");
    this.room -= bytes.length;
    trace(`serial bytes: ${toHex(bytes)}\n`);
    this.line += String.fromCharCode(...bytes);
    const end = this.line.indexOf("\r\n");
    if (end < 0) return;
    // Frames end with a line feed alone.
    trace(`serial: ${this.line.slice(this.line.lastIndexOf("\n", end - 1) + 1, end)}\n`);
    this.line = this.line.slice(end + 2);
  }

  private come(hex: string): void {
    this.receive();
    if (this.coming.length === 0) this.comingMs = computerMs();
    for (let at = 0; at < hex.length; at += 2) this.coming.push(Number.parseInt(hex.slice(at, at + 2), 16));
    this.tellLater();
  }

  /** Takes what has come by now. What finds no room is lost. */
  private receive(): void {
    const count = Math.min(this.coming.length, Math.floor((computerMs() - this.comingMs) * this.bytesPerMs));
    this.comingMs += count / this.bytesPerMs;
    for (const byte of this.coming.splice(0, count)) if (this.received.length < ROOM_BYTES) this.received.push(byte);
  }

  private tellLater(): void {
    Timer.set(() => {
      this.receive();
      if (this.received.length > 0) this.onReadable?.(this.received.length);
      if (this.coming.length > 0) this.tellLater();
    }, TOLD_MS);
  }
}

function toHex(bytes: Uint8Array): string {
  let digits = "";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return digits;
}

export default Serial;
