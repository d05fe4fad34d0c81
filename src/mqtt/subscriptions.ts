/**
 * What this client wants to hear of, what the broker holds for it, and the one request that is out. A topic filter that the
 * broker refuses costs only itself, and is asked for again later.
 */
import { ByteCounter, type ByteWriter } from "../bytes.ts";
import { ProtocolError, UsageError } from "../errors.ts";
import { PUBLISH_BYTES_MAX, SUBSCRIBE_RETRY_MAX_MS, SUBSCRIBE_RETRY_MS } from "../limits.ts";
import { writeSubscribe, writeUnsubscribe } from "./encoder.ts";
import { type Exchange, tooLarge } from "./exchange.ts";
import type { HeldSubscription, ProtocolLevel, QoS, Suback, Subscription } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { describeReason } from "./reason-codes.ts";
import type { SessionEvent, SessionOptions } from "./session-types.ts";
import { filterName, GIVEN_UP, type Suspects } from "./suspects.ts";
import { isTopicFilter } from "./topic.ts";

/** A request that is not answered yet. */
interface Request {
  readonly packetIdentifier: number;
  readonly sentMs: number;
  readonly topicFilters: readonly string[];
  /** What a SUBSCRIBE asks for; of an UNSUBSCRIBE none. */
  readonly asked: readonly Subscription[];
}

export class Subscriptions {
  /** What the broker may hold for us. */
  held: readonly HeldSubscription[];
  /** The request that is not answered. */
  out: Request | undefined;
  /** When what was refused is asked for again, or undefined. */
  retryMs: number | undefined;
  private readonly exchange: Exchange;
  private readonly suspects: Suspects;
  private readonly transmit: ByteWriter;
  private readonly tell: (event: SessionEvent) => void;
  private wanted: readonly Subscription[];
  /** Topic filters of which nothing more is asked in this round. */
  private passed: string[] = [];
  /** What went wrong in this round, in words. */
  private problems: string[] = [];
  /** This round has something to tell. */
  private isTelling = false;
  private delayMs = SUBSCRIBE_RETRY_MS;

  /** Throws a `UsageError` for what is no topic filter, or does not fit into one SUBSCRIBE. */
  constructor(
    options: SessionOptions,
    exchange: Exchange,
    suspects: Suspects,
    transmit: ByteWriter,
    tell: (event: SessionEvent) => void,
  ) {
    this.wanted = checked(options.subscriptions);
    this.held = options.held ?? [];
    this.exchange = exchange;
    this.suspects = suspects;
    this.transmit = transmit;
    this.tell = tell;
  }

  /** Other ones from now on. Throws as the constructor does, and nothing is changed then. */
  change(wanted: readonly Subscription[], nowMs: number): void {
    this.wanted = checked(wanted);
    this.doubt();
    this.beginRound(nowMs);
  }

  /** Nobody knows any more what the broker holds. */
  doubt(): void {
    this.held.forEach((held) => this.hold(held.topicFilter, undefined));
  }

  handleConnected(sessionPresent: boolean, nowMs: number): void {
    // Forgotten before anything that can fail: the next CONNACK will say that this new session is present.
    if (!sessionPresent) this.held = [];
    this.beginRound(nowMs);
  }

  handleClosed(): void {
    this.out = undefined;
    this.retryMs = undefined;
  }

  /** Asks again for what was refused. */
  retry(level: ProtocolLevel, nowMs: number): void {
    this.beginRound(nowMs);
    this.request(level, nowMs);
  }

  /**
   * Writes the next request, if there is one and none is out. What is not wanted any more is taken back. Then what is wanted
   * and not held is asked for: in one packet, or one by one after connections that the broker has ended.
   */
  request(level: ProtocolLevel, nowMs: number): void {
    if (this.out) return;
    const exchange = this.exchange;
    const takenBack = this.held.find((held) => this.isOpen(held) && !this.wanted.some((one) => isSame(one, held)));
    let asked = takenBack ? [] : this.wanted.filter((one) => this.isOpen(one) && !this.isHeld(one));
    if (exchange.isCareful || subscribeBytes(asked) > exchange.packetBytesMax) asked = asked.slice(0, 1);
    const first = takenBack ?? asked[0];
    if (!first) {
      this.endRound(nowMs);
      return;
    }
    this.isTelling = true;
    const bytes = subscribeBytes(asked);
    if (bytes > exchange.packetBytesMax) {
      this.pass(first.topicFilter, tooLarge(bytes, exchange.packetBytesMax));
      this.request(level, nowMs);
      return;
    }
    const packetIdentifier = exchange.allocateIdentifier();
    const topicFilters = (takenBack ? [takenBack] : asked).map((one) => one.topicFilter);
    this.out = { packetIdentifier, sentMs: nowMs, topicFilters, asked };
    // The broker may hold them from the moment at which this leaves.
    asked.forEach((one) => this.hold(one.topicFilter, undefined));
    const properties = level === 5 ? NO_PROPERTIES : undefined;
    exchange.write(() =>
      takenBack
        ? writeUnsubscribe(this.transmit, packetIdentifier, topicFilters, properties)
        : writeSubscribe(this.transmit, packetIdentifier, asked, properties),
    );
  }

  /** SUBACK or UNSUBACK has come. Throws a `ProtocolError` where it answers nothing. */
  handleSuback(suback: Suback, level: ProtocolLevel, nowMs: number): void {
    const out = this.out;
    const isSuback = suback.type === "suback";
    if (suback.packetIdentifier !== out?.packetIdentifier || isSuback !== out.asked.length > 0)
      throw new ProtocolError(
        `${suback.type.toUpperCase()}: packet identifier ${suback.packetIdentifier}, not asked for`,
      );
    const expected = out.topicFilters.length;
    if (suback.reasonCodes.length !== expected && (isSuback || level === 5))
      throw new ProtocolError(
        `${suback.type.toUpperCase()}: ${suback.reasonCodes.length} codes, expected ${expected} [MQTT-3.8.4-5]`,
      );
    this.out = undefined;
    this.exchange.reserve(0);
    out.topicFilters.forEach((topicFilter, index) => {
      const code = suback.reasonCodes[index] ?? 0;
      const asked = out.asked[index];
      this.suspects.acquit(filterName(topicFilter));
      if (code >= 0x80) {
        this.pass(topicFilter, describeReason(code, suback.properties));
        if (asked) this.release(topicFilter);
      } else if (!asked) this.release(topicFilter);
      else {
        // Where others are wanted since, it is asked for again.
        if (this.wanted.includes(asked)) this.hold(topicFilter, asked.qos);
        if (code < asked.qos) this.problems.push(`${topicFilter}: QoS ${code} granted, ${asked.qos} asked for`);
      }
    });
    this.request(level, nowMs);
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

  /** Nothing more is asked of this one in this round. */
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

function checked(subscriptions: readonly Subscription[]): readonly Subscription[] {
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
