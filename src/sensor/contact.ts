/** A contact at a digital input. It counts as open or closed when it has been so for a while, because contacts bounce. */
export class Contact {
  private readonly steadyMs: number;
  private raw: boolean | undefined;
  private sinceMs = 0;
  /** undefined until it has been steady for the first time. */
  isOpen: boolean | undefined;

  /** @param steadyMs how long it must be steady, in milliseconds */
  constructor(steadyMs: number) {
    this.steadyMs = steadyMs;
  }

  /** What the pin says now. @returns whether it counts as the other one from now on */
  handleSample(isOpen: boolean, nowMs: number): boolean {
    if (isOpen !== this.raw) {
      this.raw = isOpen;
      this.sinceMs = nowMs;
    }
    if (isOpen === this.isOpen || nowMs - this.sinceMs < this.steadyMs) return false;
    this.isOpen = isOpen;
    return true;
  }
}
