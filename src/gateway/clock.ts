/**
 * The time of day that is believed. The host's clock may be wrong for a while: set from one wrong answer to the year 2036, or lost.
 * The time that has passed is known without it. So a jump of more than a day is doubted, and the former time goes on, until the
 * clock has stood by it for a while. What is not between 2020 and 2106 is no time at all.
 */
import { CLOCK_DOUBT_MS, CLOCK_JUMP_SECONDS_MAX, CLOCK_SECONDS_MIN } from "../limits.ts";
import type { WallClock } from "../seams.ts";

export class Clock {
  private readonly wallClock: WallClock;
  private nowMs = 0;
  /** How far the time that is believed is ahead of the time that has passed, in seconds; undefined: it is not known. */
  private offset: number | undefined;
  /** The same of a time that is doubted, and since when. */
  private doubtedOffset: number | undefined;
  private doubtedMs = 0;

  constructor(wallClock: WallClock) {
    this.wallClock = wallClock;
  }

  /** Time has passed. To be called before the time of day is asked for. */
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

  /** Seconds since 1970, or undefined while they are not known. */
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

/** 32 bits of the wire end in 2106. */
function plausible(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= CLOCK_SECONDS_MIN && seconds < 0xffff_ffff ? seconds : undefined;
}
