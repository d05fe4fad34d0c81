/**
 * Whether the answer of a time server is believed. One that is near the clock is. One that moves the clock by more than a day, or
 * sets it for the first time, is believed when a second server says the same; one from before the firmware was made never is.
 */

const DAY_SECONDS = 86_400;

/** How far two answers may differ that say the same, in seconds. */
const AGREEMENT_SECONDS = 60;

/** 32 bits of the wire end here, in the year 2106. */
const END_SECONDS = 0xffff_ffff;

/** `ask`: another server is to be asked now. */
export type Verdict = "believed" | "ask" | "refused";

export class TimeBelief {
  private readonly madeSeconds: number;
  /** The server whose answer waits for another's, and how far that answer is ahead of the clock. */
  private doubted: { readonly server: string; readonly aheadSeconds: number } | undefined;

  /** @param madeSeconds when the firmware was made, in seconds since 1970 */
  constructor(madeSeconds: number) {
    this.madeSeconds = madeSeconds;
  }

  /** @param clockSeconds what the clock shows, also where it was never set: it goes on in between */
  judge(answerSeconds: number, server: string, clockSeconds: number): Verdict {
    if (!(answerSeconds >= this.madeSeconds && answerSeconds < END_SECONDS)) return "refused";
    const aheadSeconds = answerSeconds - clockSeconds;
    const doubted = this.doubted;
    const isAgreed =
      doubted !== undefined &&
      doubted.server !== server &&
      Math.abs(doubted.aheadSeconds - aheadSeconds) <= AGREEMENT_SECONDS;
    const isSet = clockSeconds >= this.madeSeconds;
    if (isAgreed || (isSet && Math.abs(aheadSeconds) <= DAY_SECONDS)) {
      this.doubted = undefined;
      return "believed";
    }
    this.doubted = { server, aheadSeconds };
    return "ask";
  }
}
