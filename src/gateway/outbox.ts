/**
 * What waits to be published. The outbox itself queues nothing. Each source keeps its own messages, within its own limits. The
 * outbox asks it for the next message when the session can take one. Earlier sources go first.
 */
import type { Line } from "./line.ts";

export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** The session has the message and sends it again after a reconnect. The source goes on to its next message. */
  handleSent(): void;
  /** QoS 1: the broker has taken the message. With `problem`: it will never take it, and this is why. */
  handleTaken?(problem?: string): void;
}

export interface OutgoingSource {
  /** Returns the next message and does not remove it. undefined where there is none. */
  next(nowMs: number): Outgoing | undefined;
}

export class Outbox {
  private readonly session: Line;
  private readonly sources: readonly OutgoingSource[];
  private readonly sent = new Map<number, Outgoing>();
  private readonly counters: { sent: number };

  constructor(session: Line, sources: readonly OutgoingSource[], counters: { sent: number }) {
    this.session = session;
    this.sources = sources;
    this.counters = counters;
  }

  /** Whether no source has a message now. Those that are on their way do not count. */
  isEmpty(nowMs: number): boolean {
    return this.sources.every((source) => source.next(nowMs) === undefined);
  }

  /** Publishes as much as the session can take now. */
  pump(nowMs: number): void {
    if (!this.session.isConnected) return;
    for (const source of this.sources) {
      for (let outgoing = source.next(nowMs); outgoing; outgoing = source.next(nowMs)) {
        const { topic, payload, qos, retain } = outgoing;
        if (!this.session.canPublish(topic, payload.length, qos)) return;
        const token = this.session.publish({ topic, payload, qos, retain }, nowMs);
        if (token === undefined) return;
        if (token > 0) this.sent.set(token, outgoing);
        this.counters.sent += 1;
        outgoing.handleSent();
      }
    }
  }

  /** The broker has taken the message with this token. With `problem`: it will never take it. */
  handleTaken(token: number, problem?: string): void {
    const outgoing = this.sent.get(token);
    this.sent.delete(token);
    outgoing?.handleTaken?.(problem);
  }
}
