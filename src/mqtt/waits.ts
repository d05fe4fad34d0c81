/**
 * What a connection waits for: answers of the broker, PINGRESP, the application. When an answer is overdue, a ping is sent. If only
 * the ping is answered, the broker is silent. If nothing is answered, the link is dead.
 */
import type { ByteWriter } from "../bytes.ts";
import { KeepAlive } from "../connection/keep-alive.ts";
import { PINGRESP_TIMEOUT_MS, STABLE_MS } from "../limits.ts";
import type { Decoder } from "./decoder.ts";
import { writePingreq } from "./encoder.ts";
import type { Exchange } from "./exchange.ts";
import type { SessionOptions } from "./session-types.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { ANSWER, AUTH, EXPIRY, KEEP_ALIVE, newTimers, RESUBSCRIBE, STABLE, SUBACK, TAKE } from "./timers.ts";

export class Waits {
  readonly timers = newTimers();
  readonly keepAlive: KeepAlive;
  private readonly options: SessionOptions;
  private readonly exchange: Exchange;
  private readonly subscriptions: Subscriptions;
  private readonly decoder: Decoder;
  private readonly transmit: ByteWriter;
  /** The answer that is overdue while a PINGRESP is awaited. Any other packet may be the answer, and clears it. */
  missed: string | undefined;

  constructor(
    options: SessionOptions,
    exchange: Exchange,
    subscriptions: Subscriptions,
    decoder: Decoder,
    transmit: ByteWriter,
  ) {
    this.options = options;
    this.keepAlive = new KeepAlive(options);
    this.exchange = exchange;
    this.subscriptions = subscriptions;
    this.decoder = decoder;
    this.transmit = transmit;
  }

  /** CONNACK has come. @param keepAliveSeconds what holds on this connection */
  handleConnected(keepAliveSeconds: number, nowMs: number): void {
    this.keepAlive.handleConnected(keepAliveSeconds, nowMs);
    this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
    this.timers.set(STABLE, nowMs + STABLE_MS);
  }

  /** PINGRESP has come. Returns what a silent broker has not answered, or undefined. */
  handlePingresp(nowMs: number): string | undefined {
    this.timers.set(KEEP_ALIVE, this.keepAlive.deadlineMs);
    this.exchange.trial.handlePingresp(nowMs);
    return this.missed;
  }

  /** The connection has ended. */
  handleClosed(): void {
    this.missed = undefined;
    this.timers.clearAll();
  }

  /** Sets the timers of what is owed and of what expires. */
  watch(nowMs: number): void {
    const timers = this.timers;
    const exchange = this.exchange;
    const subscriptions = this.subscriptions;
    // What was handed in and not looked at may hold the answer.
    const readMs = this.decoder.isEmpty ? this.keepAlive.lastReceivedMs : nowMs;
    const isMissed = this.missed !== undefined;
    timers.watch(SUBACK, isMissed ? undefined : subscriptions.out?.sentMs, readMs);
    timers.watch(AUTH, this.options.authentication?.awaitedSinceMs, readMs);
    timers.watch(ANSWER, isMissed ? undefined : exchange.outbound.oldestSentMs, readMs);
    timers.watch(TAKE, exchange.inbound.oldestMs);
    timers.set(EXPIRY, this.options.outboxPolicies?.expiryMs(exchange.outbound));
    timers.set(RESUBSCRIBE, subscriptions.retryMs);
    if (exchange.writer.limits && exchange.trial.wantsPing && !this.keepAlive.isPinging) this.ping(nowMs);
  }

  /** A deadline has come. Returns why the connection ends then, or undefined. */
  handleDue(due: number, nowMs: number): string | undefined {
    const keepAlive = this.keepAlive;
    const isAnswer = due === SUBACK || due === ANSWER;
    if (due >= SUBACK) this.watch(nowMs);
    if (due >= SUBACK && !this.timers.isDue(due, nowMs)) return undefined;
    if (due === KEEP_ALIVE) {
      // What was handed in and not looked at may hold PINGRESP.
      if (!this.decoder.isEmpty) keepAlive.handleReceived(nowMs);
      if (keepAlive.overdueMs <= nowMs) return `no PINGRESP after ${PINGRESP_TIMEOUT_MS / 1000} s`;
      if (keepAlive.pingDueMs <= nowMs) this.ping(nowMs);
      else this.timers.set(KEEP_ALIVE, keepAlive.deadlineMs);
      return undefined;
    }
    const missed = this.timers.missedAt(due);
    const isQuiet = nowMs - keepAlive.lastReceivedMs >= PINGRESP_TIMEOUT_MS;
    if (missed === undefined || !isAnswer || !isQuiet || this.exchange.sender.isSending) return missed;
    this.missed = missed;
    this.watch(nowMs);
    this.ping(nowMs);
    return undefined;
  }

  /** Sends PINGREQ. Nothing may be written into a message that leaves in pieces. Its own timer watches over it. */
  ping(nowMs: number): void {
    const keepAlive = this.keepAlive;
    if (this.exchange.sender.isSending) {
      this.timers.set(KEEP_ALIVE, nowMs + PINGRESP_TIMEOUT_MS);
      return;
    }
    this.exchange.queue.write(() => writePingreq(this.transmit));
    keepAlive.handlePingSent(nowMs);
    this.timers.set(KEEP_ALIVE, keepAlive.deadlineMs);
  }
}
