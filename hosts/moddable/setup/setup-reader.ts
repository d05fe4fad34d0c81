/**
 * Finds frames of Improv and lines with a set-up code in what comes over a serial line. Everything else is noise: it is passed over,
 * also when it stands right before a frame.
 */
import { FRAME_HEAD_BYTES, FRAME_START, isSumRight } from "./improv.ts";

export type SetupInput =
  /** A whole frame. The bytes are valid until the next call. */
  | { readonly kind: "frame"; readonly type: number; readonly data: Uint8Array }
  | { readonly kind: "wrong sum" }
  /** A line that begins like a set-up code, without its end. */
  | { readonly kind: "code"; readonly line: Uint8Array }
  | { readonly kind: "code too long" };

/** The rest of a frame comes within this time, in milliseconds. Else bytes were lost. */
const FRAME_MS = 1_000;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What a line begins with that may be a set-up code: `FP`, as capitals. */
const CODE_START: readonly number[] = Object.freeze([0x46, 0x50]);

export class SetupReader {
  private readonly lineBytesMax: number;
  private readonly emit: (input: SetupInput) => void;
  /** The bytes of a frame so far. Whole, a frame has at most 265. */
  private readonly frame = new Uint8Array(FRAME_HEAD_BYTES + 255 + 1);
  private frameLength = 0;
  private frameMs = 0;
  /** The current line, as long as it may be a code. */
  private line = new Uint8Array(0);
  private lineLength = 0;
  /** The current line cannot be a code any more. */
  private isOtherLine = false;

  /** @param lineBytesMax longest line that is kept */
  constructor(lineBytesMax: number, emit: (input: SetupInput) => void) {
    this.lineBytesMax = lineBytesMax;
    this.emit = emit;
  }

  /** Whether a frame or a code has begun, so that more bytes are on their way. */
  get isInside(): boolean {
    return this.frameLength >= FRAME_START.length || this.lineLength >= CODE_START.length;
  }

  handleBytes(bytes: Uint8Array, nowMs: number): void {
    if (this.frameLength > 0 && nowMs - this.frameMs > FRAME_MS) this.frameLength = 0;
    this.frameMs = nowMs;
    for (let at = 0; at < bytes.length; at += 1) this.handleByte(bytes[at] as number);
  }

  private handleByte(byte: number): void {
    const isInFrame = this.frameLength >= FRAME_START.length;
    this.frame[this.frameLength] = byte;
    this.frameLength += 1;
    if (isInFrame) {
      this.takeFrames();
      return;
    }
    this.addToLine(byte);
    if (byte !== FRAME_START[this.frameLength - 1]) this.dropUntilStart(1);
    else if (this.frameLength === FRAME_START.length) this.endLine();
  }

  /** Takes what is whole of a frame. After a wrong sum another one may have begun inside of it, because bytes were lost. */
  private takeFrames(): void {
    const { frame } = this;
    while (this.frameLength >= FRAME_HEAD_BYTES) {
      const length = FRAME_HEAD_BYTES + (frame[FRAME_HEAD_BYTES - 1] as number) + 1;
      if (this.frameLength < length) return;
      const whole = frame.subarray(0, length);
      const isRight = isSumRight(whole);
      if (isRight)
        this.emit({ kind: "frame", type: whole[7] as number, data: whole.subarray(FRAME_HEAD_BYTES, length - 1) });
      else this.emit({ kind: "wrong sum" });
      this.dropUntilStart(isRight ? length : 1);
    }
  }

  /** Keeps only what is the beginning of a frame, from this byte on. */
  private dropUntilStart(from: number): void {
    const { frame } = this;
    let start = from;
    while (start < this.frameLength && !this.isStart(start)) start += 1;
    frame.copyWithin(0, start, this.frameLength);
    this.frameLength -= start;
  }

  private isStart(from: number): boolean {
    const length = Math.min(FRAME_START.length, this.frameLength - from);
    for (let at = 0; at < length; at += 1) if (this.frame[from + at] !== FRAME_START[at]) return false;
    return true;
  }

  private addToLine(byte: number): void {
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      const line = this.line.subarray(0, this.lineLength);
      const isCode = this.lineLength > CODE_START.length;
      this.endLine();
      if (isCode) this.emit({ kind: "code", line });
      return;
    }
    if (this.isOtherLine) return;
    const length = this.lineLength;
    // Before the code blanks and NUL may stand.
    if (length === 0 && byte <= 0x20) return;
    if (length < CODE_START.length && (byte & 0xdf) !== CODE_START[length]) {
      this.endLine();
      this.isOtherLine = true;
      return;
    }
    if (length === this.lineBytesMax) {
      this.endLine();
      this.isOtherLine = true;
      this.emit({ kind: "code too long" });
      return;
    }
    if (length === this.line.length) {
      const longer = new Uint8Array(Math.min(this.lineBytesMax, Math.max(256, 2 * length)));
      longer.set(this.line);
      this.line = longer;
    }
    this.line[length] = byte;
    this.lineLength = length + 1;
  }

  private endLine(): void {
    this.lineLength = 0;
    this.line = new Uint8Array(0);
    this.isOtherLine = false;
  }
}
