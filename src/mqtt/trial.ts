/**
 * What the end of a connection says of what was sent on it. A suspect is sent alone: nothing else is unanswered, and a PINGRESP has
 * just shown that the link works. If the connection ends then, that is the broker's answer. If it ends before the PINGRESP, or
 * without anything unanswered, the link is to blame.
 */
import { UNANSWERED_MS } from "../limits.ts";
import type { Suspects, Unanswered } from "./suspects.ts";

export class Trial {
  readonly suspects: Suspects;
  /** What is on trial: it was sent alone and is not answered. Nothing else may be sent. */
  current: Unanswered | undefined;
  /** When the link last showed that it works. */
  private provenMs = NEVER;
  /** The last message of QoS 0, and when it left. It has no answer. Empty: there is none. Fields of their own take no memory. */
  private lastName = "";
  private lastBytes = 0;
  private lastSentMs = 0;
  /** A PINGRESP is needed before anything else is sent. */
  wantsPing = false;

  constructor(suspects: Suspects) {
    this.suspects = suspects;
  }

  /** A new connection. */
  begin(): void {
    this.current = undefined;
    this.lastName = "";
    this.provenMs = NEVER;
    this.wantsPing = false;
  }

  /**
   * Whether this may be sent now. The trial of a suspect begins then, so it must be sent. @param isIdle nothing is unanswered
   */
  admits(name: string, bytes: number, isIdle: boolean, nowMs: number): boolean {
    if (this.current) return false;
    if (!this.suspects.isOnTrial(name, bytes)) return true;
    if (!isIdle) return false;
    if (this.lastName !== "" || nowMs - this.provenMs >= UNANSWERED_MS) {
      this.wantsPing = true;
      return false;
    }
    this.current = { name, bytes };
    return true;
  }

  /** A message of QoS 0 has left. Its answer is the next PINGRESP. */
  handleUnanswerable(name: string, bytes: number, nowMs: number): void {
    this.acquitLast(nowMs);
    this.lastName = name;
    this.lastBytes = bytes;
    this.lastSentMs = nowMs;
    this.wantsPing ||= this.current !== undefined;
  }

  handleAnswer(name: string, bytes: number, nowMs: number): void {
    this.suspects.acquit(name, bytes);
    this.suspects.save();
    this.provenMs = nowMs;
    if (this.current?.name === name) this.current = undefined;
  }

  handlePingresp(nowMs: number): void {
    const name = this.lastName;
    this.provenMs = nowMs;
    this.wantsPing = false;
    this.lastName = "";
    if (name !== "") this.handleAnswer(name, this.lastBytes, nowMs);
  }

  /**
   * The connection has ended. Returns whether that was the broker's answer on a trial. @param isByBroker this side did not end it, or
   * ended it because the broker does not answer @param unanswered what was sent with QoS 1 and 2, and topic filters
   */
  handleEnded(isByBroker: boolean, unanswered: readonly Unanswered[], nowMs: number): boolean {
    this.acquitLast(nowMs);
    const suspects = this.suspects;
    const current = this.current;
    const name = this.lastName;
    if (isByBroker) {
      const candidates = name === "" ? unanswered : unanswered.concat({ name, bytes: this.lastBytes });
      if (current) suspects.convict(current.name, current.bytes, nowMs);
      else if (this.wantsPing || candidates.length === 0) suspects.doubt();
      else suspects.suspect(candidates);
    }
    this.begin();
    suspects.save();
    return isByBroker && current !== undefined;
  }

  /** A connection that has lasted so long after a message of QoS 0 does not end on it. */
  private acquitLast(nowMs: number): void {
    const name = this.lastName;
    if (name === "" || nowMs - this.lastSentMs < UNANSWERED_MS) return;
    this.lastName = "";
    this.suspects.acquit(name, this.lastBytes);
  }
}

const NEVER = Number.NEGATIVE_INFINITY;
