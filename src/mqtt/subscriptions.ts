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
import { reasonInWords } from "./reason-codes.ts";
import type { SessionEvent, SessionOptions } from "./session-types.ts";
import { filterName, GIVEN_UP, type Suspects } from "./suspects.ts";
import { isTopicFilter } from "./topic.ts";

/** A request that is not answered yet. */
interface Request {
  readonly answer: Suback["type"];
  readonly packetIdentifier: number;
  readonly sentMs: number;
  readonly topicFilters: readonly string[];
  /** What a SUBSCRIBE asks for; of an UNSUBSCRIBE none. */
  readonly asked: readonly Subscription[];
}

export class Subscriptions {
  private readonly exchange: Exchange;
  private readonly suspects: Suspects;
  private readonly transmit: ByteWriter;
  private readonly tell: (event: SessionEvent) => void;
  private wanted: readonly Subscription[];
  private heldNow: readonly HeldSubscription[];
  private out: Request | undefined;
  /** Topic filters of which nothing more is asked in this round. */
  private passed: string[] = [];
  /** What went wrong in this round, in words. */
  private problems: string[] = [];
  /** This round has something to tell. */
  private isTelling = false;
  private delayMs = SUBSCRIBE_RETRY_MS;
  private retryDueMs: number | undefined;

  /** Throws a `UsageError` for what is no topic filter, or does not fit into one SUBSCRIBE. */
  constructor(
    { subscriptions, held = [] }: SessionOptions,
    exchange: Exchange,
    suspects: Suspects,
    transmit: ByteWriter,
    tell: (event: SessionEvent) => void,
  ) {
    this.wanted = checked(subscriptions);
    this.heldNow = held;
    this.exchange = exchange;
    this.suspects = suspects;
    this.transmit = transmit;
    this.tell = tell;
  }

  /** What the broker may hold for us. */
  get held(): readonly HeldSubscription[] {
    return this.heldNow;
  }

  set held(held: readonly HeldSubscription[]) {
    this.heldNow = held;
  }

  /** Since when an answer is awaited, or undefined. */
  get requestedMs(): number | undefined {
    return this.out?.sentMs;
  }

  /** When what was refused is asked for again, or undefined. */
  get retryMs(): number | undefined {
    return this.retryDueMs;
  }

  /** The topic filters of the request that is out. */
  get requested(): readonly string[] {
    return this.out?.topicFilters ?? [];
  }

  /** Other ones from now on. Throws as the constructor does, and nothing is changed then. */
  change(wanted: readonly Subscription[], nowMs: number): void {
    this.wanted = checked(wanted);
    this.doubt();
    this.beginRound(nowMs);
  }

  /** Nobody knows any more what the broker holds. */
  doubt(): void {
    this.heldNow.forEach(({ topicFilter }) => this.hold(topicFilter, undefined));
  }

  handleConnected(sessionPresent: boolean, nowMs: number): void {
    // Forgotten before anything that can fail: the next CONNACK will say that this new session is present.
    if (!sessionPresent) this.heldNow = [];
    this.beginRound(nowMs);
  }

  handleClosed(): void {
    this.out = undefined;
    this.retryDueMs = undefined;
  }

  /** Asks again for what was refused. */
  retry(level: ProtocolLevel, nowMs: number): void {
    this.beginRound(nowMs);
    this.request(level, nowMs);
  }

