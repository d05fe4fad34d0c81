import { BUSY_TIMEOUT_MS, PINGRESP_TIMEOUT_MS } from "../limits.ts";
import { IntervalLearner, type LearnedInterval } from "./interval-learner.ts";

/** What a line says of its pings. */
export interface KeepAliveOptions {
  /** Longest time between pings. */
  readonly keepAliveSeconds: number;
  /** Shortest time between pings. Learning begins there. Default: `keepAliveSeconds`, and nothing is learned. */
  readonly keepAliveMinSeconds?: number | undefined;
  /** What was learned of this network before. */
  readonly learnedInterval?: LearnedInterval | undefined;
}

/**
 * When to send a ping (MQTT 3.1.2.10, XEP-0199). A ping after one interval without sending keeps the connection. A ping after one
 * interval without receiving finds a half-open connection. There is no ping while both directions are busy. The interval is learned.
 * It is never longer than what this side or the server has said. The time limit of the answer runs while nothing is read: the answer
 * may stand behind a long message.
 */
export class KeepAlive {
  private readonly minMs: number;
  private readonly maxMs: number;
  private learner: IntervalLearner;
  private intervalMaxMs = 0;
  private sentMs = 0;
  private receivedMs = 0;
  private pingSentMs: number | undefined;
  /** How long nothing had passed in either direction when the ping was sent. */
  private pingIdleMs = 0;

  constructor({ keepAliveSeconds, keepAliveMinSeconds = keepAliveSeconds, learnedInterval }: KeepAliveOptions) {
    this.minMs = keepAliveMinSeconds * 1000;
    this.maxMs = keepAliveSeconds * 1000;
    this.learner = new IntervalLearner(this.minMs, this.maxMs, learnedInterval);
  }

  /** @param learned what is known of the other network */
  handleOtherNetwork(learned: LearnedInterval | undefined): void {
    this.learner = new IntervalLearner(this.minMs, this.maxMs, learned);
  }

  /** What is known of the network. */
  get learned(): LearnedInterval {
    return this.learner.learned;
  }

  /** @param keepAliveSeconds of this connection. The broker waits one and a half of it [MQTT-3.1.2-24]. 0: no pings. */
  handleConnected(keepAliveSeconds: number, nowMs: number): void {
    this.intervalMaxMs = keepAliveSeconds * 1000;
    this.sentMs = nowMs;
    this.receivedMs = nowMs;
    this.pingSentMs = undefined;
  }

  handleSent(nowMs: number): void {
    this.sentMs = nowMs;
  }

  handleReceived(nowMs: number): void {
    this.receivedMs = nowMs;
  }

  handlePingSent(nowMs: number): void {
    if (this.pingSentMs === undefined) this.pingIdleMs = nowMs - Math.max(this.sentMs, this.receivedMs);
    this.pingSentMs ??= nowMs;
    this.sentMs = nowMs;
  }

  /** When the server was heard last. */
  get lastReceivedMs(): number {
    return this.receivedMs;
  }

  /** The answer to a ping is awaited. */
  get isPinging(): boolean {
    return this.pingSentMs !== undefined;
  }

  /** The answer to a ping has come. Returns whether something was learned of the network. */
  handleAnswered(nowMs: number): boolean {
    const isAnswer = this.pingSentMs !== undefined;
    this.pingSentMs = undefined;
    return isAnswer && this.learner.handleAnswered(this.pingIdleMs, nowMs);
  }

  /** The connection has ended. If a ping was out after a whole idle interval, the network may have forgotten the connection. */
  handleEnded(nowMs: number): boolean {
    const isProbe = this.pingSentMs !== undefined && this.pingIdleMs >= this.intervalMs;
    this.pingSentMs = undefined;
    return isProbe && this.learner.handleLost(this.pingIdleMs, nowMs);
  }

  /** When there is something to do. Infinity: never. */
  get deadlineMs(): number {
    return Math.min(this.pingDueMs, this.overdueMs);
  }

  /** When the next ping is due. One may be out already, behind a long message. Infinity: never. */
  get pingDueMs(): number {
    if (this.intervalMaxMs === 0) return Number.POSITIVE_INFINITY;
    const idleSinceMs = this.pingSentMs === undefined ? Math.min(this.sentMs, this.receivedMs) : this.sentMs;
    return idleSinceMs + this.intervalMs;
  }

  /** Whether the server was heard within the interval. Then nothing but this side's silence is to be broken. */
  isHeard(nowMs: number): boolean {
    return nowMs - this.receivedMs < this.intervalMs;
  }

  /** When the answer to a ping is overdue. Infinity: none is awaited. */
  get overdueMs(): number {
    const sentMs = this.pingSentMs;
    if (sentMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.min(Math.max(sentMs, this.receivedMs) + PINGRESP_TIMEOUT_MS, sentMs + BUSY_TIMEOUT_MS);
  }

  /** A client that asked for no pings learns nothing. What the server says holds then. */
  private get intervalMs(): number {
    return Math.min(this.learner.intervalMs || this.intervalMaxMs, this.intervalMaxMs);
  }
}
