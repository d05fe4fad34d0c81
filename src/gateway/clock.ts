/**
 * The time of day that the device believes. The host's clock may be wrong for a while: a wrong answer may set it to 2036, or it
 * may lose its time. The device knows without it how much time has passed. So it doubts a jump of more than a day, and goes on
 * with the former time. It believes the jump when the clock has kept to it for `CLOCK_DOUBT_MS`. A time outside 2020 to 2106
 * counts as no time.
 */
import { CLOCK_DOUBT_MS, CLOCK_JUMP_SECONDS_MAX, CLOCK_SECONDS_MIN } from "../limits.ts";
import type { WallClock } from "../seams.ts";

export class Clock {
  private readonly wallClock: WallClock;
  private nowMs = 0;
  /** The believed time minus the elapsed time, in seconds. undefined: the time is not known. */
  private offset: number | undefined;
  /** The same difference for a doubted time. `doubtedMs` says since when it is doubted. */
  private doubtedOffset: number | undefined;
  private doubtedMs = 0;

  constructor(wallClock: WallClock) {
    this.wallClock = wallClock;
  }

  /** Reads the host's clock. The caller calls this before it asks for the time of day. */
  update(nowMs: number): void {
    this.nowMs = nowMs;
    const seconds = plausible(this.wallClock());
    if (seconds === undefined) return;
    const offset = seconds - nowMs / 1000;
    if (this.offset === undefined || isNear(offset, this.offset)) this.believe(offset);
    else if (this.doubtedOffset === undefined || !isNear(offset, this.doubtedOffset)) {
      this.doubtedOffset = offset;
      this.doubtedMs = nowMs;
    } else if (nowMs - this.doubtedMs >= CLOCK_DOUBT_MS) this.believe(offset);
  }

  /** Seconds since 1970, or undefined while the time is not known. */
  get seconds(): number | undefined {
    if (this.offset === undefined) return undefined;
    const seconds = plausible(this.wallClock());
    const isBelieved = seconds !== undefined && isNear(seconds - this.nowMs / 1000, this.offset);
    return isBelieved ? seconds : plausible(this.offset + this.nowMs / 1000);
  }

  private believe(offset: number): void {
    this.offset = offset;
    this.doubtedOffset = undefined;
  }
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= CLOCK_JUMP_SECONDS_MAX;
}

/** The wire has 32 bits for a time. They end in 2106. */
function plausible(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= CLOCK_SECONDS_MIN && seconds < 0xffff_ffff ? seconds : undefined;
}
