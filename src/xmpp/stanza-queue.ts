/**
 * Stanzas that leave, in order. Each stays until the server has it: with stream management (XEP-0198) until its acknowledgement, else
 * until a ping that was sent after it is answered, because a server takes stanzas in order (RFC 6120, 10.1). Without stream management
 * an answer of ours is forgotten when it has left.
 */
import type { ByteWriter } from "../bytes.ts";
import { ANSWERS_MAX, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX } from "../limits.ts";
import { utf8Length } from "../utf8.ts";
import { StreamError } from "./stream-error.ts";

interface Entry {
  readonly text: string;
  readonly bytes: number;
  /** 0: an answer or a ping, which nobody waits for. */
  readonly token: number;
  /** It holds for one stream alone: a presence. */
  readonly isOfStream: boolean;
}

export class StanzaQueue {
  private readonly entries: Entry[] = [];
  private bytes = 0;
  /** So many of them were sent on this stream, or on the one that is to be resumed. */
  private sent = 0;
  /** How many stanzas the server has acknowledged, modulo 2^32. */
  private acknowledged = 0;
  private nextToken = 1;
  /** Stream management counts the stanzas. */
  isCounting = false;

  /** Stanzas that somebody waits for. */
  get count(): number {
    return this.entries.reduce((count, { token }) => count + (token > 0 ? 1 : 0), 0);
  }

  get byteCount(): number {
    return this.bytes;
  }

  get sentCount(): number {
    return this.sent;
  }

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Returns the token of the stanza, or undefined where there is no room for it. */
  add(text: string, isOfStream: boolean): number | undefined {
    const bytes = utf8Length(text);
    if (this.entries.length >= OUTBOX_MESSAGES_MAX || this.bytes + bytes > OUTBOX_BYTES_MAX) return undefined;
    const token = this.nextToken;
    this.nextToken += 1;
    this.push({ text, bytes, token, isOfStream });
    return token;
  }

  /** An answer or a ping. Throws a `StreamError` where the server asks on and on and acknowledges nothing. */
  addAnswer(text: string): void {
    if (this.entries.length >= OUTBOX_MESSAGES_MAX + ANSWERS_MAX || this.bytes >= 2 * OUTBOX_BYTES_MAX)
      throw new StreamError("policy-violation", `more than ${ANSWERS_MAX} answers without an acknowledgement`);
    this.push({ text, bytes: utf8Length(text), token: 0, isOfStream: true });
  }

  /** Writes as many as there is room for. */
  flush(transmit: ByteWriter): void {
    for (let entry = this.entries[this.sent]; entry && entry.bytes <= transmit.free; entry = this.entries[this.sent]) {
      transmit.text(entry.text);
      if (this.isCounting || entry.token > 0) this.sent += 1;
      else this.remove(this.sent);
    }
  }

  /** Whether nothing waits to be written. */
  get isFlushed(): boolean {
    return this.sent === this.entries.length;
  }

  /** The server has handled so many stanzas of this stream, modulo 2^32. Returns the tokens of those that are new. Throws a `StreamError`. */
  handleAcknowledged(handled: number): readonly number[] {
    const count = (handled - this.acknowledged) >>> 0;
    if (!(count <= this.sent)) throw new StreamError("undefined-condition", "more acknowledged than was sent");
    this.acknowledged = handled;
    return this.take(count);
  }

  /** The server has the first so many. Returns their tokens. */
  take(count: number): readonly number[] {
    const tokens: number[] = [];
    for (let left = Math.min(count, this.sent); left > 0; left -= 1) {
      const { token } = this.remove(0);
      this.sent -= 1;
      if (token > 0) tokens.push(token);
    }
    return tokens;
  }

  /** The stream goes on. The server has handled so many stanzas of it. What it has not comes again. */
  handleResumed(handled: number): readonly number[] {
    const tokens = this.handleAcknowledged(handled);
    this.sent = 0;
    return tokens;
  }

  /** A new stream. Messages are sent again. Returns the tokens of what held for the former stream alone. */
  handleNewStream(isCounting: boolean): readonly number[] {
    this.isCounting = isCounting;
    this.acknowledged = 0;
    this.sent = 0;
    const tokens: number[] = [];
    for (let index = this.entries.length - 1; index >= 0; index -= 1) {
      if (!this.entries[index]?.isOfStream) continue;
      const { token } = this.remove(index);
      if (token > 0) tokens.unshift(token);
    }
    return tokens;
  }

  private push(entry: Entry): void {
    this.entries.push(entry);
    this.bytes += entry.bytes;
  }

  private remove(index: number): Entry {
    const [entry] = this.entries.splice(index, 1) as [Entry];
    this.bytes -= entry.bytes;
    return entry;
  }
}
