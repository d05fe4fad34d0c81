/**
 * Decides whether to believe a time server. An answer near the clock is believed. An answer that moves the clock by
 * more than a day, or sets it for the first time, is believed when a second server agrees. An answer from before the
 * firmware was built is never believed.
 */

const DAY_SECONDS = 86_400;

/** How far two answers that agree may differ, in seconds. */
const AGREEMENT_SECONDS = 60;

/** The 32 bits on the wire end here, in the year 2106. */
const END_SECONDS = 0xffff_ffff;

/** `ask`: ask another server now. */
export type Verdict = "believed" | "ask" | "refused";

export class TimeBelief {
  private readonly builtSeconds: number;
  /** The server whose answer waits for a second one, and how far that answer is ahead of the clock. */
  private doubted: { readonly server: string; readonly aheadSeconds: number } | undefined;

  /** @param builtSeconds when the firmware was built, in seconds since 1970 */
  constructor(builtSeconds: number) {
    this.builtSeconds = builtSeconds;
  }

  /** @param clockSeconds what the clock shows; a clock that was never set runs too */
  judge(answerSeconds: number, server: string, clockSeconds: number): Verdict {
    if (!(answerSeconds >= this.builtSeconds && answerSeconds < END_SECONDS)) return "refused";
    const aheadSeconds = answerSeconds - clockSeconds;
    const doubted = this.doubted;
    const isAgreed =
      doubted !== undefined &&
      doubted.server !== server &&
      Math.abs(doubted.aheadSeconds - aheadSeconds) <= AGREEMENT_SECONDS;
    const isSet = clockSeconds >= this.builtSeconds;
    if (isAgreed || (isSet && Math.abs(aheadSeconds) <= DAY_SECONDS)) {
      this.doubted = undefined;
      return "believed";
    }
    this.doubted = { server, aheadSeconds };
    return "ask";
  }
}
