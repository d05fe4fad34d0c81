/**
 * What this client wants to hear of, what the broker holds for it, and the one request that is out. A topic filter that the broker
 * refuses costs no other one. It is asked for again later.
 */
import { ByteCounter, type ByteWriter } from "../bytes.ts";
import { ProtocolError, UsageError } from "../errors.ts";
import { PUBLISH_BYTES_MAX, SUBSCRIBE_RETRY_MAX_MS, SUBSCRIBE_RETRY_MS } from "../limits.ts";
import { writeSubscribe, writeUnsubscribe } from "./encoder.ts";
import type { Exchange } from "./exchange.ts";
import type { HeldSubscription, QoS, Suback, Subscription } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { tooLarge } from "./publish-writer.ts";
import { describeReason } from "./reason-codes.ts";
import type { SessionEvent, SessionOptions } from "./session-types.ts";
import { filterName, GIVEN_UP, type Suspects } from "./suspects.ts";
import { isTopicFilter } from "./topic.ts";
import type { Trial } from "./trial.ts";

/** A request that is not answered yet. */
interface Request {
  readonly packetIdentifier: number;
  readonly sentMs: number;
  readonly topicFilters: readonly string[];
  /** What a SUBSCRIBE asks for. Empty: it is an UNSUBSCRIBE. */
  readonly asked: readonly Subscription[];
}

export class Subscriptions {
  /** What the broker may hold for us. */
  held: readonly HeldSubscription[];
  /** The request that is not answered. */
  out: Request | undefined;
  /** The next request waits for a trial: its own, or that of something else. */
  isHeldBack = false;
  /** When what was refused is asked for again. undefined: nothing was. */
  retryMs: number | undefined;
  private readonly exchange: Exchange;
  private readonly suspects: Suspects;
  private readonly trial: Trial;
  private readonly transmit: ByteWriter;
  private readonly tell: (event: SessionEvent) => void;
  wanted: readonly Subscription[];
  /** Topic filters of which nothing more is asked in this round. */
  private passed: string[] = [];
  /** What went wrong in this round, in words. */
  private problems: string[] = [];
  /** This round has something to tell. */
  private isTelling = false;
  private delayMs = SUBSCRIBE_RETRY_MS;

  /** Throws a `UsageError` for what is no topic filter, and for what does not fit into one SUBSCRIBE. */
  constructor(options: SessionOptions, exchange: Exchange, transmit: ByteWriter, tell: (event: SessionEvent) => void) {
    this.wanted = checkSubscriptions(options.subscriptions);
    this.held = options.held ?? [];
    this.exchange = exchange;
    this.trial = exchange.trial;
    this.suspects = exchange.trial.suspects;
    this.transmit = transmit;
    this.tell = tell;
  }

  /** Nobody knows now what the broker holds. */
  doubt(): void {
    this.held.forEach((held) => this.hold(held.topicFilter, undefined));
  }

  handleConnected(sessionPresent: boolean, nowMs: number): void {
    // This comes before anything that can fail. The next CONNACK will say that this new session is present.
    if (!sessionPresent) this.held = [];
    this.beginRound(nowMs);
  }

  handleClosed(): void {
    this.isHeldBack = false;
    this.out = undefined;
    this.retryMs = undefined;
  }

  /** A connection has lasted a while. So what the broker holds for us does not end it. */
  handleStable(): void {
    this.held.forEach((held) => {
      if (held.qos !== undefined) this.suspects.acquit(filterName(held.topicFilter), 0);
    });
    this.suspects.save();
  }

  /** Asks again for what was refused. */
  retry(nowMs: number): void {
    this.beginRound(nowMs);
    this.request(nowMs);
  }

  /**
   * Writes the next request, if there is one and none is out. It takes back what is not wanted. Then it asks for what is wanted and
   * not held. The suspects come last, one by one.
   */
  request(nowMs: number): void {
    const exchange = this.exchange;
    this.isHeldBack = false;
    if (this.out || !exchange.writer.limits) return;
    const takenBack = this.held.find((held) => this.isOpen(held) && !this.wanted.some((one) => isSame(one, held)));
    const missing = takenBack ? [] : this.wanted.filter((one) => this.isOpen(one) && !this.isHeld(one));
    let asked = missing.filter((one) => !this.suspects.isOnTrial(filterName(one.topicFilter), 0));
    if (asked.length === 0) asked = missing.slice(0, 1);
    if (subscribeBytes(asked) > exchange.writer.packetBytesMax) asked = asked.slice(0, 1);
    const first = takenBack ?? asked[0];
    if (!first) {
      this.endRound(nowMs);
      return;
    }
    this.isTelling = true;
    const bytes = subscribeBytes(asked);
    if (bytes > exchange.writer.packetBytesMax) {
      this.pass(first.topicFilter, tooLarge(bytes, exchange.writer.packetBytesMax));
      this.request(nowMs);
      return;
    }
    if (!exchange.sender.admits(filterName(first.topicFilter), 0, nowMs)) {
      this.isHeldBack = true;
      return;
    }
    const packetIdentifier = exchange.outbound.allocateIdentifier();
    exchange.outbound.reservedIdentifier = packetIdentifier;
    const topicFilters = (takenBack ? [takenBack] : asked).map((one) => one.topicFilter);
    this.out = { packetIdentifier, sentMs: nowMs, topicFilters, asked };
    // The broker may hold them as soon as this leaves.
    asked.forEach((one) => this.hold(one.topicFilter, undefined));
    const properties = exchange.writer.isVersion5 ? NO_PROPERTIES : undefined;
    exchange.queue.write(() =>
      takenBack
        ? writeUnsubscribe(this.transmit, packetIdentifier, topicFilters, properties)
        : writeSubscribe(this.transmit, packetIdentifier, asked, properties),
    );
  }