  /**
   * Writes the next request, if there is one and none is out. What is not wanted any more is taken back. Then what is wanted
   * and not held is asked for: in one packet, or one by one after a connection that the broker has ended.
   */
  request(level: ProtocolLevel, nowMs: number): void {
    if (this.out) return;
    const exchange = this.exchange;
    const transmit = this.transmit;
    const isOpen = ({ topicFilter }: { readonly topicFilter: string }) => !this.passed.includes(topicFilter);
    const takenBack = this.heldNow.find(
      (held) => isOpen(held) && !this.wanted.some(({ topicFilter }) => topicFilter === held.topicFilter),
    );
    let asked = takenBack ? [] : this.wanted.filter((one) => isOpen(one) && !this.isHeld(one));
    if (exchange.isCareful || subscribeBytes(asked) > exchange.packetBytesMax) asked = asked.slice(0, 1);
    const first = takenBack ?? asked[0];
    if (!first) {
      this.endRound(nowMs);
      return;
    }
    const bytes = subscribeBytes(asked);
    if (bytes > exchange.packetBytesMax) {
      this.pass(first.topicFilter, tooLarge(bytes, exchange.packetBytesMax));
      this.request(level, nowMs);
      return;
    }
    const packetIdentifier = exchange.allocateIdentifier();
    const topicFilters = takenBack ? [takenBack.topicFilter] : asked.map(({ topicFilter }) => topicFilter);
    this.out = { answer: takenBack ? "unsuback" : "suback", packetIdentifier, sentMs: nowMs, topicFilters, asked };
    this.isTelling = true;
    // The broker may hold them from the moment at which this leaves.
    asked.forEach(({ topicFilter }) => this.hold(topicFilter, undefined));
    const properties = level === 5 ? NO_PROPERTIES : undefined;
    exchange.write(() =>
      takenBack
        ? writeUnsubscribe(transmit, packetIdentifier, topicFilters, properties)
        : writeSubscribe(transmit, packetIdentifier, asked, properties),
    );
  }

  /** SUBACK or UNSUBACK has come. Throws a `ProtocolError` where it answers nothing. */
  handleSuback(suback: Suback, level: ProtocolLevel, nowMs: number): void {
    const { type, packetIdentifier, reasonCodes, properties } = suback;
    const { out } = this;
    const name = type.toUpperCase();
    if (packetIdentifier !== out?.packetIdentifier || type !== out.answer)
      throw new ProtocolError(`${name}: packet identifier ${packetIdentifier}, not asked for`);
    const { topicFilters, asked } = out;
    if (reasonCodes.length !== topicFilters.length && (type === "suback" || level === 5))
      throw new ProtocolError(`${name}: ${reasonCodes.length} codes, expected ${topicFilters.length} [MQTT-3.8.4-5]`);
    this.out = undefined;
    this.exchange.reserve(0);
    topicFilters.forEach((topicFilter, index) => {
      const code = reasonCodes[index] ?? 0;
      const subscription = asked[index];
      this.suspects.acquit(filterName(topicFilter));
      if (code >= 0x80) this.pass(topicFilter, reasonInWords(code, properties));
      if (!subscription) {
        if (code < 0x80) this.release(topicFilter);
        return;
      }
      const { qos } = subscription;
      if (code >= 0x80) this.release(topicFilter);
      // Where others are wanted since, it is asked for again.
      else if (this.wanted.includes(subscription)) this.hold(topicFilter, qos);
      if (code < qos) this.problems.push(`${topicFilter}: QoS ${code} granted, ${qos} asked for`);
    });
    this.request(level, nowMs);
  }

  private isHeld({ topicFilter, qos }: Subscription): boolean {
    return this.heldNow.some((held) => held.topicFilter === topicFilter && held.qos === qos);
  }

  private hold(topicFilter: string, qos: QoS | undefined): void {
    this.release(topicFilter);
    this.heldNow = [...this.heldNow, { topicFilter, qos }];
  }

  private release(topicFilter: string): void {
    this.heldNow = this.heldNow.filter((held) => held.topicFilter !== topicFilter);
  }

  /** Nothing more is asked of this one in this round. */
  private pass(topicFilter: string, problem: string): void {
    this.passed.push(topicFilter);
    this.problems.push(`${topicFilter}: ${problem}`);
    this.isTelling = true;
  }

  private beginRound(nowMs: number): void {
    this.retryDueMs = undefined;
    this.passed = [];
    this.problems = [];
    for (const { topicFilter } of [...this.wanted, ...this.heldNow])
      if (this.suspects.isGivenUp(filterName(topicFilter), 0, nowMs) && !this.passed.includes(topicFilter))
        this.pass(topicFilter, GIVEN_UP);
  }

  private endRound(nowMs: number): void {
    if (!this.isTelling) return;
    this.isTelling = false;
    const granted = this.passed.length === 0;
    if (granted) this.delayMs = SUBSCRIBE_RETRY_MS;
    else {
      this.retryDueMs = nowMs + this.delayMs;
      this.delayMs = Math.min(this.delayMs * 2, SUBSCRIBE_RETRY_MAX_MS);
    }
    this.tell({ type: "subscribed", granted, reason: this.problems.join("; ") });
  }
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
