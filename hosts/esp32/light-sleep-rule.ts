/**
 * Whether a chip that is always on may stop its clocks between two events. What needs the clocks keeps it awake: a light whose brightness
 * is a wave, what sounds, and a serial line over which something comes.
 */

/** How often a chip in light sleep looks at what cannot wake it, buttons and a touch panel. In milliseconds. */
export const LOOK_MS = 60;

/** What comes over a serial line is followed by more: a person types, or a page asks. In milliseconds. */
const LINE_MS = 60_000;

export class LightSleepRule {
  private isLit: boolean;
  private awakeUntilMs = 0;

  constructor(isLit: boolean) {
    this.isLit = isLit;
  }

  /** The light behind the screen is on, or off. */
  handleLight(isLit: boolean): void {
    this.isLit = isLit;
  }

  /** An alert begins that sounds, shines or vibrates for so long. */
  handleAlert(durationMs: number, nowMs: number): void {
    this.stayAwake(nowMs + durationMs);
  }

  /** Something has come over the serial line. */
  handleLine(nowMs: number): void {
    this.stayAwake(nowMs + LINE_MS);
  }

  isAllowed(nowMs: number): boolean {
    return !this.isLit && nowMs >= this.awakeUntilMs;
  }

  /** When to ask again. undefined: only after the next event. */
  timeoutMs(nowMs: number): number | undefined {
    return nowMs < this.awakeUntilMs ? this.awakeUntilMs : undefined;
  }

  private stayAwake(untilMs: number): void {
    this.awakeUntilMs = Math.max(this.awakeUntilMs, untilMs);
  }
}