  /** SUBACK or UNSUBACK has come. Throws a `ProtocolError` if it does not answer the request. */
  handleSuback(suback: Suback, nowMs: number): void {
    const type = suback.type;
    const packetIdentifier = suback.packetIdentifier;
    const reasonCodes = suback.reasonCodes;
    const out = this.out;
    const isSuback = type === "suback";
    if (packetIdentifier !== out?.packetIdentifier || isSuback !== out.asked.length > 0)
      throw new ProtocolError(`${type.toUpperCase()}: packet identifier ${packetIdentifier}, not asked for`);
    const expected = out.topicFilters.length;
    if (reasonCodes.length !== expected && (isSuback || this.exchange.writer.isVersion5))
      throw new ProtocolError(
        `${type.toUpperCase()}: ${reasonCodes.length} codes, expected ${expected} [MQTT-3.8.4-5]`,
      );
    this.out = undefined;
    this.exchange.outbound.reservedIdentifier = 0;
    out.topicFilters.forEach((topicFilter, index) => {
      const code = reasonCodes[index] ?? 0;
      const asked = out.asked[index];
      this.trial.handleAnswer(filterName(topicFilter), 0, nowMs);
      if (code >= 0x80) {
        this.pass(topicFilter, describeReason(code, suback.properties));
        if (asked) this.release(topicFilter);
      } else if (!asked) this.release(topicFilter);
      else {
        // Others may be wanted since. Then it is asked for again.
        if (this.wanted.includes(asked)) this.hold(topicFilter, asked.qos);
        if (code < asked.qos) this.problems.push(`${topicFilter}: QoS ${code} granted, ${asked.qos} asked for`);
      }
    });
    this.request(nowMs);
  }

  private isOpen(one: Filtered): boolean {
    return !this.passed.includes(one.topicFilter);
  }

  private isHeld(wanted: Subscription): boolean {
    return this.held.some((held) => isSame(wanted, held) && held.qos === wanted.qos);
  }

  private hold(topicFilter: string, qos: QoS | undefined): void {
    this.release(topicFilter);
    this.held = this.held.concat({ topicFilter, qos });
  }

  private release(topicFilter: string): void {
    this.held = this.held.filter((held) => held.topicFilter !== topicFilter);
  }

  /** This one is not asked for again in this round. */
  private pass(topicFilter: string, problem: string): void {
    this.passed.push(topicFilter);
    this.problems.push(`${topicFilter}: ${problem}`);
  }

  private beginRound(nowMs: number): void {
    this.retryMs = undefined;
    this.passed = [];
    this.problems = [];
    const passGivenUp = (one: Filtered) => {
      if (!this.isOpen(one) || !this.suspects.isGivenUp(filterName(one.topicFilter), 0, nowMs)) return;
      this.isTelling = true;
      this.pass(one.topicFilter, GIVEN_UP);
    };
    this.wanted.forEach(passGivenUp);
    this.held.forEach(passGivenUp);
  }

  private endRound(nowMs: number): void {
    if (!this.isTelling) return;
    this.isTelling = false;
    const granted = this.passed.length === 0;
    if (!granted) this.retryMs = nowMs + this.delayMs;
    this.delayMs = granted ? SUBSCRIBE_RETRY_MS : Math.min(this.delayMs * 2, SUBSCRIBE_RETRY_MAX_MS);
    this.tell({ type: "subscribed", granted, reason: this.problems.join("; ") });
  }
}

type Filtered = Pick<Subscription, "topicFilter">;

function isSame(one: Filtered, other: Filtered): boolean {
  return one.topicFilter === other.topicFilter;
}

export function checkSubscriptions(subscriptions: readonly Subscription[]): readonly Subscription[] {
  subscriptions.forEach(({ topicFilter }) => {
    if (!isTopicFilter(topicFilter)) throw new UsageError(`subscription ${topicFilter}: not a topic filter`);
  });
  if (subscribeBytes(subscriptions) > PUBLISH_BYTES_MAX)
    throw new UsageError(`subscriptions: above ${PUBLISH_BYTES_MAX} bytes`);
  return subscriptions;
}

function subscribeBytes(subscriptions: readonly Subscription[]): number {
  const counter = new ByteCounter();
  writeSubscribe(counter, 0, subscriptions, NO_PROPERTIES);
  return counter.length;
}
