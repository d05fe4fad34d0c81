/**
 * Stanzas of the server that have come, in order, until all before them are taken. So the count that acknowledges them (XEP-0198) never
 * says of a message that it is here before the application has stored it.
 */
export class Untaken {
  /** How many stanzas of this stream are taken, modulo 2^32. */
  handled = 0;
  private readonly taken: boolean[] = [];
  /** Number of the first of them. Numbers are never used again. */
  private first = 1;
  /** When the first of them came that is not taken. */
  private readonly cameMs: number[] = [];

  get count(): number {
    return this.taken.length;
  }

  /** When the oldest came that is not taken. undefined: there is none. */
  get oldestMs(): number | undefined {
    return this.cameMs[0];
  }

  /** A stanza has come. Returns its number. */
  add(nowMs: number): number {
    this.taken.push(false);
    this.cameMs.push(nowMs);
    return this.first + this.taken.length - 1;
  }

  /** A stanza is taken. Returns whether it was here and not taken. */
  take(number: number): boolean {
    const index = number - this.first;
    if (this.taken[index] !== false) return false;
    this.taken[index] = true;
    while (this.taken[0]) {
      this.taken.shift();
      this.cameMs.shift();
      this.first += 1;
      this.handled = (this.handled + 1) >>> 0;
    }
    return true;
  }

  /** The connection has ended. The server sends again what was not taken. */
  handleClosed(): void {
    this.first += this.taken.length;
    this.taken.length = 0;
    this.cameMs.length = 0;
  }
}
