/**
 * Which message is on the screen. New messages come onto it one after the other, each for a dwell time at least, so that
 * each has been seen; a backlog goes faster. Then the newest unread one stays until the carrier moves on.
 */
import { DWELL_BACKLOG_MAX } from "../limits.ts";
import type { Inbox } from "./inbox.ts";

export class Viewer {
  readonly #inbox: Inbox;
  readonly #dwellMs: number;
  #current: number | undefined;
  #sinceMs = 0;

  constructor(inbox: Inbox, dwellMs: number) {
    this.#inbox = inbox;
    this.#dwellMs = dwellMs;
    this.#current = inbox.newestUnread();
  }

  /** Sequence of the message that is to be on the screen; undefined: the idle view. */
  get current(): number | undefined {
    return this.#current;
  }

  /** When the next new message takes the screen, or undefined where none waits. */
  get timeoutMs(): number | undefined {
    return this.#inbox.nextUnshown() === undefined || this.#isCurrentUnshown() ? undefined : this.#nextMs;
  }

  /** Brings the next new message onto the screen when its time has come. */
  update(nowMs: number): void {
    if (this.#current !== undefined && !this.#inbox.sequences.includes(this.#current)) this.#current = undefined;
    const next = this.#inbox.nextUnshown();
    if (next === undefined || this.#isCurrentUnshown() || nowMs < this.#nextMs) return;
    this.#show(next, nowMs);
  }

  /** Goes to the next older message, or with `newer` to the next newer one. */
  move(direction: "older" | "newer", nowMs: number): void {
    const { sequences } = this.#inbox;
    const index = this.#current === undefined ? sequences.length : sequences.indexOf(this.#current);
    const next = sequences[direction === "older" ? index - 1 : index + 1];
    if (next !== undefined) this.#show(next, nowMs);
    else if (direction === "newer") this.#show(undefined, nowMs);
  }

  /** Marks the message on the screen as read and goes on to the newest unread one, or home. Throws what the store throws. */
  acknowledge(nowMs: number): void {
    if (this.#current === undefined) {
      this.#show(this.#inbox.newestUnread(), nowMs);
      return;
    }
    try {
      this.#inbox.markRead(this.#current);
    } finally {
      // Also where the store refuses to record it: the carrier has read it and wants to go on.
      this.#show(this.#inbox.newestUnread(), nowMs);
    }
  }

  get #nextMs(): number {
    if (this.#current === undefined || this.#inbox.unshownCount > DWELL_BACKLOG_MAX) return this.#sinceMs;
    return this.#sinceMs + this.#dwellMs;
  }

  #isCurrentUnshown(): boolean {
    return this.#current !== undefined && this.#current === this.#inbox.nextUnshown();
  }

  #show(sequence: number | undefined, nowMs: number): void {
    this.#current = sequence;
    this.#sinceMs = nowMs;
  }
}
