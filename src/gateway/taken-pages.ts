/**
 * Which pages without a name were taken on this session, by packet identifier. The same words again are another page, but for
 * this very PUBLISH, sent again. DUP alone does not prove that: it is also set where the first transmission never came. It is the
 * same where it has come on this connection, or where the answer never left on a former one. In doubt it is another page, since
 * to show one twice does less harm than to lose one.
 */
import { RECEIVE_MAX } from "../limits.ts";

interface TakenPage {
  /** In the inbox. */
  readonly sequence: number;
  /** The host has taken the bytes of its answer. */
  isAnswered: boolean;
}

export class TakenPages {
  private readonly pages = new Map<number, TakenPage>();
  /** Packet identifiers whose answers wait for the host to take them. */
  private readonly unanswered: number[] = [];

  /** The sequence of the page that came with this packet identifier, or undefined. */
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

  /** Another message has come with this packet identifier: the broker has had the answer. */
  remove(packetIdentifier: number): void {
    this.pages.delete(packetIdentifier);
  }

  /** The host has taken all that was to be sent. */
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

  /** A session that begins with nothing knows no former packet identifier. */
  handleConnected(sessionPresent: boolean): void {
    if (!sessionPresent) this.pages.clear();
  }

  handleBrokerChanged(): void {
    this.pages.clear();
  }
}
