/** What this client wants to hear of, what the broker has granted of it, and the one request that is out. */
import { ByteCounter, type ByteWriter } from "../bytes.ts";
import { ProtocolError, UsageError } from "../errors.ts";
import { PUBLISH_BYTES_MAX } from "../limits.ts";
import { writeSubscribe, writeUnsubscribe } from "./encoder.ts";
import { type Exchange, tooLarge } from "./exchange.ts";
import type { ProtocolLevel, Suback, Subscription } from "./packet.ts";
import { NO_PROPERTIES } from "./properties.ts";
import { reasonInWords } from "./reason-codes.ts";
import { AGAIN } from "./receiver.ts";
import type { SessionEvent, SessionOptions } from "./session-types.ts";
import { isTopicFilter } from "./topic.ts";

export class Subscriptions {
  private readonly exchange: Exchange;
  private readonly transmit: ByteWriter;
  private readonly tell: (event: SessionEvent) => void;
  private wanted: readonly Subscription[];
  private areGranted: boolean;
  /** Topic filters that the broker may hold for us: what was asked for, which is bounded as a SUBSCRIBE is. */
  private held: readonly string[];
  /** Packet identifier of the SUBSCRIBE or UNSUBSCRIBE that is out, since when, and the number of topic filters in it. */
  private identifier = 0;
  private sentMs: number | undefined;
  private count = 0;
  /** What the UNSUBSCRIBE takes back; undefined: it is a SUBSCRIBE. */
  private takenBack: string | undefined;

  /** Throws a `UsageError` for what is no topic filter, or does not fit into one SUBSCRIBE. */
  constructor(
    { subscriptions, subscriptionsGranted }: SessionOptions,
    exchange: Exchange,
    transmit: ByteWriter,
    tell: (event: SessionEvent) => void,
  ) {
    this.wanted = checked(subscriptions);
    this.held = filtersOf(subscriptions);
    this.areGranted = subscriptionsGranted;
    this.exchange = exchange;
    this.transmit = transmit;
    this.tell = tell;
  }

  set isGranted(isGranted: boolean) {
    this.areGranted = isGranted;
  }

  /** Since when an answer is awaited, or undefined. */
  get requestedMs(): number | undefined {
    return this.sentMs;
  }

  /** Other ones from now on. Throws as the constructor does, and nothing is changed then. */
  change(wanted: readonly Subscription[]): void {
    this.wanted = checked(wanted);
    this.areGranted = false;
  }

  handleConnected(sessionPresent: boolean): void {
    if (sessionPresent) return;
    // Forgotten before anything that can fail: the next CONNACK will say that this new session is present.
    this.areGranted = false;
    this.held = [];
  }

  /** What was asked for and not answered may not be there. */
  handleClosed(): void {
    if (this.sentMs !== undefined) this.areGranted = false;
    this.sentMs = undefined;
  }

  /**
   * Writes the next request, if there is one and none is out, when it is its turn: what is not wanted any more is taken back,
   * then what is wanted and not granted asked for. Tells where that is above the bytes that the broker takes.
   */
  request(level: ProtocolLevel, nowMs: number): void {
    const exchange = this.exchange;
    const wanted = this.wanted;
    const filters = filtersOf(wanted);
    const takenBack = this.held.find((filter) => !filters.includes(filter));
    if (this.sentMs !== undefined) return;
    if (takenBack === undefined && (this.areGranted || wanted.length === 0)) return;
    const bytes = takenBack === undefined ? subscribeBytes(wanted) : 0;
    if (bytes > exchange.packetBytesMax) {
      this.tell({ type: "subscribed", granted: false, reason: tooLarge(bytes, exchange.packetBytesMax) });
      return;
    }
    const identifier = exchange.allocateIdentifier();
    this.identifier = identifier;
    this.sentMs = nowMs;
    this.takenBack = takenBack;
    this.count = takenBack === undefined ? wanted.length : 1;
    if (takenBack === undefined) this.held = filters;
    // They are granted unless SUBACK says otherwise, or others are wanted until it comes.
    this.areGranted = takenBack === undefined;
    const properties = level === 5 ? NO_PROPERTIES : undefined;
    exchange.write(() =>
      takenBack === undefined
        ? writeSubscribe(this.transmit, identifier, wanted, properties)
        : writeUnsubscribe(this.transmit, identifier, [takenBack], properties),
    );
  }

  /** SUBACK or UNSUBACK has come; "again": there is more to ask for. Throws a `ProtocolError` where it answers nothing. */
  handleSuback(suback: Suback, level: ProtocolLevel, nowMs: number): SessionEvent | "again" {
    const { type, packetIdentifier, reasonCodes, properties } = suback;
    const isSuback = type === "suback";
    const name = type.toUpperCase();
    const isAnswer = this.sentMs !== undefined && packetIdentifier === this.identifier;
    if (!isAnswer || isSuback !== (this.takenBack === undefined))
      throw new ProtocolError(`${name}: packet identifier ${packetIdentifier}, not asked for`);
    if (reasonCodes.length !== this.count && (isSuback || level === 5))
      throw new ProtocolError(`${name}: ${reasonCodes.length} codes, expected ${this.count} [MQTT-3.8.4-5]`);
    this.sentMs = undefined;
    this.exchange.reserve(0);
    this.held = this.held.filter((filter) => filter !== this.takenBack);
    if (!isSuback || !this.areGranted) {
      this.request(level, nowMs);
      return AGAIN;
    }
    const refusal = reasonCodes.find((code) => code >= 0x80);
    const granted = refusal === undefined;
    this.areGranted = granted;
    return { type: "subscribed", granted, reason: granted ? "" : reasonInWords(refusal, properties) };
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

function filtersOf(subscriptions: readonly Subscription[]): readonly string[] {
  return subscriptions.map(({ topicFilter }) => topicFilter);
}

function subscribeBytes(subscriptions: readonly Subscription[]): number {
  const counter = new ByteCounter();
  writeSubscribe(counter, 0, subscriptions, NO_PROPERTIES);
  return counter.length;
}
