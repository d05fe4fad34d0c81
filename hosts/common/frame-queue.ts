/**
 * Frames of a WebSocket on their way to the gateway. A WebSocket gives them whether they are wanted or not: in a page nothing
 * stops it, and on Node those that have come in one piece follow each other. While nobody reads they wait here, and the end of
 * the connection waits behind them.
 */
import type { TransportHandlers } from "../runner.ts";

/** Bytes that may wait. With more the connection is ended: the broker sends again what was not acknowledged. */
const FRAMES_BYTES_MAX = 1_048_576;

/** Why it is ended then. */
export const TOO_MUCH = `more than ${FRAMES_BYTES_MAX} bytes came that could not be taken yet`;

export class FrameQueue {
  private readonly handlers: Pick<TransportHandlers, "onBytes" | "onClosed">;
  private readonly frames: Uint8Array[] = [];
  private bytes = 0;
  private isPaused = false;
  /** What `onClosed` is told once all frames are. */
  private ending: { readonly reason: string; readonly isRefusal: boolean } | undefined;

  constructor(handlers: Pick<TransportHandlers, "onBytes" | "onClosed">) {
    this.handlers = handlers;
  }

  /** False where it has no room: the connection is to be ended. */
  add(frame: Uint8Array): boolean {
    if (this.isPaused && this.bytes + frame.length > FRAMES_BYTES_MAX) return false;
    this.frames.push(frame);
    this.bytes += frame.length;
    this.flush();
    return true;
  }

  /** The connection has ended. */
  finish(reason: string, isRefusal = false): void {
    this.ending = { reason, isRefusal };
    this.flush();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    setTimeout(() => this.flush());
  }

  /** This side has ended the connection: nothing is told any more. */
  discard(): void {
    this.frames.length = 0;
    this.ending = undefined;
  }

  private flush(): void {
    // Whoever gets a frame may have enough of them.
    while (!this.isPaused) {
      const frame = this.frames.shift();
      if (!frame) break;
      this.bytes -= frame.length;
      this.handlers.onBytes(frame);
    }
    const ending = this.ending;
    if (this.isPaused || !ending) return;
    this.ending = undefined;
    this.handlers.onClosed(ending.reason, ending.isRefusal);
  }
}
