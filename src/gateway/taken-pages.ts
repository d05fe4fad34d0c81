/**
 * The pages without a name that were taken on this session, by packet identifier. The same payload is a new page, except when
 * this same PUBLISH comes again. DUP alone does not prove a repeat: the broker also sets it when the first transmission never
 * arrived. It is a repeat when the page arrived on this connection, or when its answer never left on a former connection. When
 * in doubt, it is a new page: to show a page twice does less harm than to lose one.
 */
import { RECEIVE_MAX } from "../limits.ts";

interface TakenPage {
  /** Sequence in the inbox. */
  readonly sequence: number;
  /** The host has taken the bytes of the answer. */
  isAnswered: boolean;
}

export class TakenPages {
  private readonly pages = new Map<number, TakenPage>();
  /** Packet identifiers whose answers the host has not taken yet. */
  private readonly unanswered: number[] = [];

  /** Returns the sequence of the page that came with this packet identifier, or undefined. */
  find(packetIdentifier: number): number | undefined {
    return this.pages.get(packetIdentifier)?.sequence;
  }

  /** A page was taken, or has come again. */
  add(packetIdentifier: number, sequence: number): void {
    this.pages.delete(packetIdentifier);
    this.pages.set(packetIdentifier, { sequence, isAnswered: false });
    this.unanswered.push(packetIdentifier);
    const [oldest] = this.pages.keys();
    if (this.pages.size > RECEIVE_MAX && oldest !== undefined) this.pages.delete(oldest);
  }

  /** Another message came with this packet identifier, so the broker has got the former answer. */
  remove(packetIdentifier: number): void {
    this.pages.delete(packetIdentifier);
  }

  /** The host has taken all bytes that waited. */
  handleSent(): void {
    for (const packetIdentifier of this.unanswered) {
      const page = this.pages.get(packetIdentifier);
      if (page) page.isAnswered = true;
    }
    this.unanswered.length = 0;
  }

  handleClosed(): void {
    this.unanswered.length = 0;
    for (const [packetIdentifier, { isAnswered }] of this.pages) if (isAnswered) this.pages.delete(packetIdentifier);
  }

  /** A new session knows no former packet identifier. */
  handleConnected(sessionPresent: boolean): void {
    if (!sessionPresent) this.pages.clear();
  }

  handleBrokerChanged(): void {
    this.pages.clear();
  }
}
